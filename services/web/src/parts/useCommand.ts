// Commands: one at a time, each carried out once, what went wrong beside them.
import { ref, shallowRef } from "vue";
import { newKey } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import { changedHere } from "../live";
import { queries } from "../queries";
import { toast } from "./toast";

/**
 * useCommand wraps a command of the API. `run` gets an Idempotency-Key that
 * stays the same while no answer has come, so that trying again after a cut
 * line does nothing twice. Afterwards it says what `said` has
 * to say, and the kinds of things in `touches` are fetched again. go answers whether it went through.
 */
export function useCommand<A extends unknown[], R>(run: (key: string, ...args: A) => Promise<R>, options: { touches: string[]; done?: (result: R) => void; said?: (result: R) => string | undefined }) {
  const busy = ref(false);
  const problem = shallowRef<Problem>();
  let key = newKey();

  async function go(...args: A): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    problem.value = undefined;
    try {
      const result = await run(key, ...args);
      key = newKey();
      const said = options.said?.(result);
      if (said) toast(said);
      changedHere(result, options.touches);
      options.done?.(result);
      return true;
    } catch (e) {
      const p = asProblem(e);
      if (!p.unanswered) key = newKey();
      problem.value = p;
      return false;
    } finally {
      busy.value = false;
      // Also after a failure: a conflict means that what is shown is old.
      for (const kind of options.touches) void queries.invalidateQueries({ queryKey: [kind] });
    }
  }
  return { go, busy, problem };
}
