// Times come in UTC and are shown in the time of the country, whatever the
// device thinks.
import { language } from "../texts";

const zone = "Asia/Shanghai";

/** instant shows a moment to the minute. */
export function instant(at: string): string {
  return new Date(at).toLocaleString(language(), { timeZone: zone, year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
}

/** day shows the local day of a moment, or a day given as such. */
export function day(at: string): string {
  const d = /^\d{4}-\d{2}-\d{2}$/.test(at) ? new Date(at + "T12:00:00+08:00") : new Date(at);
  return d.toLocaleDateString(language(), { timeZone: zone, year: "numeric", month: "numeric", day: "numeric" });
}

/** localDay is the day of a moment as native date fields and the API write it. */
export function localDay(at: Date | string = new Date()): string {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(new Date(at));
}

/** addDays counts on from a day. */
export function addDays(from: string, days: number): string {
  const d = new Date(from + "T00:00:00Z");
  d.setUTCDate(d.getUTCDate() + days);
  return d.toISOString().slice(0, 10);
}

/** daysBetween counts the days from one day to another; negative when it lies before. */
export const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);

/** daysLeft counts calendar days from today to the day of a deadline; negative after it. */
export function daysLeft(due: string, now: Date = new Date()): number {
  return daysBetween(localDay(now), localDay(due));
}
