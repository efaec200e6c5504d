// What somebody has typed and the server does not have yet, kept on the device:
// a closed page, a dead battery and a cut line lose nothing. What another
// person has left at this device is neither shown nor sent.
import { ref } from "vue";
import { me } from "../api/session";

type Items<T> = Record<string, T>;

const prefix = (): string => `duban.draft.${me.value?.id ?? ""}.`;
const key = (thing: string): string => prefix() + thing;

/** kepts counts what is kept and forgotten, here and in other windows: what reads drafts is computed anew. */
export const kepts = ref(0);

// What storage does not take (switched off, full) is kept for this visit.
const visit = new Map<string, string>();

function read(k: string): string | null {
  const here = visit.get(k);
  if (here !== undefined) return here;
  try {
    return localStorage.getItem(k);
  } catch {
    return null;
  }
}

function write(k: string, value: string | undefined): void {
  visit.delete(k);
  try {
    if (value === undefined) localStorage.removeItem(k);
    else localStorage.setItem(k, value);
  } catch {
    if (value !== undefined) visit.set(k, value);
  }
  kepts.value++;
}

/** kept is what was typed for a thing and not yet taken by the server, by part. */
export function kept<T>(thing: string): Items<T> {
  void kepts.value;
  try {
    return JSON.parse(read(key(thing)) ?? "{}") as Items<T>;
  } catch {
    return {};
  }
}

/** keep holds one part until drop. */
export function keep<T>(thing: string, part: string, value: T): void {
  write(key(thing), JSON.stringify({ ...kept<T>(thing), [part]: value }));
}

/** forget drops one part, whatever it is now. */
export function forget(thing: string, part: string): void {
  const { [part]: _, ...rest } = kept<unknown>(thing);
  write(key(thing), Object.keys(rest).length ? JSON.stringify(rest) : undefined);
}

/** drop forgets a part that the server has. What was typed in the meantime stays. */
export function drop<T>(thing: string, part: string, value: T): void {
  if (JSON.stringify(kept<T>(thing)[part]) === JSON.stringify(value)) forget(thing, part);
}

/** forgetDraft drops everything typed for a thing. */
export function forgetDraft(thing: string): void {
  write(key(thing), undefined);
}

/** things lists those that the person has something kept of. */
export function things(): string[] {
  void kepts.value;
  const mine = prefix();
  let all = [...visit.keys()];
  try {
    all = [...new Set([...all, ...Object.keys(localStorage)])];
  } catch {
    // Storage is switched off.
  }
  return all.filter((k) => k.startsWith(mine)).map((k) => k.slice(mine.length));
}

if (typeof window !== "undefined") {
  window.addEventListener("storage", (e) => {
    if (e.key === null || e.key.startsWith("duban.draft.")) kepts.value++;
  });
}
