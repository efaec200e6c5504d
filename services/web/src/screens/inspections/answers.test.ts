import { describe, expect, it } from "vitest";
import { keyOf, lackOf, newId, resultOf, sameAnswer, sectionsOf, type Item } from "./answers";

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

  it("a number outside its limits and a failing choice are failures", () => {
    const n = item({ type: "number", minimum: 6, maximum: 10 });
    expect(["5", "6", "10", "11", "", "x"].map((value) => resultOf(n, { item_key: "k", value }))).toEqual(["fail", "pass", "pass", "fail", undefined, undefined]);
    const c = item({ type: "choice", choices: [{ title: "yes" }, { title: "no", fails: true }] });
    expect(resultOf(c, { item_key: "k", value: "no" })).toBe("fail");
    expect(resultOf(c, { item_key: "k", value: "maybe" })).toBeUndefined();
    expect(resultOf(item({ type: "text" }), { item_key: "k", result: "pass" })).toBeUndefined();
  });

  it("a failure wants the evidence its item asks for", () => {
    const file = item({ fail_evidence: "file" });
    expect(lackOf(file, undefined)).toBe("answer");
    expect(lackOf(item({ optional: true }), undefined)).toBeUndefined();
    expect(lackOf(file, { item_key: "k", result: "fail", note: "n" })).toBe("file");
    expect(lackOf(file, { item_key: "k", result: "fail", file_ids: ["f"] })).toBeUndefined();
    expect(lackOf(item({ fail_evidence: "note" }), { item_key: "k", result: "fail" })).toBe("note");
    expect(lackOf(file, { item_key: "k", result: "pass" })).toBeUndefined();
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
