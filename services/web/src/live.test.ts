import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { changedHere, startLive, stopLive } from "./live";
import { queries } from "./queries";

let tell: (name: string, data: object) => void = () => undefined;
let asked: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  const listeners: Record<string, (e: object) => void> = {};
  vi.stubGlobal(
    "EventSource",
    class {
      addEventListener = (name: string, act: (e: object) => void) => void (listeners[name] = act);
      close(): void {}
    },
  );
  vi.stubGlobal("fetch", (r: Request) => {
    asked.push(new URL(r.url).pathname);
    return Promise.resolve(new Response('{"id":"a1","version":5}', { status: 200, headers: { "Content-Type": "application/json" } }));
  });
  tell = (name, data) => listeners[name]!({ data: JSON.stringify(data) });
  startLive();
});
afterEach(() => {
  stopLive();
  queries.clear();
  asked = [];
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** stale are the keys of those that would be fetched again. */
async function stale(): Promise<string[]> {
  await vi.advanceTimersByTimeAsync(500);
  return queries
    .getQueryCache()
    .getAll()
    .filter((q) => q.state.isInvalidated)
    .map((q) => q.queryKey.join(" "));
}

it("fetches again what has an older version, and what cannot tell", async () => {
  queries.setQueryData(["inspection", "one", "i1"], { id: "i1", version: 3 });
  queries.setQueryData(["inspection", "list"], { pages: [{ items: [{ id: "i1", version: 4 }] }] });
  queries.setQueryData(["inspection", "counts"], { planned: 1 });
  queries.setQueryData(["finding", "one", "f1"], { id: "f1", version: 1 });
  tell("change", { kind: "inspection", id: "i1", version: 4 });
  expect(await stale()).toEqual(["inspection one i1", "inspection counts"]);
});

it("fetches again where one of several changes is news", async () => {
  queries.setQueryData(["inspection", "list"], {
    items: [
      { id: "i1", version: 4 },
      { id: "i2", version: 1 },
    ],
  });
  tell("change", { kind: "inspection", id: "i1", version: 4 });
  tell("change", { kind: "inspection", id: "i2", version: 2 });
  expect(await stale()).toEqual(["inspection list"]);
});

it("fetches everything of a kind where it is not said what has changed", async () => {
  queries.setQueryData(["submission", "one", "s1"], { id: "s1", version: 9 });
  tell("change", { kind: "submission" });
  expect(await stale()).toEqual(["submission one s1"]);
});

it("leaves what this page has changed itself to the command, and fetches what follows", async () => {
  queries.setQueryData(["rectification", "counts"], { open: 1 });
  queries.setQueryData(["rollup", "numbers"], { open: 1 });
  changedHere({ id: "r1", version: 5 }, ["rectification", "finding"]);
  tell("change", { kind: "rectification", id: "r1", version: 5 });
  expect(await stale()).toEqual(["rollup numbers"]);
  tell("change", { kind: "rectification", id: "r1", version: 6 });
  expect(await stale()).toContain("rectification counts");
});

it("fetches a list again whose row was put right: the row may no longer belong there", async () => {
  queries.setQueryData(["assignment", "list"], { pages: [{ items: [{ id: "a1", version: 4 }] }] });
  tell("change", { kind: "assignment", id: "a1", version: 5 });
  expect(await stale()).toEqual(["assignment list"]);
  expect(queries.getQueryData(["assignment", "list"])).toMatchObject({ pages: [{ items: [{ version: 5 }] }] });
});

it("shows a finished preview, and what a file looks like, where the file is", async () => {
  queries.setQueryData(["submission", "one", "s1"], { id: "s1", version: 2, items: [{ files: [{ id: "p1", preview: "pending" }] }] });
  queries.setQueryData(["submission", "one", "s2"], { id: "s2", version: 2, items: [{ text: "x" }, { files: [{ id: "p2" }] }] });
  queries.setQueryData(["file", "one", "p1"], { id: "p1", preview: "pending" });
  tell("change", { kind: "file", id: "p1" });
  expect(await stale()).toEqual(["submission one s1", "file one p1"]);
});

it("asks for an assignment only where it has an older one", async () => {
  queries.setQueryData(["assignment", "one", "a1"], { id: "a1", version: 5 });
  tell("change", { kind: "assignment", id: "a1", version: 5 });
  await vi.advanceTimersByTimeAsync(500);
  expect(asked).toEqual([]);
  tell("change", { kind: "assignment", id: "a1", version: 6 });
  await vi.advanceTimersByTimeAsync(500);
  expect(asked).toEqual(["/api/v1/assignments/a1"]);
});
