// What a trend shows of the days of a campaign.
import type { Schemas } from "../api/client";

export type Day = Schemas["InsightTrendDay"];

/** The lines of a trend, each a total by the end of the day. */
export const lines = ["due", "acknowledged", "submitted", "approved"] as const;
export type Line = (typeof lines)[number];

/** eventful lists the days on which something happened, and the last one, newest first. */
export function eventful(days: Day[]): Day[] {
  return days.filter((d, i) => i === days.length - 1 || Object.values(d.on).some((n) => n > 0)).reverse();
}
