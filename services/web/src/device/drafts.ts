// What somebody has typed and the server does not have yet, kept on the device:
// a closed page, a dead battery and a cut line lose nothing.
import { me } from "../api/session";
import { recall, remember } from "../texts";

type Items<T> = Record<string, T>;

const key = (thing: string): string => `duban.draft.${me.value?.id ?? ""}.${thing}`;

/** kept is what was typed for a thing and not yet taken by the server, by part. */
export function kept<T>(thing: string): Items<T> {
  try {
    return JSON.parse(recall(key(thing)) ?? "{}") as Items<T>;
  } catch {
    return {};
  }
}

/** keep holds one part until drop. */
export function keep<T>(thing: string, part: string, value: T): void {
  remember(key(thing), JSON.stringify({ ...kept<T>(thing), [part]: value }));
}

/** drop forgets a part that the server has. What was typed in the meantime stays. */
export function drop<T>(thing: string, part: string, value: T): void {
  const all = kept<T>(thing);
  if (JSON.stringify(all[part]) !== JSON.stringify(value)) return;
  delete all[part];
  if (Object.keys(all).length) remember(key(thing), JSON.stringify(all));
  else forgetDraft(thing);
}

/** forgetDraft drops everything typed for a thing. */
export function forgetDraft(thing: string): void {
  try {
    localStorage.removeItem(key(thing));
  } catch {
    // Storage is switched off.
  }
}
