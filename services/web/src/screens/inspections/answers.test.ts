import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keyOf, lackOf, newId, resultOf, sameAnswer, sectionsOf, type Answer, type Item, type Lack } from "./answers";

const item = (i: Partial<Item>): Item => ({ key: "k", title: "t", type: "pass_fail", category: "technical", ...i }) as Item;

describe("answers", () => {
  it("per-device items are asked of every device, and of the unit where none is listed", () => {
    const items = [item({ key: "a", group: "G" }), item({ key: "b", per_device: true })];
    expect(sectionsOf(items, []).flatMap((s) => s.asked.map((x) => x.key))).toEqual([keyOf("a", undefined), keyOf("b", undefined)]);
    const two = sectionsOf(items, [
      { id: "1", label: "one", network: "inner" },
      { id: "2", label: "two", network: "outer" },
    ]);
    expect(two.map((s) => s.title)).toEqual(["G", "one", "two"]);
    expect(two[2]!.asked[0]!.key).toBe(keyOf("b", "2"));
  });

  it("an answer comes to what the server says, and lacks what it says", () => {
    interface Case {
      name: string;
      item: Partial<Item>;
      answer?: Omit<Answer, "item_key">;
      result?: Answer["result"];
      lack?: Lack;
    }
    const cases = JSON.parse(readFileSync(join(__dirname, "../../../../rectification/checklist/testdata/judging.json"), "utf8")) as Case[];
    expect(cases.length).toBeGreaterThanOrEqual(30);
    for (const c of cases) {
      const answer = c.answer && { item_key: "k", ...c.answer };
      expect({ name: c.name, result: resultOf(item(c.item), answer), lack: lackOf(item(c.item), answer) }).toEqual({ name: c.name, result: c.result, lack: c.lack });
    }
  });

  it("answers are the same only with the same files", () => {
    expect(sameAnswer({ item_key: "k", result: "fail", file_ids: ["a"] }, { item_key: "k", result: "fail", file_ids: ["b"] })).toBe(false);
    expect(sameAnswer({ item_key: "k", result: "pass" }, { item_key: "k", result: "pass", file_ids: [] })).toBe(true);
  });

  it("ids are UUIDs that sort by time", () => {
    expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(newId(1_700_000_000_000) < newId(1_700_000_000_001)).toBe(true);
  });
});
