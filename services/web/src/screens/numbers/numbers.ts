// What the numbers of findings are shown as.
import { share } from "../../parts/share";
import { day } from "../../parts/time";
import type { Schemas } from "../../api/client";
import { pathsApiV1RollupsFindingsNumbersGetParametersQueryByValues } from "../../api/schema.gen";
import { t, te } from "../../texts";

export type Statistics = Schemas["InsightFindingStatistics"];

/** A line of a table of numbers: what it is about, and where one goes on from there. */
export interface Line {
  key: string;
  title: string;
  numbers: Statistics;
  /** The unit that opens with it. */
  unit?: string;
  /** Day on which the oldest open one was found; undefined where it is not told. */
  oldest?: string | undefined;
}

export const divisions = pathsApiV1RollupsFindingsNumbersGetParametersQueryByValues;
export type Division = (typeof divisions)[number];

/** named is what a value of a division is called; line names those of the code list. */
export function named(by: Division, of: Statistics, line: (code: string | undefined) => string): string {
  if (of.title) return of.title;
  if (by === "sector") return line(of.value);
  const key = `${by}.${of.value}`;
  return te(key) ? t(key) : (of.value ?? "");
}

/** shareOf shows a part of a whole, 0 to 1, as per cent; of nothing there is none. */
export function shareOf(rate: number, whole: number): string {
  return whole ? share(rate) : t("numbers.none");
}

/** days shows how long it took on average. */
export function days(n: Statistics): string {
  return n.closed ? t("numbers.days", { days: n.mean_days_to_close < 10 ? Math.round(n.mean_days_to_close * 10) / 10 : Math.round(n.mean_days_to_close) }) : t("numbers.none");
}

/** oldest shows since when the oldest open one is known. */
export function oldest(on: string | undefined): string {
  return on ? day(on) : t("numbers.none");
}
