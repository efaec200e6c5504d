// What every test uses: pages signed in as somebody of the demo county.
import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect, request, type APIRequestContext, type Browser, type BrowserContext, type Page } from "@playwright/test";
import type { Server } from "./server";

/** server is the one of this worker. */
export const server = (): Server => (JSON.parse(process.env["E2E"] ?? "[]") as Server[])[Number(process.env["TEST_PARALLEL_INDEX"] ?? 0)]!;

const sessions = new Map<string, Awaited<ReturnType<APIRequestContext["storageState"]>>>();

/** session signs somebody in once for all tests. */
export async function session(account: string): Promise<APIRequestContext> {
  const known = sessions.get(account);
  const api = await request.newContext({ baseURL: server().url, ...(known ? { storageState: known } : {}) });
  if (known) return api;
  const r = await api.post("/api/v1/sessions", { data: { account, password: server().people[account] } });
  expect(r.status(), `${account} signs in: ${await r.text()}`).toBe(201);
  sessions.set(account, await api.storageState());
  return api;
}

type As = (account: string, options?: Parameters<Browser["newContext"]>[0]) => Promise<Page>;

/** Options of a device that keeps the program for use without a network. */
export const installed = { serviceWorkers: "allow" } as const;

/** test gives `as`, which opens a page as somebody; a fault in a page's script fails the test. */
export const test = base.extend<{ as: As; faults: string[] }>({
  faults: async ({}, use) => {
    const faults: string[] = [];
    await use(faults);
    expect(faults, "faults in the pages").toEqual([]);
  },
  as: async ({ browser, viewport, hasTouch, isMobile, faults }, use) => {
    const open: BrowserContext[] = [];
    await use(async (account, options) => {
      await (await session(account)).dispose();
      const context = await browser.newContext({
        baseURL: server().url,
        locale: "zh-CN",
        timezoneId: "Asia/Shanghai",
        viewport,
        hasTouch,
        isMobile,
        storageState: sessions.get(account)!,
        // Every page of a test is a new device: each would fetch all of the
        // program for use without a network, and play every transition.
        serviceWorkers: "block",
        reducedMotion: "reduce",
        ...options,
      });
      open.push(context);
      const page = await context.newPage();
      watch(page, faults);
      return page;
    });
    for (const c of open) await c.close();
  },
});

/** watch notes what goes wrong in a page: its scripts, and what its policy forbids. */
export function watch(page: Page, faults: string[]): void {
  page.on("pageerror", (e) => faults.push(String(e)));
  page.on("console", (m) => {
    if (m.type() === "error" && /Content Security Policy|Uncaught|\[Vue|\[intlify/.test(m.text())) faults.push(m.text());
  });
}

/** accessible fails at a serious or critical violation of WCAG 2.1 A and AA. */
export async function accessible(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]).analyze();
  const bad = found.violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  expect(
    bad.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" | ")}`),
    page.url(),
  ).toEqual([]);
}

/** fits fails where a page can be scrolled sideways. */
export async function fits(page: Page): Promise<void> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over, `${page.url()} is wider than the window by`).toBeLessThanOrEqual(0);
}

export { expect };
