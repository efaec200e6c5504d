// What a requirement of each kind has beside its title, and how it is typed.
import type { Schemas } from "../../api/client";
import { fills, type Kind } from "../../parts/kinds";
import type { Requirement } from "./taken";

export type Column = Schemas["AssignmentColumn"];

/** mostColumns is what the server takes. */
export const mostColumns = 40;

// The fields that belong to some kinds only, with how a kind is known to have them.
const belongs: { fields: (keyof Requirement)[]; to: (kind: Kind) => boolean }[] = [
  { fields: ["accept", "allow", "max_count"], to: (k) => fills(k, "file_ids") },
  { fields: ["measure", "minimum", "per", "aggregate", "figure"], to: (k) => fills(k, "value") },
  { fields: ["columns", "register"], to: (k) => fills(k, "rows") },
  { fields: ["text"], to: (k) => fills(k, "signatory") },
];

/** suit takes away what a requirement of its kind does not have, and begins what it needs. */
export function suit(r: Requirement): void {
  for (const b of belongs) if (!b.to(r.kind)) for (const f of b.fields) delete r[f];
  if (fills(r.kind, "rows") && !r.columns?.length) r.columns = [newColumn([], "")];
}

/** newColumn is one beside others, under a key that none of them has. */
export function newColumn(others: Column[], title: string): Column {
  let n = others.length + 1;
  while (others.some((c) => c.key === `c${n}`)) n++;
  return { key: `c${n}`, title, type: "text" };
}

/** headings are those in what was copied from a table; fewer than two is a text like any other. */
export function headings(pasted: string): string[] {
  const all = pasted
    .split(/[\t\r\n]+/)
    .map((h) => h.trim().slice(0, 100))
    .filter(Boolean);
  return all.length > 1 ? all : [];
}

/** pasteInto puts headings where somebody pasted them: the first into that column, the others behind it. */
export function pasteInto(columns: Column[], at: number, titles: string[]): void {
  columns[at]!.title = titles[0]!;
  for (const title of titles.slice(1, 1 + mostColumns - columns.length)) columns.splice(++at, 0, newColumn(columns, title));
}

/** tidied is what is sent: without columns that were begun and not named, and without fields that were emptied. */
export function tidied(all: Requirement[]): Requirement[] {
  return all.map((r) => {
    const out = { ...r };
    if (out.columns) out.columns = out.columns.filter((c) => c.title.trim());
    for (const f of Object.keys(out) as (keyof Requirement)[]) if (out[f] === "" || out[f] === undefined) delete out[f];
    // A period has two ends; who names one day means that day.
    if (out.period_from && !out.period_to) out.period_to = out.period_from;
    if (out.period_to && !out.period_from) out.period_from = out.period_to;
    return { ...out, title: out.title ?? "" };
  });
}
