// Items of a checklist as they are written down.
import { rectificationItemCategoryValues, rectificationItemFail_evidenceValues, rectificationItemSeverityValues, rectificationItemTypeValues } from "../../api/schema.gen";
import type { Schemas } from "../../api/client";

export type Checklist = Schemas["RectificationChecklist"];
export type Body = Schemas["RectificationChecklistBody"];
export type Item = Schemas["RectificationItem"];

export const types = rectificationItemTypeValues;
export const categories = rectificationItemCategoryValues;
export const severities = rectificationItemSeverityValues;
export const evidences = rectificationItemFail_evidenceValues;
export const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** freshKey is the first of item_1, item_2 … that no item has: findings of later versions are told to repeat by the key. */
export function freshKey(items: readonly Item[]): string {
  const taken = new Set(items.map((i) => i.key));
  let n = items.length + 1;
  while (taken.has(`item_${n}`)) n++;
  return `item_${n}`;
}

/** fresh is an item to fill in; it goes on under the heading and with the category of the one before. */
export function fresh(items: readonly Item[]): Item {
  const before = items[items.length - 1];
  return {
    key: freshKey(items),
    title: "",
    type: "pass_fail",
    category: before?.category ?? "technical",
    severity: "ordinary",
    deadline_days: 10,
    fail_evidence: "note",
    ...(before?.group ? { group: before.group } : {}),
  };
}

/** tidy leaves out what an item of its type does not have, and fields left empty. */
export function tidy(item: Item): Item {
  const out: Item = {
    key: item.key,
    title: item.title.trim(),
    type: item.type,
    category: item.category,
    severity: item.severity,
    deadline_days: item.deadline_days || 10,
    fail_evidence: item.fail_evidence,
  };
  for (const f of ["group", "clause", "how", "why"] as const) if (item[f]?.trim()) out[f] = item[f].trim();
  if (item.type === "number") {
    for (const f of ["minimum", "maximum"] as const) if (typeof item[f] === "number") out[f] = item[f];
    if (item.measure?.trim()) out.measure = item.measure.trim();
  }
  if (item.type === "choice") out.choices = (item.choices ?? []).filter((c) => c.title.trim()).map((c) => ({ title: c.title.trim(), ...(c.fails ? { fails: true } : {}) }));
  if (item.fix_evidence) out.fix_evidence = item.fix_evidence;
  if (item.per_device) out.per_device = true;
  if (item.optional) out.optional = true;
  return out;
}

/** wrongOf sorts the server's complaints by the item they are about; -1 holds those about the whole. */
export function wrongOf(errors: readonly { field: string; message: string }[]): Map<number, string[]> {
  const out = new Map<number, string[]>();
  for (const e of errors) {
    const i = Number(/^body\.items\[(\d+)\]/.exec(e.field)?.[1] ?? -1);
    out.set(i, [...(out.get(i) ?? []), e.message]);
  }
  return out;
}

/** moved puts the item at a place one up (-1) or one down (+1). */
export function moved<T>(all: readonly T[], at: number, by: -1 | 1): T[] {
  const to = at + by;
  if (to < 0 || to >= all.length) return [...all];
  const out = [...all];
  [out[at], out[to]] = [out[to]!, out[at]!];
  return out;
}
