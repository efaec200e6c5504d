import { expect, it } from "vitest";
import { choices, codeName, type Code } from "./codes";

const value = (list: Code["list"], code: string, chinese: string, open = true): Code => ({
  id: code,
  list,
  code,
  chinese,
  english: code,
  also: [],
  position: 1,
  open,
  built_in: true,
  version: 1,
  may: { update: false, delete: false },
});
const all = [value("kind", "school", "学校"), value("kind", "zone", "功能区", false), value("sector", "school", "教育")];

it("names values of their own list, and what it does not know as something else", () => {
  expect(["school", "zone", "nothing", ""].map((c) => codeName(all, "kind", c))).toEqual(["学校", "功能区", "其他", ""]);
  expect(codeName(all, "sector", "school")).toBe("教育");
});

it("offers open values, and the closed one that is chosen", () => {
  expect(choices(all, "kind").map((c) => c.text)).toEqual(["学校"]);
  expect(choices(all, "kind", ["zone"]).map((c) => c.value)).toEqual(["school", "zone"]);
});
