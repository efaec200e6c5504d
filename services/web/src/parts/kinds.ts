// The kinds of requirements, as api/kinds says them to the server and the pages.
import type { Schemas } from "../api/client";
import table from "../../../../api/kinds/kinds.json";

export type Kind = Schemas["EvidenceRequirement"]["kind"];
type Field = keyof Schemas["EvidenceItemBody"];
interface Facts {
  kind: string;
  takes: string[];
  files?: string;
}

const all: Facts[] = table;
const of = (kind: string): Facts | undefined => all.find((f) => f.kind === kind);

/** What a task may ask for; pictures and videos, which need a reason, come last. */
export const kinds = [...all.filter((f) => !f.files), ...all.filter((f) => f.files)].map((f) => f.kind as Kind);

/** fills tells whether a field of an item may be filled for a kind. */
export const fills = (kind: string, field: Field): boolean => !!of(kind)?.takes.includes(field);

/** picturesOnly tells that nothing but pictures or videos answers a kind. */
export const picturesOnly = (kind: string): boolean => !!of(kind)?.files;

/** accepts is what a file field takes for a kind, empty for every file. */
export function accepts(kind: string): string {
  const files = of(kind)?.files;
  return files ? `${files}*` : "";
}
