import { QueryClient, VueQueryPlugin } from "@tanstack/vue-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createApp, type App } from "vue";
import { i18n, useTexts } from "../../texts";
import type { Inspection } from "./answers";
import SentActions from "./SentActions.vue";

let app: App | undefined;
beforeEach(() => useTexts("inspections"));
afterEach(() => {
  app?.unmount();
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

function shown(may: string[]): HTMLButtonElement[] {
  const inspection = { id: "i1", version: 3, may: Object.fromEntries(may.map((m) => [m, true])) } as unknown as Inspection;
  const root = document.body.appendChild(document.createElement("div"));
  app = createApp(SentActions, { inspection }).use(i18n);
  app.use(VueQueryPlugin, { queryClient: new QueryClient() });
  app.mount(root);
  return [...root.querySelectorAll("button")];
}

it("offers the unit its answer, and others theirs", () => {
  expect(shown(["respond"]).map((b) => b.textContent?.trim())).toEqual(["确认结果", "提出异议"]);
  app!.unmount();
  expect(shown(["decide_objection", "amend"]).map((b) => b.textContent?.trim())).toEqual(["异议成立", "异议不成立", "补记"]);
});

it("takes up what failed in a self-check with one click", async () => {
  const asked = vi.fn((_: Request) => Promise.resolve(new Response('{"recorded":2}', { status: 200, headers: { "Content-Type": "application/json" } })));
  vi.stubGlobal("fetch", asked);
  shown(["record_findings"])[0]!.click();
  await vi.waitFor(() => expect(asked).toHaveBeenCalledOnce());
  expect(new URL(asked.mock.calls[0]![0].url).pathname).toBe("/api/v1/inspections/i1/record-findings");
});

it.each([
  ["respond", "提出异议", "/object", { text: "属实" }],
  ["decide_objection", "异议不成立", "/decide-objection", { uphold: false, answer: "属实" }],
  ["amend", "补记", "/amend", { text: "属实" }],
])("%s: %s is sent with what was said, and not without", async (may, action, path, body) => {
  const sent: Request[] = [];
  vi.stubGlobal("fetch", (r: Request) => {
    sent.push(r.clone());
    return Promise.resolve(new Response("{}", { status: 200, headers: { "Content-Type": "application/json" } }));
  });
  shown([may])
    .find((b) => b.textContent?.trim() === action)!
    .click();
  const field = await vi.waitFor(() => {
    const found = document.querySelector("textarea");
    if (!found) throw new Error("no field");
    return found;
  });
  const send = (): void =>
    [...document.querySelectorAll("button")]
      .filter((b) => b.textContent?.trim() === action)
      .at(-1)!
      .click();
  send();
  await vi.waitFor(() => expect(document.querySelector("[role=alert]")).toBeTruthy());
  expect(sent).toEqual([]);
  field.value = "属实";
  field.dispatchEvent(new Event("input"));
  send();
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(new URL(sent[0]!.url).pathname).toBe(`/api/v1/inspections/i1${path}`);
  expect(await sent[0]!.json()).toEqual(body);
});
