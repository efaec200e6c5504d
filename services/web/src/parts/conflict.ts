// Two people have changed the same thing: both versions are shown, and the one
// who came second chooses.
import { shallowRef } from "vue";
import { lostRace } from "../api/problem";

export interface Difference {
  label: string;
  mine: string;
  theirs: string;
}

interface Asked {
  differences: Difference[];
  answer: (keepMine: boolean) => void;
}

/** asked is what ConflictDialog shows. */
export const asked = shallowRef<Asked>();

/** askConflict answers whether the person's own version shall be saved over the other. */
export function askConflict(differences: Difference[]): Promise<boolean> {
  const answered = turn.then(() => ask(differences));
  turn = answered;
  return answered;
}

// One after the other: a second question must not take the place of the first.
let turn: Promise<unknown> = Promise.resolve();

function ask(differences: Difference[]): Promise<boolean> {
  return new Promise((resolve) => {
    asked.value = {
      differences,
      answer: (keepMine) => {
        asked.value = undefined;
        resolve(keepMine);
      },
    };
  });
}

/** Who loses more races than this in a row is told so: others write faster than one can read. */
export const mostRaces = 5;

/**
 * saving saves at a version. When somebody else was faster it shows what
 * differs, and saves over the newer version or answers undefined, as chosen.
 */
export async function saving<T, C extends { version: number }>(
  version: number,
  save: (version: number) => Promise<T>,
  compare: (current: C) => Difference[],
  fetchCurrent: () => Promise<C>,
): Promise<T | undefined> {
  for (let lost = 0; ;) {
    try {
      return await save(version);
    } catch (e) {
      if (!lostRace(e) || ++lost > mostRaces) throw e;
      const current = await fetchCurrent();
      const differences = compare(current).filter((d) => d.mine !== d.theirs);
      if (differences.length && !(await askConflict(differences))) return undefined;
      version = current.version;
    }
  }
}
