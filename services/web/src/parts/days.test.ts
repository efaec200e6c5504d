import { describe, expect, it } from "vitest";
import { eventful, type Day } from "./days";

const none = { issued: 0, due: 0, acknowledged: 0, submitted: 0, approved: 0 };
const day = (day: string, on: Partial<Day["on"]> = {}): Day => ({ day, on: { ...none, ...on }, total: none });

describe("eventful", () => {
  it("leaves out the days on which nothing happened, but the last", () => {
    const days = [day("2026-09-01", { issued: 3 }), day("2026-09-02"), day("2026-09-03", { approved: 1 }), day("2026-09-04"), day("2026-09-05")];
    expect(eventful(days).map((d) => d.day)).toEqual(["2026-09-05", "2026-09-03", "2026-09-01"]);
  });
  it("is empty for no days", () => expect(eventful([])).toEqual([]));
});
