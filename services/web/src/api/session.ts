// Who is signed in. A session that ends in the middle of the work is renewed in
// place: calls wait in signInAgain until the dialogue of the frame is done.
import { ref, shallowRef } from "vue";
import type { components } from "./schema.gen";

export type Me = components["schemas"]["DirectoryMe"];

/** me is the person signed in; undefined before that is known, and after signing out. */
export const me = shallowRef<Me>();

/** renewing tells that calls wait for their person to sign in again. */
export const renewing = ref(false);

let waiting: ((again: boolean) => void)[] = [];

/** signInAgain answers true once the same person has a session again; false when nobody was signed in. */
export function signInAgain(): Promise<boolean> {
  if (!me.value) return Promise.resolve(false);
  renewing.value = true;
  return new Promise((resolve) => waiting.push(resolve));
}

/** renewed lets the waiting calls go on, or fail. */
export function renewed(again: boolean): void {
  renewing.value = false;
  const all = waiting;
  waiting = [];
  for (const go of all) go(again);
}

const leavings: (() => unknown)[] = [];

/** beforeLeaving has something done before the person signs out here, while they still may. */
export function beforeLeaving(act: () => unknown): void {
  leavings.push(act);
}

/** leaving does it. */
export async function leaving(): Promise<void> {
  await Promise.allSettled(leavings.map((act) => act()));
}

/** can tells whether the roles let the person do something at all, for menus ("campaign.create"). */
export function can(...names: string[]): boolean {
  return names.some((n) => me.value?.may.includes(n));
}
