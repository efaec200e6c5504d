// Every route, for somebody who uses it, at every width; and the states a page
// can be in.
import type { Page } from "@playwright/test";
import { assigned, name, unitOf } from "./county";
import { accessible, expect, fits, session, test } from "./test";

// The longest file: its tests go to whichever worker is free.
test.describe.configure({ mode: "parallel" });

const widths = [1920, 1280, 768, 390, 360];

async function first(account: string, path: string): Promise<string> {
  const l = (await (await (await session(account)).get(path)).json()) as { items: { id: string }[] };
  return l.items[0]!.id;
}

async function settled(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByText("正在加载")).toHaveCount(0);
}

/** The routes of each person of the demo; those of single things are looked up. */
const routes: Record<string, () => Promise<string[]>> = {
  wangxin: async () => {
    const campaign = await first("wangxin", "/api/v1/campaigns?q=宣传周");
    return [
      "/",
      "/assignments",
      "/campaigns",
      "/campaigns/new",
      "/campaigns/templates",
      `/campaigns/${campaign}`,
      `/progress?campaign_id=${campaign}`,
      "/assignments/burden",
      "/registers",
      "/review",
      "/extension-requests",
      "/notices",
      "/me",
      "/menu",
      "/password",
      "/no/such/page",
    ];
  },
  u370283d13: async () => {
    const requirements = [
      { kind: "number", title: "人数", measure: "人", compulsory: true },
      { kind: "text", title: "说明" },
      { kind: "document", title: "总结" },
      { kind: "photo", title: "照片", why: "核对" },
      { kind: "link", title: "链接" },
      {
        kind: "table",
        title: "台账",
        columns: [
          { key: "name", title: "名称", type: "text" },
          { key: "day", title: "日期", type: "day" },
        ],
      },
    ];
    return ["/", `/assignments/${await assigned(name("各类要求"), [await unitOf("u370283d13")], requirements)}`];
  },
  jiancha1: async () => {
    const [checklist, finding, order, sent] = [
      await first("jiancha1", "/api/v1/checklists?state=published"),
      await first("jiancha1", "/api/v1/findings?limit=1"),
      await first("jiancha1", "/api/v1/rectifications?limit=1"),
      await first("jiancha1", "/api/v1/inspections?state=sent&limit=1"),
    ];
    return [
      "/",
      "/inspections",
      "/inspections/plan",
      "/inspections/draws",
      `/inspections/${sent}`,
      "/checklists",
      "/checklists/new",
      `/checklists/${checklist}`,
      "/findings",
      `/findings/${finding}`,
      "/rollups/findings/numbers",
      "/rollups/findings/numbers?by=item",
      "/rectifications",
      `/rectifications/${order}`,
    ];
  },
  sysadmin: () => Promise.resolve(["/", "/menu", "/units", "/units?q=小学", "/people", "/codes", "/imports", "/system", "/sessions"]),
  secadmin: () => Promise.resolve(["/grants?role=inspector", "/policy"]),
  auditor: () => Promise.resolve(["/audit-entries", "/audit-entries/1"]),
};

for (const [who, paths] of Object.entries(routes)) {
  test(`every route of ${who} is accessible and fits at every width, also with text at 200 %`, async ({ as }) => {
    test.setTimeout(480_000);
    const page = await as(who);
    for (const path of await paths()) {
      await page.setViewportSize({ width: widths[0]!, height: 800 });
      await page.goto(path);
      for (const width of widths) {
        await page.setViewportSize({ width, height: 800 });
        await settled(page);
        await fits(page);
        if (width === 1280 || width === 360) await accessible(page);
      }
      await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
      await page.setViewportSize({ width: 1280, height: 800 });
      await settled(page);
      await fits(page);
    }
  });
}

test("what a person does not see says so, as what does not exist", async ({ as }) => {
  const page = await as("u370283d13");
  const others = await first("wangxin", "/api/v1/assignments?limit=1");
  for (const id of [others, "01985b2e-7c1a-7000-8000-000000000001"]) {
    await page.goto(`/assignments/${id}`);
    await expect(page.getByText("看不到该内容")).toBeVisible();
    await accessible(page);
  }
});

