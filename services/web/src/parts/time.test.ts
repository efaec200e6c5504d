import { expect, it } from "vitest";
import { addDays, day, daysBetween, daysLeft, instant, localDay } from "./time";

it("shows the country's time, whatever the device's", () => {
  expect(instant("2026-09-20T16:30:00Z")).toBe("2026/9/21 00:30");
  expect(day("2026-09-20T16:30:00Z")).toBe("2026/9/21");
  expect(day("2026-09-20")).toBe("2026/9/20");
  expect(localDay("2026-09-20T15:59:59Z")).toBe("2026-09-20");
});

it("counts days across months and years", () => {
  expect(addDays("2026-12-30", 3)).toBe("2027-01-02");
  expect(daysBetween("2026-12-27", "2027-01-03")).toBe(7);
  expect(daysBetween("2027-01-03", "2026-12-27")).toBe(-7);
  const now = new Date("2026-09-20T15:00:00Z");
  expect(daysLeft("2026-09-20T15:59:59Z", now)).toBe(0);
  expect(daysLeft("2026-09-21T15:59:59Z", now)).toBe(1);
  expect(daysLeft("2026-09-18T15:59:59Z", now)).toBe(-2);
});
