// Answers of a checklist: which are asked, what they come to, what is missing.
import type { Schemas } from "../../api/client";

export type Inspection = Schemas["RectificationInspection"];
export type Item = Schemas["RectificationItem"];
export type Answer = Schemas["RectificationAnswer"];
export type Device = Schemas["RectificationDevice"];

/** Asked is one item at one place: the unit, or one of its devices. */
export interface Asked {
  key: string;
  item: Item;
  device?: Device;
}

export interface Section {
  title: string;
  device?: Device;
  asked: Asked[];
}

export const keyOf = (item: string, device: string | undefined): string => `answer ${item} ${device ?? ""}`;

/** sectionsOf puts what is asked of the unit under its headings, and what is asked per device under each device. */
export function sectionsOf(items: Item[], devices: Device[]): Section[] {
  const out: Section[] = [];
  const perDevice = (i: Item): boolean => !!i.per_device && devices.length > 0;
  for (const item of items.filter((i) => !perDevice(i))) {
    const title = item.group ?? "";
    let s = out.find((x) => x.title === title);
    if (!s) out.push((s = { title, asked: [] }));
    s.asked.push({ key: keyOf(item.key, undefined), item });
  }
  for (const device of devices) {
    const asked = items.filter(perDevice).map((item) => ({ key: keyOf(item.key, device.id), item, device }));
    if (asked.length) out.push({ title: device.label, device, asked });
  }
  return out;
}

// How a number is written; the server reads it by the same pattern.
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** resultOf is what an answer comes to; for numbers and choices the value says so, as the server judges it. */
export function resultOf(item: Item, a: Answer | undefined): Answer["result"] | undefined {
  if (!a) return undefined;
  if (a.result === "na") return "na";
  if (item.type === "number") {
    const v = Number(a.value);
    if (!decimal.test(a.value?.trim() ?? "") || !Number.isFinite(v)) return undefined;
    return (item.minimum !== undefined && v < item.minimum) || (item.maximum !== undefined && v > item.maximum) ? "fail" : "pass";
  }
  if (item.type === "choice") {
    const c = item.choices?.find((x) => x.title === a.value);
    return c && (c.fails ? "fail" : "pass");
  }
  if (item.type === "text" && !a.value?.trim()) return undefined;
  return a.result;
}

export type Lack = "answer" | "note" | "file";

/** lackOf tells what keeps the inspection from being sent. */
export function lackOf(item: Item, a: Answer | undefined): Lack | undefined {
  const result = resultOf(item, a);
  // Half an answer (a word without a judgement) the server would refuse.
  if (!result) return item.optional && !a ? undefined : "answer";
  if (result !== "fail") return undefined;
  if (item.fail_evidence === "file" && !a?.file_ids?.length) return "file";
  if (item.fail_evidence === "note" && !a?.note?.trim() && !a?.file_ids?.length) return "note";
  return undefined;
}

/** said writes an answer out, to compare two of them. */
export const said = (a: Answer | undefined): string => [a?.result, a?.value, a?.note, a?.file_ids?.length ? `(${a.file_ids.length})` : ""].filter(Boolean).join(" ");

/** sameAnswer tells that two answers say the same. */
export const sameAnswer = (a: Answer | undefined, b: Answer | undefined): boolean => said(a) === said(b) && (a?.file_ids ?? []).join() === (b?.file_ids ?? []).join();

/** newId makes the UUID an inspection keeps from the first tap on: time first, as the server's own. */
export function newId(now: number = Date.now()): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i++) b[i] = Math.floor(now / 2 ** (8 * (5 - i))) & 0xff;
  b[6] = (b[6]! & 0x0f) | 0x70;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const h = Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
  return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20)].join("-");
}
