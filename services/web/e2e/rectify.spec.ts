// A rectification from the finding to the close-out, by inspector and unit.
import { readFile } from "node:fs/promises";
import { drawn, uploaded } from "./county";
import { accessible, expect, fits, session, test } from "./test";

const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

let numbered = 0;

/** A finding of the unit of u370283d13, with a title of its own, recorded by an inspector. */
async function recorded(title: string, files: string[] = []): Promise<string> {
  const api = await session("jiancha1");
  const unit = ((await (await (await session("u370283d13")).get("/api/v1/me")).json()) as { unit: { id: string } }).unit.id;
  const r = await api.post("/api/v1/findings", { data: { unit_id: unit, title, category: "technical", severity: "ordinary", text: title, file_ids: files } });
  expect(r.status(), await r.text()).toBe(201);
  return ((await r.json()) as { id: string }).id;
}

test("finding, order, plan, report, verification, close-out", async ({ as }) => {
  test.setTimeout(180_000);
  const title = `口令过短${process.pid}-${++numbered}`;
  const finding = await recorded(title);
  const inspector = await as("jiancha1");
  await inspector.goto("/findings?state=open&category=technical");
  await fits(inspector);
  await accessible(inspector);
  await inspector.goto(`/findings/${finding}`);
  await inspector.getByRole("button", { name: "下达整改通知" }).click();
  let dialog = inspector.getByRole("dialog", { name: /下达整改通知/ });
  await dialog.getByLabel("期限（工作日）").fill("10");
  await dialog.getByLabel("整改要求").fill("重设口令");
  await accessible(inspector);
  await fits(inspector);
  await dialog.getByRole("button", { name: "下达整改通知" }).click();
  await expect(inspector).toHaveURL(/\/rectifications\/[0-9a-f-]{36}$/);
  const path = new URL(inspector.url()).pathname;
  await expect(inspector.getByText("待签收", { exact: true })).toBeVisible();
  await fits(inspector);
  await accessible(inspector);

  const unit = await as("u370283d13");
  await unit.goto(path);
  await unit.getByRole("button", { name: "签收" }).click();
  await expect(unit.getByText("已签收", { exact: true })).toBeVisible();
  const plan = unit.getByRole("region", { name: "制定整改方案" });
  await plan.getByRole("button", { name: "填写方案" }).click();
  await plan.getByLabel("措施 1").fill("重设开机口令");
  await plan.getByLabel("责任人").fill("王强");
  await accessible(unit);
  await fits(unit);
  await plan.getByRole("button", { name: "提交方案" }).click();
  await unit.getByRole("button", { name: "完成：重设开机口令" }).click();
  await unit.getByRole("dialog", { name: "重设开机口令" }).getByRole("button", { name: "完成" }).click();
  await expect(unit.getByRole("region", { name: "整改方案", exact: true }).getByText(/✓/)).toBeVisible();

  const report = unit.getByRole("region", { name: "整改报告" });
  await report.getByRole("button", { name: "填写报告" }).click();
  await report.getByLabel(/选择文件：整改后/).setInputFiles({ name: "整改后.png", mimeType: "image/png", buffer: png });
  await expect(report.getByRole("img", { name: "整改后.png" })).toBeVisible();
  await report.getByLabel("整改情况说明").fill("口令已重设");
  await accessible(unit);
  await fits(unit);
  await report.getByRole("button", { name: "报送" }).click();
  await expect(unit.locator("#content").getByText("已报送", { exact: true })).toBeVisible();

  // The inspector's page was open all the while: the stream brings the report.
  await inspector.getByRole("button", { name: "开始复查" }).click();
  const verify = inspector.getByRole("region", { name: "复查", exact: true }).filter({ has: inspector.getByRole("radio") });
  await expect(inspector.getByText("口令已重设")).toBeVisible();
  await expect(inspector.getByRole("region", { name: "整改前后" }).getByRole("img", { name: "整改后.png" })).toBeVisible();
  await verify.getByRole("radio", { name: "已整改" }).check();
  await accessible(inspector);
  await fits(inspector);
  await verify.getByRole("button", { name: "销号" }).click();
  await expect(inspector.getByText("已整改到位").first()).toBeVisible();
  const now = (await (await (await session("jiancha1")).get(`/api/v1${path}`)).json()) as { state: string; outcome: string };
  expect([now.state, now.outcome]).toEqual(["closed", "fixed"]);

  // A look-back opens it again.
  await inspector.getByRole("button", { name: "重新整改" }).click();
  dialog = inspector.getByRole("dialog", { name: "重新整改" });
  await dialog.getByLabel("发现的情况").fill("又改回原口令");
  await accessible(inspector);
  await dialog.getByRole("button", { name: "重新整改" }).click();
  await expect(inspector.getByText("又改回原口令").first()).toBeVisible();
});

