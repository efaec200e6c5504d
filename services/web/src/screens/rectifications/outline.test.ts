// What another office sees of a finding, an order and an inspection: what is in
// the outline, a word on whose it is, and nothing that asks for more.
import { VueQueryPlugin } from "@tanstack/vue-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createApp, type App, type Component } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { queries } from "../../queries";
import { i18n, useTexts } from "../../texts";
import InspectionPage from "../inspections/InspectionPage.vue";
import FindingPage from "./FindingPage.vue";
import RectificationPage from "./RectificationPage.vue";

let app: App | undefined;
let asked: string[] = [];

beforeEach(() => Promise.all([useTexts("rectifications"), useTexts("inspections")]));
afterEach(() => {
  app?.unmount();
  document.body.replaceChildren();
  queries.clear();
  asked = [];
  vi.unstubAllGlobals();
});

/** shown is a page, with what the API answers about the thing on it. */
async function shown(page: Component, answer: object): Promise<HTMLElement> {
  vi.stubGlobal("fetch", (r: Request) => {
    asked.push(new URL(r.url).pathname);
    return Promise.resolve(new Response(JSON.stringify(answer), { status: 200, headers: { "Content-Type": "application/json" } }));
  });
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/:id", component: page }] });
  await router.push("/x1");
  const root = document.body.appendChild(document.createElement("div"));
  app = createApp(page).use(i18n).use(router).use(VueQueryPlugin, { queryClient: queries });
  app.mount(root);
  await vi.waitFor(() => expect(root.querySelector("[role=note]")).not.toBeNull());
  return root;
}

const outline = { id: "x1", unit_id: "u1", unit_name: "东一村", office_id: "o1", office_name: "平县网信办", version: 3, open: false, may: {} };
const due = { due_at: "2026-09-30T15:59:59Z", original_due_at: "2026-09-30T15:59:59Z", light: "green" };
const told: [string, Component, object, string][] = [
  ["order", RectificationPage, { ...outline, ...due, number: "整改〔2026〕1号", issuer_id: "o1", issuer_name: "平县网信办", state: "ordered", suspended: false }, "整改〔2026〕1号"],
  ["finding", FindingPage, { ...outline, ...due, state: "open", found_at: "2026-09-14T01:00:00Z" }, "平县网信办登记的问题"],
  ["inspection", InspectionPage, { ...outline, state: "sent", kind: "spot", planned_on: "2026-09-14", checklist_id: "c1", checklist_title: "终端安全五项检查" }, "终端安全五项检查"],
];
it.each(told)("of an %s there is the outline", async (_, page, answer, name) => {
  const root = await shown(page, answer);
  expect(root.textContent).toContain(name);
  expect(root.textContent).toContain("东一村");
  expect(root.querySelector("[role=note]")?.textContent).toContain("平县网信办");
  // A key without a text, an empty label, a button.
  expect(root.textContent).not.toMatch(/undefined|severity|category|null/);
  expect([...root.querySelectorAll("h2, h3, section")].map((x) => x.textContent)).not.toContain("");
  expect(root.querySelectorAll("button")).toHaveLength(0);
  expect(asked).toHaveLength(1);
});
