// What hangs on a person who leaves, and who has it from now on.
import type { Schemas } from "../../api/client";

export type Holding = Schemas["DirectoryHolding"];
export type HandOver = Schemas["DirectoryHandOver"];

/** What is chosen for a kind where nobody is to have it. */
export const nobody = "nobody";

/** By kind: the id of a person, `nobody`, or nothing yet. */
export type Choices = Partial<Record<Holding["kind"], string>>;

/** The holdings of several people as one list, a kind once. */
export function together(lists: Holding[][]): Holding[] {
  const all = new Map<Holding["kind"], Holding>();
  for (const h of lists.flat()) {
    const was = all.get(h.kind);
    const unknown = !!(was?.unknown || h.unknown);
    all.set(h.kind, { kind: h.kind, count: (was?.count ?? 0) + h.count, ...(unknown ? { unknown } : {}) });
  }
  return [...all.values()];
}

/** The kinds that nothing was chosen for. */
export function missing(holdings: Holding[], choices: Choices): Holding["kind"][] {
  return holdings.filter((h) => !choices[h.kind]).map((h) => h.kind);
}

/** The choices as they are sent; of kinds that nothing hangs on any more, none. */
export function handedOver(holdings: Holding[], choices: Choices): HandOver[] {
  return holdings.flatMap(({ kind }): HandOver[] => {
    const to = choices[kind];
    if (!to) return [];
    return [to === nobody ? { kind, unassigned: true } : { kind, to_person_id: to }];
  });
}
