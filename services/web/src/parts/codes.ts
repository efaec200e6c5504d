// What kinds of unit, lines and denominators are called: the code lists, asked for
// once and shown everywhere by these.
import { useQuery } from "@tanstack/vue-query";
import { computed } from "vue";
import { api, ok, type Schemas } from "../api/client";
import { language, t } from "../texts";

export type Code = Schemas["DirectoryCode"];
export type List = Code["list"];

/** codeName names a value; nothing is nothing, and what the list does not know is something else. */
export function codeName(all: Code[], list: List, code: string | undefined): string {
  if (!code) return "";
  const c = all.find((x) => x.list === list && x.code === code);
  if (!c) return t("code.other");
  return language() === "zh-CN" ? c.chinese : c.english;
}

/** choices are the values that can be chosen: the open ones, and those that are chosen already. */
export function choices(all: Code[], list: List, chosen: readonly string[] = []): { value: string; text: string }[] {
  return all.filter((c) => c.list === list && (c.open || chosen.includes(c.code))).map((c) => ({ value: c.code, text: codeName(all, list, c.code) }));
}

/** useCodes gives a page the code lists. */
export function useCodes() {
  const query = useQuery({ queryKey: ["code", "list"], queryFn: () => ok(api.GET("/api/v1/codes")), staleTime: 600_000 });
  const all = computed(() => query.data.value?.items ?? []);
  // Until the lists are there nothing is called something else.
  const said = (list: List, code: string | undefined): string => (all.value.length ? codeName(all.value, list, code) : "");
  const saidAll = (list: List, codes: readonly string[] | undefined): string => (codes ?? []).map((c) => said(list, c)).join(t("comma"));
  const options = (list: List, chosen: readonly string[] = []) => choices(all.value, list, chosen);
  return { query, all, said, saidAll, options };
}
