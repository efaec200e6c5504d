// Whom a task is for, in words, and what the dry run says, each fact once.
import type { Schemas } from "../../api/client";
import type { List } from "../../parts/codes";
import { t } from "../../texts";

export type Targets = Schemas["AssignmentTargets"];
export type Remark = Schemas["AssignmentRemark"];
export type Said = (list: List, code: string | undefined) => string;

const all = (names: string[]): string => names.join(t("comma"));

/** describe says in one line whom targets choose. */
export function describe(x: Targets, said: Said): string {
  const kinds = (x.kinds ?? []).map((k) => said("kind", k));
  const levels = (x.levels ?? []).map((l) => t(`level.${l}`));
  const parts = [];
  if (kinds.length) parts.push(all(kinds));
  if (levels.length) parts.push(all(levels));
  if (x.sectors?.length) parts.push(t("targets.of_sectors", { sectors: all(x.sectors.map((s) => said("sector", s))) }));
  if (x.exclude_kinds?.length) parts.push(t("targets.without", { kinds: all(x.exclude_kinds.map((k) => said("kind", k))) }));
  for (const m of x.more_than ?? []) parts.push(t("targets.more_than", { of: said("denominator", m.denominator), than: m.than }));
  if (x.under?.length) parts.push(t("targets.within", { count: x.under.length }));
  if (x.unit_ids?.length) parts.push(t(parts.length ? "targets.also" : "targets.only", { count: x.unit_ids.length }));
  if (x.exclude_ids?.length) parts.push(t("targets.but", { count: x.exclude_ids.length }));
  return parts.join(t("targets.comma"));
}

/** chosen leaves out the parts in which nothing is chosen. */
export function chosen(x: Targets): Targets {
  return Object.fromEntries(Object.entries(x).filter(([, v]) => (v as unknown[] | undefined)?.length)) as Targets;
}

/** A fact of the dry run, with the tasks that it is true of. */
export interface Fact {
  code: Remark["code"];
  /** What is the same of all of them; where it differs each has its own. */
  text: string | undefined;
  remarks: Remark[];
}

/** facts puts remarks about several tasks together that say the same. */
export function facts(remarks: Remark[]): Fact[] {
  const out: Fact[] = [];
  for (const r of remarks) {
    const f = out.find((x) => x.code === r.code);
    if (!f) out.push({ code: r.code, text: r.text, remarks: [r] });
    else {
      f.remarks.push(r);
      if (f.text !== r.text) f.text = undefined;
    }
  }
  return out;
}
