import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { me, type Me } from "../api/session";
import { asked } from "../parts/conflict";
import type { Body } from "../parts/items";
import { queries } from "../queries";
import { addFile, bodyNow, drafts, forgetHandings, give, handOver, itemOf, opened, type Submission, type Target } from "./submissions";
import { things } from "./drafts";

const id = "01985b2e-0000-7000-8000-000000000001";
const target: Target = { target: "assignment", id };

// A server with one draft: it saves at its version, and answers what it has.
let item: Body & { requirement_id: string };
let version: number;
let fault: "" | "offline" | "lost" | "refused";
let puts: Body[];

const answer = (): Submission =>
  ({
    id: "s",
    target: "assignment",
    target_id: id,
    state: "draft",
    version,
    requirements: [{ id: "r", title: "人数" }],
    items: [{ ...item, files: item.file_ids?.map((f) => ({ id: f })) }],
  }) as unknown as Submission;
const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

beforeEach(() => {
  localStorage.clear();
  forgetHandings();
  queries.clear();
  me.value = { id: "p1" } as Me;
  item = { requirement_id: "r", value: 10 };
  [version, fault, puts] = [1, "", []];
  vi.stubGlobal("fetch", async (r: Request) => {
    if (fault === "offline") throw new TypeError("no line");
    if (r.method === "GET" || r.method === "POST") return json(answer());
    if (fault === "refused") return json({ status: 422, code: "invalid", title: "x" }, 422);
    if (r.headers.get("If-Match") !== `"${version}"`) return json({ status: 412, code: "stale", title: "x" }, 412);
    const body = r.method === "DELETE" ? {} : ((await r.json()) as Body);
    puts.push(body);
    item = { requirement_id: "r", ...body };
    version++;
    if (fault === "lost") throw new TypeError("the line was cut");
    return json(answer());
  });
});
afterEach(() => vi.unstubAllGlobals());

const set = (change: Partial<Body>, base?: Body): void =>
  give(target, "r", (now) => ({ ...now, ...change }), { base: base ?? itemOf(queries.getQueryData(["submission", "one", "s"]), "r"), title: "人数", of: "宣传" });
const others = (change: Body): void => {
  item = { requirement_id: "r", ...change };
  version++;
};

it.each(["offline", "refused", "lost"] as const)("case 08: what was typed twice while the two came apart (%s) is no change by others", async (how) => {
  await opened(target);
  fault = how;
  set({ value: 20 });
  expect(await handOver(target)).toBe(false);
  set({ value: 30 });
  fault = "";
  expect(await handOver(target)).toBe(true);
  expect(asked.value).toBeUndefined();
  expect(item.value).toBe(30);
  expect(drafts(id)).toEqual({});
});

it.each<[string, Body, Body, Body]>([
  ["text", { text: "一" }, { text: "二" }, { text: "三" }],
  ["links", { links: ["a"] }, { links: ["b"] }, { links: ["c"] }],
  ["rows", { rows: [{ a: 1 }] as never }, { rows: [{ a: 2 }] as never }, { rows: [{ a: 3 }] as never }],
  ["signatory", { signatory: "甲", text: "词" }, { signatory: "乙", text: "词" }, { signatory: "丙", text: "词" }],
])("case 08: %s, too", async (_, before, first, second) => {
  item = { requirement_id: "r", ...before };
  await opened(target);
  fault = "offline";
  set(first);
  await handOver(target);
  set(second);
  fault = "";
  await handOver(target);
  expect(asked.value).toBeUndefined();
  expect(item).toMatchObject(second);
});

it.each([true, false])("case 08: a real change by another is still asked about, also after a restart (mine: %s)", async (mine) => {
  await opened(target);
  fault = "offline";
  set({ value: 20 });
  await handOver(target);
  others({ value: 5 });
  // The page is opened anew.
  queries.clear();
  fault = "";
  const done = handOver(target);
  await vi.waitFor(() => expect(asked.value?.differences).toEqual([{ label: "宣传 · 人数", mine: "20", theirs: "5" }]));
  asked.value!.answer(mine);
  expect(await done).toBe(true);
  expect(item.value).toBe(mine ? 20 : 5);
  expect(puts).toHaveLength(mine ? 1 : 0);
});

it("case 08: what others change elsewhere in the same item stays, files among it", async () => {
  item = { requirement_id: "r", text: "一", file_ids: ["f1", "f2"] };
  await opened(target);
  fault = "offline";
  set({ text: "二" });
  await handOver(target);
  addFile(target, "r", "f9");
  give(target, "r", (now) => ({ ...now, file_ids: now.file_ids!.filter((f) => f !== "f1") }), { base: {} });
  others({ text: "一", file_ids: ["f1", "f2", "f3"] });
  fault = "";
  await handOver(target);
  expect(asked.value).toBeUndefined();
  expect(item).toMatchObject({ text: "二", file_ids: ["f2", "f3", "f9"] });
});

it("a file is added to what is there, whatever is known here", async () => {
  item = { requirement_id: "r", file_ids: ["f1"] };
  addFile(target, "r", "f2");
  addFile(target, "r", "f2");
  expect(await handOver(target)).toBe(true);
  expect(item.file_ids).toEqual(["f1", "f2"]);
});

it("case 08: who begins to type before one's own save is answered has changed nothing of others", async () => {
  await opened(target);
  set({ value: 20 });
  const begun = itemOf(queries.getQueryData(["submission", "one", "s"]), "r");
  await handOver(target);
  set({ value: 30 }, begun);
  await handOver(target);
  expect(asked.value).toBeUndefined();
  expect(item.value).toBe(30);
  // The same with a real change in between.
  set({ value: 40 }, itemOf(queries.getQueryData(["submission", "one", "s"]), "r"));
  others({ value: 5 });
  const done = handOver(target);
  await vi.waitFor(() => expect(asked.value).toBeDefined());
  asked.value!.answer(false);
  await done;
  expect(item.value).toBe(5);
});

it("what was given while it was being sent goes with the next, and nothing is sent twice", async () => {
  await opened(target);
  set({ value: 20 });
  const first = handOver(target);
  set({ value: 30 });
  await first;
  await Promise.all([handOver(target), handOver(target)]);
  expect(item.value).toBe(30);
  expect(puts.filter((p) => p.value === 30)).toHaveLength(1);
});

it("what an earlier version of the program kept is sent, too", async () => {
  localStorage.setItem(`duban.draft.p1.${id}`, JSON.stringify({ r: { value: 7 } }));
  expect(bodyNow(id, answer(), "r")).toEqual({ value: 7 });
  await handOver(target);
  expect(item.value).toBe(7);
});

it("what another person left here is neither shown nor sent", async () => {
  set({ value: 20 }, {});
  me.value = { id: "p2" } as Me;
  expect(things()).toEqual([]);
  expect(await handOver(target)).toBe(true);
  expect(puts).toEqual([]);
  me.value = { id: "p1" } as Me;
  expect(things()).toEqual([id]);
});
