import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { leaving } from "../api/session";
import { approvals, approve, seconds, send, undo } from "./approvals";

const given = (n: number) => ({ id: `a${n}`, task_title: "张贴海报", unit_name: `学校${n}`, version: n });
let sent: { url: string; key: string | null; version: string | null; keepalive: boolean | undefined }[];
let answer: () => Promise<Response>;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  answer = () => Promise.resolve(new Response("{}", { status: 200, headers: { "Content-Type": "application/json" } }));
  vi.stubGlobal("fetch", (r: Request | string, init?: RequestInit) => {
    const headers = new Headers(r instanceof Request ? r.headers : init?.headers);
    sent.push({ url: new URL(r instanceof Request ? r.url : r, "http://localhost").pathname, key: headers.get("Idempotency-Key"), version: headers.get("If-Match"), keepalive: init?.keepalive });
    return answer();
  });
});
afterEach(() => {
  approvals.splice(0);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("case 01: an approval is sent after its seconds, and not when it is undone", async () => {
  expect(approve(given(1))).toBe(true);
  expect(approve(given(1)), "once").toBe(false);
  approve(given(2));
  await vi.advanceTimersByTimeAsync((seconds - 1) * 1000);
  expect(approvals.map((a) => a.left)).toEqual([1, 1]);
  expect(undo()?.id).toBe("a2");
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toMatchObject([{ url: "/api/v1/assignments/a1/approve", version: '"1"' }]);
  await vi.waitFor(() => expect(approvals).toEqual([]));
});

it("case 01: what waits is sent at once when the page is left, and asked for again under the same key when it is back", async () => {
  approve(given(1));
  window.dispatchEvent(new Event("pagehide"));
  expect(sent).toMatchObject([{ url: "/api/v1/assignments/a1/approve", keepalive: true }]);
  const back = new Event("pageshow") as PageTransitionEvent;
  Object.defineProperty(back, "persisted", { value: true });
  window.dispatchEvent(back);
  await vi.waitFor(() => expect(approvals).toEqual([]));
  expect(sent).toHaveLength(2);
  expect(sent[1]!.key).toBe(sent[0]!.key);
});

it("case 01: what is being sent when the page is left is sent again under its key, for the first request ends with the page", async () => {
  answer = () => new Promise(() => undefined);
  approve(given(1));
  await vi.advanceTimersByTimeAsync(seconds * 1000);
  window.dispatchEvent(new Event("pagehide"));
  expect(sent).toHaveLength(2);
  expect(sent[1]).toMatchObject({ key: sent[0]!.key, keepalive: true });
});

it("case 01: a failure stays in its row; without an answer it is tried again under the same key", async () => {
  answer = () => Promise.reject(new TypeError("no line"));
  approve(given(1));
  await vi.advanceTimersByTimeAsync(seconds * 1000);
  await vi.waitFor(() => expect(approvals[0]).toMatchObject({ state: "failed", problem: { code: "offline" } }));
  answer = () => Promise.resolve(new Response('{"status":409,"code":"wrong_state","title":"x"}', { status: 409, headers: { "Content-Type": "application/problem+json" } }));
  await send(approvals[0]!);
  expect(sent[1]!.key).toBe(sent[0]!.key);
  expect(approvals[0]).toMatchObject({ state: "failed", problem: { code: "wrong_state" } });
  expect(approvals[0]!.key).not.toBe(sent[1]!.key);
});

it("case 01: signing out sends it while it still may", async () => {
  approve(given(1));
  await leaving();
  expect(sent).toHaveLength(1);
  expect(approvals).toEqual([]);
});
