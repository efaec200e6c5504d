import { QueryClient, VueQueryPlugin } from "@tanstack/vue-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createApp, type App } from "vue";
import { createMemoryHistory, createRouter, type Router } from "vue-router";
import { i18n, setLanguage, useTexts } from "../../texts";
import { days, named, shareOf, type Statistics } from "./numbers";
import NumbersPage from "./NumbersPage.vue";

const path = "/rollups/findings/numbers";
const some = (of: Partial<Statistics>): Statistics => ({
  query: "/findings?distinct=true&under=c",
  found: 5,
  open: 2,
  closed: 3,
  on_time: 2,
  on_time_share: 0.667,
  on_time_original: 1,
  on_time_original_share: 0.333,
  relapses: 2,
  relapse_rate: 0.4,
  mean_days_to_close: 6.04,
  ...of,
});
const nothing = some({ found: 0, open: 0, closed: 0, on_time: 0, on_time_share: 0, on_time_original: 0, on_time_original_share: 0, relapses: 0, relapse_rate: 0, mean_days_to_close: 0 });
const county = {
  unit: { id: "c", name: "平县", level: "county", code: "c", active: true },
  own_only: false,
  total: some({}),
  oldest_open_on: "2026-04-01",
  items: [some({ value: "technical", query: "/findings?category=technical" })],
};
const village = { ...county, unit: { ...county.unit, id: "v", name: "东一村" }, items: [] };

let app: App | undefined;
let asked: URL[] = [];

beforeEach(() => useTexts("numbers"));
afterEach(async () => {
  app?.unmount();
  asked = [];
  vi.unstubAllGlobals();
  await setLanguage("zh-CN");
});

/** shown is the page with the API answering as given. */
async function shown(answers: Record<string, [number, unknown]>, at = path): Promise<{ root: HTMLElement; router: Router }> {
  vi.stubGlobal("fetch", (r: Request) => {
    const url = new URL(r.url);
    asked.push(url);
    const [status, body] = answers[url.pathname.replace("/api/v1", "")] ?? [200, { items: [] }];
    return Promise.resolve(new Response(JSON.stringify(body), { status, headers: { "Content-Type": status < 400 ? "application/json" : "application/problem+json" } }));
  });
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/:rest(.*)*", component: NumbersPage }] });
  await router.push(at);
  const root = document.createElement("div");
  app = createApp(NumbersPage).use(i18n).use(router);
  app.use(VueQueryPlugin, { queryClient: new QueryClient({ defaultOptions: { queries: { retry: false } } }) });
  app.mount(root);
  return { root, router };
}

const whole = { [path]: [200, county], [`${path}/children`]: [200, { items: [village] }], "/rollups/findings/relapsed": [200, { items: [village] }] } as Record<string, [number, unknown]>;

it("shows the numbers of a unit, each count a link to its findings", async () => {
  const { root } = await shown(whole);
  expect(root.textContent).toContain("正在加载");
  await vi.waitFor(() => expect(root.querySelectorAll("table")).toHaveLength(3));
  const [byCategory, children] = [...root.querySelectorAll("table")];
  expect([...byCategory!.querySelectorAll("tbody tr > *")].map((c) => c.textContent)).toEqual(["技术防护", "5", "2", "3", "66.7%", "40%", "6 天"]);
  expect(byCategory!.querySelector("tbody a")?.getAttribute("href")).toBe("/findings?category=technical&counted=found");
  expect(children!.textContent).toContain("东一村");
  expect(root.querySelector(`a[href="/findings?distinct=true&under=c&counted=relapses"]`)?.textContent).toContain("2");
});

it("goes down to a unit, and divides by what is asked for", async () => {
  const { root, router } = await shown(whole, `${path}?by=item&from=2026-01`);
  await vi.waitFor(() => expect(root.querySelectorAll("table")).toHaveLength(3));
  expect(Object.fromEntries(asked.find((u) => u.pathname.endsWith(path))!.searchParams)).toEqual({ by: "item", from: "2026-01" });
  [...root.querySelectorAll("button")].find((b) => b.textContent?.includes("东一村"))!.click();
  await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({ by: "item", from: "2026-01", unit_id: "v" }));
  await vi.waitFor(() => expect(asked.some((u) => u.pathname.endsWith("/numbers") && u.searchParams.get("unit_id") === "v")).toBe(true));
});

it("says when there is nothing, when it failed, and when it is out of reach", async () => {
  let { root } = await shown({ [path]: [200, { ...county, total: nothing, items: [] }] });
  await vi.waitFor(() => expect(root.textContent).toContain("没有发现问题"));
  app!.unmount();
  ({ root } = await shown({ [path]: [500, { code: "internal", title: "x" }] }));
  await vi.waitFor(() => expect(root.querySelector("[role=alert]")?.querySelector("button")).toBeTruthy());
  app!.unmount();
  await setLanguage("en");
  ({ root } = await shown({ [path]: [403, { code: "forbidden", title: "x" }] }));
  await vi.waitFor(() => expect(root.querySelector("[role=alert] strong")?.textContent).toBe(i18n.global.t("state_out_of_reach")));
  expect(root.querySelector("table")).toBeNull();
});

it("names what findings have in common, and shares and days", () => {
  const line = (code: string | undefined) => (code === "finance" ? "财政" : "其他");
  expect([named("item", some({ value: "a/b", title: "安装杀毒软件" }), line), named("severity", some({ value: "major" }), line), named("sector", some({ value: "finance" }), line)]).toEqual([
    "安装杀毒软件",
    "重大",
    "财政",
  ]);
  expect([shareOf(0.667, 3), shareOf(0, 0), days(some({})), days(some({ mean_days_to_close: 12.6 })), days(nothing)]).toEqual(["66.7%", "—", "6 天", "13 天", "—"]);
});