test("registers and their filters", async ({ as }) => {
  const page = await as("jiancha1");
  for (const path of ["/rectifications", "/rectifications?state=closed", "/findings?relapse=true", "/findings?severity=major", "/rectifications/00000000-0000-7000-8000-000000000000"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByText("正在加载")).toHaveCount(0);
    await fits(page);
    await accessible(page);
  }
  await expect(page.getByRole("alert").filter({ hasText: "看不到该内容" })).toBeVisible();
});

test("the inspected unit sees the picture that shows the finding", async ({ as }) => {
  const unit = await as("u370283d13");
  await unit.goto("/");
  const picture = await uploaded("jiancha1", { name: "检查现场.jpg", buffer: await drawn(unit, Date.now() % 1_000_000) });
  const finding = await recorded(`杀毒软件过期${process.pid}-${++numbered}`, [picture]);
  const api = await session("u370283d13");
  // The evidence service hears of the finding a moment later.
  await expect.poll(async () => (await api.get(`/api/v1/files/${picture}`)).status()).toBe(200);
  await unit.goto(`/findings/${finding}`);
  const shown = unit.getByRole("img", { name: "检查现场.jpg" });
  await expect(shown).toBeVisible();
  await expect.poll(() => shown.evaluate((e) => (e as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
  await expect(unit.getByText(/不在您的可见范围内/)).toHaveCount(0);
});

// Offices file paper: one order, the lists the filters select, and all orders in one go.
test("documents are fetched as Word and Excel", async ({ as }) => {
  test.setTimeout(120_000);
  const page = await as("jiancha1");
  const api = await session("jiancha1");
  const order = ((await (await api.get("/api/v1/rectifications?limit=1")).json()) as { items: { id: string }[] }).items[0]!.id;
  const got = async (name: RegExp): Promise<[string, string]> => {
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
    const bytes = await readFile(await file.path());
    return [file.suggestedFilename(), bytes.subarray(0, 2).toString("latin1")];
  };
  await page.goto(`/rectifications/${order}`);
  await page.getByText("导出文书").click();
  await accessible(page);
  await fits(page);
  expect(await got(/整改通知书，Word/)).toEqual([expect.stringMatching(/\.docx$/), "PK"]);
  expect(await got(/整改通知书，Excel/)).toEqual([expect.stringMatching(/\.xlsx$/), "PK"]);
  await page.goto("/findings?state=closed");
  await page.getByText("导出文书").click();
  expect(await got(/问题整改台账，Excel/)).toEqual([expect.stringMatching(/\.xlsx$/), "PK"]);
  await page.goto("/rectifications");
  await page.getByText("导出文书").click();
  await accessible(page);
  await fits(page);
  expect(await got(/责任清单，Word/)).toEqual([expect.stringMatching(/\.docx$/), "PK"]);
  await page.getByRole("button", { name: "全部整改通知书" }).click();
  expect(await got(/下载\d+份整改通知书/)).toEqual([expect.stringMatching(/\.zip$/), "PK"]);
});
