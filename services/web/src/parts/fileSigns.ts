// What there is to know of a file before one opens it.
import type { Schemas } from "../api/client";

type File = Pick<Schemas["EvidenceFile"], "type" | "preview"> & Partial<Pick<Schemas["EvidenceFile"], "quarantine" | "altered" | "cautions" | "hints" | "deleted_at">>;

export interface Sign {
  /** Key of its text, below file.sign. */
  name: string;
  /** bad: it cannot be used; warn: look twice; plain: to know. */
  tone: "bad" | "warn" | "plain";
}

/** signs lists them, the gravest first. */
export function signs(f: File): Sign[] {
  const all: Sign[] = [];
  if (f.quarantine === "infected" || f.altered) all.push({ name: f.altered ? "altered" : "infected", tone: "bad" });
  if (f.deleted_at) all.push({ name: "deleted", tone: "plain" });
  if (f.quarantine === "waiting") all.push({ name: "waiting", tone: "plain" });
  for (const c of f.cautions ?? []) all.push({ name: c, tone: "warn" });
  for (const h of f.hints ?? []) all.push({ name: h, tone: "warn" });
  if (f.preview === "damaged" || f.preview === "too_long") all.push({ name: f.preview, tone: "plain" });
  return all;
}

/** readable tells that the server gives out its bytes. */
export const readable = (f: File): boolean => !f.quarantine && !f.deleted_at;

/** pictured tells that there is a picture of it: what was made of it, or one that every browser shows. */
export const pictured = (f: File): boolean => readable(f) && (f.preview === "ready" || /^image\/(jpeg|png|webp|gif|bmp)$/.test(f.type));

/** ending is what stands on the card of a document. */
export const ending = (name: string): string => /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toUpperCase() ?? "";
