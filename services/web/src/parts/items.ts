// What is given for a requirement: reading it, comparing it, writing it out.
import type { Schemas } from "../api/client";

export type Item = Schemas["EvidenceItem"];
export type Body = Schemas["EvidenceItemBody"];
export type Requirement = Schemas["EvidenceRequirement"] | Schemas["AssignmentRequirement"];

/** bodyOf is what an item would be saved as. */
export function bodyOf(item: Item | undefined): Body {
  const b: Body = {};
  if (!item) return b;
  if (item.value !== undefined) b.value = item.value;
  if (item.text) b.text = item.text;
  if (item.signatory) b.signatory = item.signatory;
  if (item.links?.length) b.links = item.links;
  if (item.rows?.length) b.rows = item.rows as NonNullable<Body["rows"]>;
  if (item.files?.length) b.file_ids = item.files.map((f) => f.id);
  return b;
}

/** empty tells that nothing is given. */
export const empty = (b: Body): boolean => b.value === undefined && !b.text && !b.signatory && !b.links?.length && !b.rows?.length && !b.file_ids?.length;

/** shown writes an item out in a line, to compare two versions of it. */
export function shown(b: Body): string {
  return [b.value?.toString(), b.text, b.signatory, b.links?.join("\n"), b.rows?.map((r) => Object.values(r as object).join(" ")).join("\n"), b.file_ids?.length ? `(${b.file_ids.length})` : ""]
    .filter(Boolean)
    .join("\n");
}

const parts = ["value", "text", "signatory", "links", "rows"] as const;
const plain = (v: unknown): string => (v === undefined || v === "" || (Array.isArray(v) && !v.length) ? "" : JSON.stringify(v));

/** same tells that two bodies say the same. */
export const same = (a: Body, b: Body): boolean => [...parts, "file_ids" as const].every((p) => plain(a[p]) === plain(b[p]));

/**
 * merged puts what somebody made of base on what the server has now. What
 * neither has touched stays, files are added and taken away one by one; apart
 * tells that both have changed the same part, and then mine is kept, or theirs.
 * Without a base nothing is known of what it was made of: all of mine counts.
 */
export function merged(base: Body | undefined, mine: Body, now: Body, keep: "mine" | "theirs" = "mine"): { body: Body; apart: boolean } {
  const body: Record<string, unknown> = {};
  let apart = false;
  for (const p of parts) {
    const touched = base ? plain(mine[p]) !== plain(base[p]) : mine[p] !== undefined;
    const moved = !!base && plain(now[p]) !== plain(base[p]) && plain(now[p]) !== plain(mine[p]);
    apart ||= touched && moved;
    const value = touched && !(moved && keep === "theirs") ? mine[p] : now[p];
    if (plain(value)) body[p] = value;
  }
  const before = new Set(base?.file_ids ?? []);
  const gone = [...before].filter((f) => !mine.file_ids?.includes(f));
  const files = [...new Set([...(now.file_ids ?? []).filter((f) => !gone.includes(f)), ...(mine.file_ids ?? []).filter((f) => !before.has(f))])];
  if (files.length) body["file_ids"] = files;
  return { body: body as Body, apart };
}
