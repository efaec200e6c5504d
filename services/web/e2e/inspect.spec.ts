// The inspector's job: from the open page to the finding that is sent, with the
// taps the figures of the design allow, and without a line.
import type { Locator, Page } from "@playwright/test";
import { accessible, expect, fits, installed, session, test } from "./test";

const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const photo = (name: string) => ({ name, mimeType: "image/png", buffer: png });

interface Finding {
  title: string;
  file_ids: string[];
  inspection_id?: string;
}

async function findingsOf(inspection: string): Promise<Finding[]> {
  const api = await session("jiancha1");
  return ((await (await api.get(`/api/v1/findings?inspection_id=${inspection}`)).json()) as { items: Finding[] }).items;
}

/** A way of the navigation, wherever the size of the window puts it. */
const way = (page: Page, name: string): Locator => page.getByRole("navigation", { name: "导航" }).getByRole("link", { name, exact: true }).filter({ visible: true });

/** The first item of the checklist that stands in the page. */
const firstItem = (page: Page): Locator =>
  page
    .getByRole("listitem")
    .filter({ has: page.getByRole("button", { name: "不符合" }) })
    .first();

/** Has the inspector use the checklist of terminals from now on, as for the units before. */
async function terminals(page: Page): Promise<void> {
  await page.goto("/inspections");
  await page.getByLabel("检查表").selectOption({ label: "终端安全五项检查" });
}

test("inspector: open to finding sent in at most 7 taps", async ({ as, isMobile }) => {
  const page = await as("jiancha1");
  await terminals(page);
  await page.goto("/");
  let taps = 0;
  const tap = async (l: Locator): Promise<void> => {
    taps++;
    await l.click();
  };
  await tap(way(page, "检查"));
  const unit = page.getByRole("searchbox", { name: "被检查单位" });
  await tap(unit);
  await unit.fill("档案");
  await fits(page);
  await accessible(page);
  await tap(page.getByRole("list", { name: "找到的单位" }).getByRole("button").first());
  await expect(page).toHaveURL(/\/inspections\/[0-9a-f-]{36}$/);
  const inspection = page.url().split("/").pop()!;
  const item = firstItem(page);
  await fits(page);
  await accessible(page);
  await tap(item.getByRole("button", { name: "不符合" }));
  taps++;
  await item.getByLabel(/^拍摄：/).setInputFiles(photo("现场.png"));
  await expect(item.getByRole("img", { name: "现场.png" })).toBeVisible();
  await fits(page);
  await accessible(page);
  await tap(page.getByRole("button", { name: /其余 \d+ 项符合/ }));
  await tap(page.getByRole("button", { name: "送出" }));
  await expect(page.getByRole("status").filter({ hasText: "登记问题 1 个" })).toBeVisible();
  await fits(page);
  await accessible(page);
  console.log(`figure: open to finding sent, ${isMobile ? "phone" : "desktop"}: ${taps} taps (at most 7)`);
  expect(taps).toBeLessThanOrEqual(7);
  const found = await findingsOf(inspection);
  expect(found).toHaveLength(1);
  expect(found[0]!.file_ids).toHaveLength(1);
});

test("inspector: without a line everything is kept and sent exactly once", async ({ as }) => {
  const page = await as("jiancha1", installed);
  await terminals(page);
  const unit = page.getByRole("searchbox", { name: "被检查单位" });
  await unit.fill("教育");
  await page.getByRole("list", { name: "找到的单位" }).getByRole("button").first().click();
  const item = firstItem(page);
  await expect(item).toBeVisible();
  const inspection = page.url().split("/").pop()!;
  await page.context().setOffline(true);
  await item.getByRole("button", { name: "不符合" }).click();
  await item.getByLabel("发现的情况").fill("口令写在显示器上");
  await item.getByLabel("发现的情况").blur();
  await item.getByLabel(/^拍摄：/).setInputFiles(photo("离线.png"));
  await page.getByRole("button", { name: /其余 \d+ 项符合/ }).click();
  await page.getByRole("button", { name: "送出" }).click();
  await expect(page.getByRole("status").filter({ hasText: /照片正在上传|联网后自动送出/ })).toBeVisible();
  await accessible(page);
  // Nothing has reached the server, and a device that is switched off loses nothing.
  expect((await (await session("jiancha1")).get(`/api/v1/inspections/${inspection}`)).status()).toBe(404);
  const sends: string[] = [];
  page.on("request", (r) => r.url().endsWith("/send") && sends.push(r.url()));
  await page.context().setOffline(false);
  await page.reload();
  await expect(page.getByRole("status").filter({ hasText: "登记问题 1 个" })).toBeVisible();
  expect(sends).toHaveLength(1);
  const found = await findingsOf(inspection);
  expect(found).toHaveLength(1);
  expect(found[0]!.file_ids).toHaveLength(1);
  await page.goto("/inspections");
  await expect(page.getByRole("region", { name: "本机未完成" })).toHaveCount(0);
});

test("inspector: what is missing is said before sending, devices are checked one by one", async ({ as }) => {
  const page = await as("jiancha1");
  await terminals(page);
  await page.getByRole("searchbox", { name: "被检查单位" }).fill("财政");
  await page.getByRole("list", { name: "找到的单位" }).getByRole("button").first().click();
  await page.getByRole("button", { name: "添加设备" }).click();
  await page.getByLabel("名称").fill("内网终端");
  await accessible(page);
  await page.getByRole("button", { name: "添加设备" }).last().click();
  const device = page.getByRole("region", { name: "内网终端" });
  await expect(device).toBeVisible();
  await page.getByRole("button", { name: "送出" }).click();
  await expect(page.getByRole("alert").filter({ hasText: /还有 \d+ 项需要补充/ })).toBeVisible();
  await accessible(page);
  await device.getByRole("button", { name: "不适用" }).first().click();
  await expect(page.getByText("已保存", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "取消检查" }).click();
  const dialog = page.getByRole("dialog", { name: "取消检查" });
  await dialog.getByLabel("理由").fill("演练");
  await accessible(page);
  await dialog.getByRole("button", { name: "取消检查" }).click();
  await expect(page.getByText("已取消", { exact: true })).toBeVisible();
  await page.goto("/inspections?state=cancelled");
  await fits(page);
  await accessible(page);
});

test("somebody who may not inspect is told so", async ({ as }) => {
  const page = await as("sysadmin");
  await page.goto("/inspections");
  await expect(page.getByText("不在您的权限范围内")).toBeVisible();
  await accessible(page);
});
