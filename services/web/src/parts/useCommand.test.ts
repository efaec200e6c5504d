import { expect, it } from "vitest";
import { Problem } from "../api/problem";
import { useCommand } from "./useCommand";

it("keeps its key while no answer has come, and takes a new one after an answer", async () => {
  const keys: string[] = [];
  const results = [new Problem({ status: 0, code: "offline" }), new Problem({ status: 503, code: "away" }), new Problem({ status: 409, code: "conflict" }), undefined, undefined];
  const c = useCommand(
    (key) => {
      keys.push(key);
      const r = results.shift();
      return r ? Promise.reject(r) : Promise.resolve();
    },
    { touches: [] },
  );
  const went: boolean[] = [];
  for (let i = 0; i < 5; i++) went.push(await c.go());
  expect(went).toEqual([false, false, false, true, true]);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).toBe(keys[0]);
  expect(new Set(keys.slice(2)).size).toBe(3);
});

it("runs one at a time", async () => {
  let runs = 0;
  let finish = (): void => undefined;
  const c = useCommand(() => new Promise<void>((done) => ((runs += 1), (finish = done))), { touches: [] });
  const first = c.go();
  expect(await c.go()).toBe(false);
  finish();
  expect(await first).toBe(true);
  expect(runs).toBe(1);
});
