// Turns: what waits for one thing is handed over by one at a time, also where
// several windows are open.

const turns = new Map<string, Promise<unknown>>();

/**
 * inTurn runs an act when all that were given for its name before have ended,
 * here and in other windows of the browser. Where a browser has no locks (no
 * HTTPS), windows do not wait for each other; the keys of commands still keep
 * each from being carried out twice.
 */
export function inTurn<T>(name: string, act: () => Promise<T>): Promise<T> {
  const locked = (): Promise<T> => (typeof navigator !== "undefined" && "locks" in navigator && navigator.locks ? (navigator.locks.request(`duban.${name}`, act) as Promise<T>) : act());
  const run = (turns.get(name) ?? Promise.resolve()).then(locked);
  const ended = run.catch(() => undefined);
  turns.set(name, ended);
  void ended.then(() => turns.get(name) === ended && turns.delete(name));
  return run;
}
