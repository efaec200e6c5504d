import { QueryClient, VueQueryPlugin } from "@tanstack/vue-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createApp, type App } from "vue";
import { i18n, useTexts } from "../../texts";
import CaseActions from "./CaseActions.vue";
import CasePlan from "./CasePlan.vue";
import type { Case } from "./useCase";

let app: App | undefined;
let sent: Request[] = [];

beforeEach(() => useTexts("rectifications"));
afterEach(() => {
  app?.unmount();
  document.body.replaceChildren();
  sent = [];
  vi.unstubAllGlobals();
});

/** shown is a part of the page of an order that one may do `may` to. */
function shown(part: typeof CaseActions | typeof CasePlan, may: string[], more: Partial<Case> = {}): HTMLElement {
  vi.stubGlobal("fetch", (r: Request) => {
    sent.push(r.clone());
    return Promise.resolve(new Response("{}", { status: 200, headers: { "Content-Type": "application/json" } }));
  });
  const item = { id: "r1", version: 7, due_at: "2026-09-30T15:59:59Z", may: Object.fromEntries(may.map((m) => [m, true])), extensions: [], measures: [], stages: [], ...more } as unknown as Case;
  const root = document.body.appendChild(document.createElement("div"));
  app = createApp(part, { item }).use(i18n);
  app.use(VueQueryPlugin, { queryClient: new QueryClient() });
  app.mount(root);
  return root;
}

const button = (name: string, within: ParentNode = document.body): HTMLButtonElement | undefined =>
  [...within.querySelectorAll("button")].find((b) => (b.getAttribute("aria-label") ?? b.textContent ?? "").trim() === name);
async function fill(name: string, value: string): Promise<void> {
  const field = await vi.waitFor(() => {
    const label = [...document.querySelectorAll("label")].find((l) => l.textContent?.includes(name));
    const found = label && document.getElementById(label.htmlFor);
    if (!found) throw new Error(`no field ${name}`);
    return found as HTMLInputElement;
  });
  field.value = value;
  field.dispatchEvent(new Event("input"));
}
async function answered(path: string): Promise<unknown> {
  const r = await vi.waitFor(() => {
    if (!sent[0]) throw new Error("nothing was sent");
    return sent[0];
  });
  expect(new URL(r.url).pathname).toBe(`/api/v1/rectifications/r1${path}`);
  expect(r.headers.get("If-Match")).toBe('"7"');
  return r.json();
}

it("offers what one may do, and nothing else", () => {
  const root = shown(CaseActions, ["sign_off", "bounce"]);
  expect([...root.querySelectorAll("button")].map((b) => b.textContent?.trim())).toEqual(["领导签字", "退回（不属本单位）"]);
});

it.each([
  ["sign_off", "领导签字", "签字意见", "/sign-off", { note: "属实" }],
  ["approve_plan", "退回方案", "方案哪里不行", "/decide-plan", { approve: false, answer: "属实" }],
  ["apply_close_out", "申请销号", "销号申请", "/apply-close-out", { text: "属实" }],
  ["bounce", "退回（不属本单位）", "为什么不属于本单位", "/bounce", { reason: "属实" }],
  ["settle", "裁定归属", "裁定理由", "/settle", { reason: "属实" }],
])("%s is sent at the version that is shown", async (may, action, label, path, body) => {
  const root = shown(CaseActions, [may]);
  button(action, root)!.click();
  await fill(label, "属实");
  [...document.querySelectorAll("button")]
    .filter((b) => b.textContent?.trim() === action)
    .at(-1)!
    .click();
  expect(await answered(path)).toEqual(body);
});

it("tells how far a measure is", async () => {
  const measures = [{ id: "m1", text: "装杀毒", due_at: "2026-09-20T15:59:59Z", percent: 40, progress: [], dropped: false }] as unknown as Case["measures"];
  const root = shown(CasePlan, ["plan"], { measures });
  expect(root.textContent).toContain("40%");
  button("报进展：装杀毒", root)!.click();
  await fill("完成到百分之几", "60");
  await fill("说明", "已采购");
  [...document.querySelectorAll("button")]
    .filter((b) => b.textContent?.trim() === "报进展")
    .at(-1)!
    .click();
  expect(await answered("/measures/m1/progress")).toEqual({ percent: 60, note: "已采购" });
});
