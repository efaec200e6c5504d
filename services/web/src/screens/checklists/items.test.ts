import { describe, expect, it } from "vitest";
import { fresh, freshKey, moved, tidy, wrongOf, type Item } from "./items";

const item = (over: Partial<Item>): Item => ({ key: "a", title: "x", type: "pass_fail", category: "technical", severity: "ordinary", deadline_days: 10, fail_evidence: "note", ...over });

describe("items of a checklist", () => {
  it("get a key no other has, also after one was removed", () => {
    expect(freshKey([])).toBe("item_1");
    expect(freshKey([item({ key: "item_2" })])).toBe("item_3");
  });

  it("go on under the heading of the one before", () => {
    expect(fresh([item({ group: "日志", category: "institutions" })])).toMatchObject({ group: "日志", category: "institutions", title: "" });
    expect(fresh([])).not.toHaveProperty("group");
  });

  it("keep only what belongs to their type", () => {
    const given = item({ title: " 留存 ", minimum: 180, measure: "天", choices: [{ title: "是" }], why: " " });
    expect(tidy(given)).not.toHaveProperty("minimum");
    expect(tidy({ ...given, type: "number" })).toMatchObject({ title: "留存", minimum: 180, measure: "天" });
    expect(tidy({ ...given, type: "number", minimum: "" as never })).not.toHaveProperty("minimum");
    expect(tidy({ ...given, type: "choice", choices: [{ title: "每月" }, { title: " " }, { title: "从不", fails: true }] }).choices).toEqual([{ title: "每月" }, { title: "从不", fails: true }]);
  });

  it("move within the list only", () => {
    expect(moved([1, 2, 3], 1, -1)).toEqual([2, 1, 3]);
    expect(moved([1, 2, 3], 2, 1)).toEqual([1, 2, 3]);
  });

  it("show what is wrong at the item it is about", () => {
    const wrong = wrongOf([
      { field: "body.items[2].why", message: "say why" },
      { field: "body.title", message: "expected a text" },
    ]);
    expect([...wrong]).toEqual([
      [2, ["say why"]],
      [-1, ["expected a text"]],
    ]);
  });
});
