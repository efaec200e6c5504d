import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { me, type Me } from "../api/session";
import { asked } from "../parts/conflict";
import { queries } from "../queries";
import type { Answer, Inspection } from "../screens/inspections/answers";
import { forgetHandings, give, handOver, partsOf, saidOf, send, undoable, unsend, waits } from "./inspections";

const id = "01985b2e-0000-7000-8000-000000000009";
let answers: Answer[];
let version: number;
let fault: "" | "offline" | "lost";
let sent: (string | null)[];

const inspection = (): Inspection => ({ id, version, state: "planned", answers, items: [{ key: "i", title: "口令" }], devices: [] }) as unknown as Inspection;
const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

beforeEach(() => {
  localStorage.clear();
  forgetHandings();
  me.value = { id: "p1" } as Me;
  [answers, version, fault, sent] = [[], 1, "", []];
  queries.setQueryData(["inspection", "one", id], inspection());
  vi.stubGlobal("fetch", async (r: Request) => {
    if (fault === "offline") throw new TypeError("no line");
    if (r.url.endsWith("/send")) {
      sent.push(r.headers.get("Idempotency-Key"));
    } else if (r.method === "PUT") {
      if (r.headers.get("If-Match") !== `"${version}"`) return json({ status: 412, code: "stale", title: "x" }, 412);
      answers = ((await r.json()) as { answers: Answer[] }).answers;
      version++;
    }
    if (fault === "lost") throw new TypeError("the line was cut");
    return json(inspection());
  });
});
afterEach(() => {
  queries.clear();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it.each(["offline", "lost"] as const)("case 08: an answer given twice while the two came apart (%s) is no change by others", async (how) => {
  fault = how;
  give(id, { item_key: "i", result: "pass" });
  await handOver(id);
  give(id, { item_key: "i", result: "fail", note: "弱口令" });
  fault = "";
  await handOver(id);
  expect(asked.value).toBeUndefined();
  expect(answers).toEqual([{ item_key: "i", result: "fail", note: "弱口令" }]);
  expect(waits(id)).toBe(false);
});

it("case 08: who begins to type before one's own save is answered has changed nothing of others; a real change is asked about", async () => {
  give(id, { item_key: "i", result: "pass" });
  const begun = saidOf(id, "answer i ");
  await handOver(id);
  give(id, { item_key: "i", result: "fail" }, false, begun);
  await handOver(id);
  expect(asked.value).toBeUndefined();
  give(id, { item_key: "i", result: "na" });
  answers = [{ item_key: "i", result: "fail", note: "他人" }];
  version++;
  const done = handOver(id);
  await vi.waitFor(() => expect(asked.value).toBeDefined());
  asked.value!.answer(true);
  await done;
  expect(answers[0]!.result).toBe("na");
});

it("sending can be taken back for some seconds, and goes once afterwards", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  give(id, { item_key: "i", result: "pass" });
  send(id);
  await handOver(id);
  expect([waits(id), sent]).toEqual([true, []]);
  unsend(id);
  vi.setSystemTime(Date.now() + undoable * 1000);
  await handOver(id);
  expect([partsOf(id), sent]).toEqual([{}, []]);
  send(id);
  vi.setSystemTime(Date.now() + undoable * 1000);
  fault = "lost";
  await handOver(id);
  fault = "";
  await Promise.all([handOver(id), handOver(id)]);
  expect(sent).toHaveLength(2);
  expect(sent[0], "under one key").toBe(sent[1]);
  expect(partsOf(id)).toEqual({});
});
