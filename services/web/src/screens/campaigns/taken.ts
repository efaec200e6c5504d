// Which files a requirement takes: nothing said is every kind but ZIP.
import { assignmentRequirementAllowValues } from "../../api/schema.gen";
import type { Schemas } from "../../api/client";
import { fills, picturesOnly } from "../../parts/kinds";

export type Requirement = Schemas["AssignmentRequirement"];
export type Allowance = NonNullable<Requirement["allow"]>[number];

/** Kinds of file as one thinks of them, with the endings the API names. */
export const groups: Record<string, string[]> = {
  pictures: ["jpg", "png", "gif", "webp", "heic"],
  pdf: ["pdf"],
  ofd: ["ofd"],
  word: ["docx", "doc", "wps"],
  excel: ["xlsx", "xls", "et"],
  slides: ["pptx", "ppt", "dps"],
  text: ["txt", "csv"],
  video: ["mp4", "mov"],
  audio: ["mp3", "m4a"],
  zip: ["zip"],
};

/** Endings of documents that may hold macros; they are taken only where macros are allowed. */
export const withMacros = ["docm", "xlsm", "pptm"];
export const allowances = assignmentRequirementAllowValues;

/** takes tells that a kind is named; one of its endings is enough. */
export const takes = (r: Requirement, group: string): boolean => groups[group]!.some((e) => r.accept?.includes(e));
export const allows = (r: Requirement, what: Allowance): boolean => !!r.allow?.includes(what);

/** pictorial tells that only pictures or videos answer it, for which the server asks the reason. */
export function pictorial(r: Requirement): boolean {
  if (picturesOnly(r.kind)) return true;
  const pictures = [...groups["pictures"]!, ...groups["video"]!];
  return fills(r.kind, "file_ids") && !!r.accept?.length && r.accept.every((e) => pictures.includes(e));
}

/** setTaken names a kind, or takes it out. */
export function setTaken(r: Requirement, group: string, on: boolean): void {
  const rest = (r.accept ?? []).filter((e) => !groups[group]!.includes(e));
  put(r, on ? [...rest, ...groups[group]!] : rest);
}

/** setAllowed allows something, or no more. Who names kinds and allows macros means documents with macros, too. */
export function setAllowed(r: Requirement, what: Allowance, on: boolean): void {
  const rest = (r.allow ?? []).filter((x) => x !== what);
  const now = on ? [...rest, what] : rest;
  if (now.length) r.allow = now;
  else delete r.allow;
  if (what === "macros") put(r, r.accept ?? []);
}

function put(r: Requirement, accept: string[]): void {
  const plain = accept.filter((e) => !withMacros.includes(e));
  const office = ["docx", "xlsx", "pptx"].flatMap((e, i) => (plain.includes(e) && allows(r, "macros") ? [withMacros[i]!] : []));
  if (plain.length) r.accept = [...plain, ...office];
  else delete r.accept;
}
