import { afterEach, expect, it, vi } from "vitest";
import { nextTick } from "vue";
import { api, ok } from "./client";
import { Problem } from "./problem";
import { me, renewed, renewing } from "./session";

type Answer = () => Response | Promise<Response>;

function answers(...all: Answer[]) {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (r: Request) => {
    asked.push(r.clone());
    const next = all.shift();
    if (!next) throw new Error("no answer left");
    return next();
  });
  return asked;
}

const json = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status, headers: { "Content-Type": status < 400 ? "application/json" : "application/problem+json" } });

afterEach(() => {
  me.value = undefined;
  renewed(false);
  vi.unstubAllGlobals();
});

it("a problem tells its code, and what is wrong with which field", async () => {
  answers(() => json(422, { code: "invalid", title: "bad", errors: [{ location: "body.reason", message: "is empty" }] }));
  const p = (await ok(api.GET("/api/v1/me")).catch((e: unknown) => e)) as Problem;
  expect(p).toBeInstanceOf(Problem);
  expect([p.status, p.code, p.message, p.unanswered]).toEqual([422, "invalid", "bad", false]);
  expect(p.errors).toEqual([{ field: "body.reason", message: "is empty" }]);
});

it("no answer and an answer of a proxy are problems too", async () => {
  answers(
    () => Promise.reject(new TypeError("network")),
    () => new Response("<html>", { status: 502, headers: { "Content-Type": "text/html" } }),
  );
  expect(await ok(api.GET("/api/v1/me")).catch((e: Problem) => [e.code, e.unanswered])).toEqual(["offline", true]);
  expect(await ok(api.GET("/api/v1/me")).catch((e: Problem) => [e.code, e.unanswered])).toEqual(["unreadable", true]);
});

it("a call waits while its person signs in again, and then is the same call", async () => {
  me.value = { id: "p" } as typeof me.value;
  const asked = answers(
    () => json(401, { code: "unauthorized" }),
    () => json(200, { id: "a" }),
  );
  const call = ok(api.POST("/api/v1/assignments/{id}/instruct", { params: { path: { id: "a" }, header: { "Idempotency-Key": "k1" } }, body: { text: "now" } }));
  await vi.waitUntil(() => renewing.value);
  expect(asked).toHaveLength(1);
  renewed(true);
  await nextTick();
  expect(await call).toEqual({ id: "a" });
  expect(await Promise.all(asked.map((r) => r.text()))).toEqual(['{"text":"now"}', '{"text":"now"}']);
  expect(asked.map((r) => r.headers.get("Idempotency-Key"))).toEqual(["k1", "k1"]);
});

it("without anybody signed in a 401 is a problem at once", async () => {
  answers(() => json(401, { code: "unauthorized" }));
  expect(await ok(api.GET("/api/v1/me")).catch((e: Problem) => e.code)).toBe("unauthorized");
});