test("a page says when it cannot be fetched, and fetches when asked again", async ({ as }) => {
  const page = await as("wangxin");
  await page.route("**/api/v1/assignments?**", (r) =>
    r.fulfill({ status: 503, contentType: "application/problem+json", headers: { "Retry-After": "1" }, body: '{"status":503,"code":"away","title":"依赖的服务暂不可用"}' }),
  );
  await page.goto("/assignments");
  await expect(page.getByRole("alert").filter({ hasText: "依赖的服务暂不可用" })).toBeVisible({ timeout: 30_000 });
  await accessible(page);
  await page.unroute("**/api/v1/assignments?**");
  await page.getByRole("button", { name: "重试" }).click();
  await expect(page.getByRole("table", { name: "任务" })).toBeVisible();
});

test("a list shows page after page and keeps only what is near in the document", async ({ as }) => {
  const page = await as("wangxin");
  await page.goto("/assignments");
  await settled(page);
  const rows = page.getByRole("row");
  await expect(rows).toHaveCount(101);
  // Other tests make the list longer.
  const end = page.getByText("没有更多了");
  for (let i = 0; i < 30 && !(await end.isVisible()); i++) {
    await page.mouse.wheel(0, 30_000);
    await settled(page);
  }
  await expect(end).toBeVisible();
  const total = await page.evaluate(() => document.querySelectorAll("tbody").length);
  expect(total).toBeGreaterThanOrEqual(3);
  // A gap stands for the pages that are far away.
  await expect.poll(() => rows.count()).toBeLessThan(total * 100);
});

test("a campaign day by day: a table, and the chart when it is asked for", async ({ as }) => {
  const page = await as("wangxin");
  // The oldest is that of the demo; others have had no day yet.
  const { items } = (await (await (await session("wangxin")).get("/api/v1/campaigns?q=宣传周")).json()) as { items: { id: string }[] };
  await page.goto(`/progress?campaign_id=${items.at(-1)!.id}`);
  const days = page.getByRole("region", { name: "逐日进展" });
  await expect(days.getByRole("row").nth(2)).toBeVisible();
  await days.getByRole("button", { name: "显示走势图" }).click();
  await expect(days.getByRole("img", { name: /逐日进展走势图/ }).getByText("应完成")).toBeVisible();
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 800 });
  await fits(page);
});

test("filters live in the address, and the back button undoes them", async ({ as }) => {
  const page = await as("caizheng");
  await page.goto("/");
  await page.getByRole("navigation", { name: "待办数字" }).getByRole("link", { name: /逾期/ }).click();
  await expect(page).toHaveURL(/attention=overdue/);
  await expect(page.getByLabel("待办")).toHaveValue("overdue");
  await page.getByLabel("状态").selectOption("acknowledged");
  await expect(page).toHaveURL(/attention=overdue&state=acknowledged/);
  await expect(page.getByRole("cell", { name: "办理中" }).first()).toBeVisible();
  await expect(page.getByRole("cell", { name: "待签收" })).toHaveCount(0);
  await page.goBack();
  await expect(page.getByRole("heading", { name: "工作台" })).toBeVisible();
});

test("the keyboard alone: to the list, open a task, come back", async ({ as }) => {
  const page = await as("u370283d13");
  await page.goto("/");
  await settled(page);
  await expect(page.getByRole("heading", { name: "工作台" })).toBeFocused();
  await page.keyboard.press("Shift+Tab");
  const link = page.getByRole("navigation", { name: "导航" }).getByRole("link", { name: "任务" });
  for (let i = 0; i < 20 && !(await link.evaluate((e) => e === document.activeElement)); i++) await page.keyboard.press("Shift+Tab");
  await expect(link).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "任务" })).toBeFocused();
});

test("large text and English stay chosen", async ({ as }) => {
  const page = await as("chakan");
  await page.goto("/me");
  await page.getByLabel("大字模式").check();
  await page.getByRole("button", { name: "English" }).click();
  await expect(page.getByRole("heading", { name: "My account" })).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Large text")).toBeChecked();
  expect(await page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize))).toBe(20);
  await expect(page.getByRole("navigation", { name: "Navigation" }).first()).toBeVisible();
});
