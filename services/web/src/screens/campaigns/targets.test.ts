import { expect, it } from "vitest";
import { useTexts } from "../../texts";
import { chosen, describe, facts, type Remark } from "./targets";

const names: Record<string, string> = { school: "学校", village: "村", education: "教育", classes: "班级数" };
const said = (_: string, code: string | undefined): string => names[code ?? ""] ?? "其他";

it("says in one line whom a task goes to", async () => {
  await useTexts("campaigns");
  const lines = [
    {},
    { kinds: ["school"] },
    { levels: ["town" as const, "unit" as const], exclude_kinds: ["village", "unheard"] },
    { sectors: ["education"], more_than: [{ denominator: "classes" as const, than: 0 }], unit_ids: ["a", "b"], exclude_ids: ["c"] },
    { unit_ids: ["a"] },
    { under: ["a", "b"] },
  ].map((x) => describe(x, said));
  expect(lines).toEqual(["", "学校", "镇街、单位，不含村、其他", "教育系统，班级数大于 0，另列 2 个，除外 1 个", "指定单位", "限 2 处范围"]);
});

it("leaves out the parts in which nothing is chosen", () => {
  expect(chosen({ kinds: [], sectors: ["education"], more_than: [] })).toEqual({ sectors: ["education"] });
});

it("says each fact of the dry run once", () => {
  const remark = (code: Remark["code"], title: string, text: string): Remark => ({ code, task_title: title, task_id: title, text });
  const all = facts([remark("holiday", "甲", "一"), remark("no_contact", "甲", "33"), remark("holiday", "乙", "二"), remark("no_contact", "乙", "33")]);
  expect(all.map((f) => [f.code, f.text, f.remarks.length])).toEqual([
    ["holiday", undefined, 2],
    ["no_contact", "33", 2],
  ]);
});
