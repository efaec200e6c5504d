// What is given for a requirement: reading it, comparing it, writing it out.
import type { Schemas } from "../api/client";

export type Item = Schemas["EvidenceItem"];
export type Body = Schemas["EvidenceItemBody"];
export type Requirement = Schemas["EvidenceRequirement"] | Schemas["AssignmentRequirement"];

/** What a file field takes, for each kind of requirement that takes files. */
export const accepts: Record<string, string> = {
  photo: "image/*", video: "video/*", document: "", pledge: "", checklist: "",
};

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

/** Part is a field of an item that somebody types in, with what it held when they began. */
export interface Part {
  name: "value" | "text" | "links" | "signatory";
  base: Body;
}

/** empty tells that nothing is given. */
export const empty = (b: Body): boolean => b.value === undefined && !b.text && !b.signatory && !b.links?.length && !b.rows?.length && !b.file_ids?.length;

/** shown writes an item out in a line, to compare two versions of it. */
export function shown(b: Body): string {
  return [b.value?.toString(), b.text, b.signatory, b.links?.join("\n"), b.rows?.map((r) => Object.values(r as object).join(" ")).join("\n"), b.file_ids?.length ? `(${b.file_ids.length})` : ""].filter(Boolean).join("\n");
}
