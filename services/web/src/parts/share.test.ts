import { expect, it } from "vitest";
import { partOf, perCent, share } from "./share";

// Case 50.
it.each([
  [0, 1000, "0%"],
  [1, 1000, "0.1%"],
  [999, 1000, "99.9%"],
  [1000, 1000, "100%"],
  [455, 456, "99.8%"],
  [1, 456, "0.2%"],
  [1, 1_000_000, "0.1%"],
  [999_999, 1_000_000, "99.9%"],
  [1, 2, "50%"],
  [2, 3, "66.7%"],
  [0, 0, "0%"],
])("%i of %i is %s", (part, whole, shown) => {
  expect(share(partOf(part, whole))).toBe(shown);
});

it("case 50: a rate of the server is shown as what it is", () => {
  expect([share(0.9978), share(0.9999), share(0.0001), share(Number.NaN), perCent(0.9978)]).toEqual(["99.8%", "99.9%", "0.1%", "0%", 99.8]);
});
