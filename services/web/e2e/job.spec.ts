// The main job, clicked through by office, town and unit, on a desktop and a
// phone; with the clicks the figures of the design allow.
import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import { assigned, name, picture, today, unitOf } from "./county";
import { accessible, expect, fits, server, session, test, watch } from "./test";

/** Clicks counts what a person taps. */
class Clicks {
  count = 0;
  async on(l: Locator): Promise<void> {
    this.count++;
    await l.click();
  }
  /** A tap into the field, then typing. */
  async type(l: Locator, text: string): Promise<void> {
    this.count++;
    await l.fill(text);
  }
  async choose(page: Page, label: string, file: ReturnType<typeof picture>): Promise<void> {
    this.count++;
    await page.getByLabel(label).setInputFiles(file);
  }
}

const number = { kind: "number", title: "参加人数", compulsory: true, measure: "人" };
const photo = { kind: "photo", title: "现场照片", compulsory: true, why: "核对现场布置" };

test("office: from a template to a hundred units in at most 8 clicks", async ({ as, isMobile }) => {
  const page = await as("wangxin");
  const clicks = new Clicks();
  await page.goto("/");
  const ways = page.getByRole("navigation", { name: "导航" }).filter({ visible: true });
  await clicks.on(ways.getByRole("link", { name: "专项行动" }));
  await clicks.on(page.getByRole("link", { name: "新建专项行动" }));
  await clicks.on(page.getByRole("radio", { name: /网络安全宣传周/ }));
  await accessible(page);
  await clicks.on(page.getByRole("button", { name: "创建并预演" }));
  const issue = page.getByRole("button", { name: /下发 \d+ 项任务/ });
  await expect(issue).toBeEnabled();
  await fits(page);
  await accessible(page);
  expect(Number(/\d+/.exec((await issue.textContent()) ?? "")?.[0])).toBeGreaterThanOrEqual(100);
  await clicks.on(issue);
  await clicks.on(page.getByRole("dialog", { name: "下发" }).getByRole("button", { name: "下发" }));
  await expect(page.getByRole("navigation", { name: "汇总" })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText("进行中", { exact: true })).toBeVisible();
  // The matrix opens a level.
  if (isMobile) {
    const town = page.getByRole("list", { name: "单位 × 任务" }).getByRole("group").filter({ hasText: "东阁街道" });
    await town.getByText("东阁街道", { exact: true }).click();
    await town.getByRole("button", { name: "查看东阁街道下级" }).click();
  } else {
    await page.getByRole("button", { name: "东阁街道 ›" }).click();
  }
  await expect(page.getByRole("navigation", { name: "层级" }).getByRole("button", { name: "东阁街道" })).toBeVisible();
  await fits(page);
  await accessible(page);
  console.log(`figure: template to 100 units, ${isMobile ? "phone" : "desktop"}: ${clicks.count} clicks (at most 8)`);
  expect(clicks.count).toBeLessThanOrEqual(8);
  // Tidy: what other tests count must not change with this one.
  await page.getByRole("button", { name: "取消", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "取消" });
  await dialog.getByLabel("说明").fill("演练");
  await dialog.getByRole("button", { name: "取消" }).first().click();
  await expect(page.getByText("已取消", { exact: true })).toBeVisible();
});

test("unit: sign in and submit evidence with a picture in at most 6 taps, then the office approves with a key", async ({ browser, viewport, hasTouch, isMobile, faults, as }) => {
  const title = name("报送现场");
  const id = await assigned(title, [await unitOf("u370283d13")], [photo]);
  const context = await browser.newContext({ baseURL: server().url, viewport, hasTouch, isMobile, locale: "zh-CN" });
  const page = await context.newPage();
  watch(page, faults);
  const clicks = new Clicks();
  await page.goto("/");
  await clicks.type(page.getByLabel("账号"), "u370283d13");
  await clicks.type(page.getByLabel("密码"), server().people["u370283d13"]!);
  await clicks.on(page.getByRole("button", { name: "登录" }));
  await clicks.on(page.getByRole("link", { name: new RegExp(title) }).first());
  await clicks.choose(page, "拍摄：现场照片", picture());
  await expect(page.getByRole("button", { name: /移除现场.*png/ })).toBeVisible();
  await fits(page);
  await accessible(page);
  await clicks.on(page.getByRole("button", { name: "报送", exact: true }));
  await expect(page.getByText("已报送，等待审核。")).toBeVisible();
  console.log(`figure: sign in to submitted, ${isMobile ? "phone" : "desktop"}: ${clicks.count} taps (at most 6)`);
  expect(clicks.count).toBeLessThanOrEqual(6);
  await context.close();

  const office = await as("wangxin");
  await office.goto(`/review/${id}`);
  await expect(office.getByRole("region", { name: "现场照片" }).getByRole("img", { name: /现场.*png/ })).toBeVisible();
  await expect(office.getByRole("button", { name: /通过/ })).toBeVisible();
  await fits(office);
  await accessible(office);
  await office.keyboard.press("a");
  await expect(office.getByRole("status").filter({ hasText: "已通过" })).toBeVisible();
  const after = (await (await (await session("wangxin")).get(`/api/v1/assignments/${id}`)).json()) as { state: string };
  expect(after.state).toBe("approved");
});

test("office returns with a reason, the unit mends it and submits again", async ({ as }) => {
  const title = name("班会情况");
  const id = await assigned(title, [await unitOf("u370283d13")], [number]);
  const unit = await as("u370283d13");
  await unit.goto(`/assignments/${id}`);
  await unit.getByRole("button", { name: "签收" }).click();
  await expect(unit.getByText("办理中", { exact: true })).toBeVisible();
  await unit.getByLabel("参加人数").fill("26");
  await unit.getByRole("button", { name: "报送", exact: true }).click();
  await expect(unit.getByText("已报送，等待审核。")).toBeVisible();

  const office = await as("wangxin");
  await office.goto(`/review/${id}`);
  await expect(office.getByRole("button", { name: /退回/ })).toBeVisible();
  await office.keyboard.press("r");
  const dialog = office.getByRole("dialog", { name: "退回" });
  await expect(dialog).toBeVisible();
  await accessible(office);
  await dialog.getByRole("button", { name: "退回" }).click();
  await expect(dialog.getByRole("alert").filter({ hasText: "请填写理由" })).toBeVisible();
  await dialog.getByLabel("数据有误").check();
  await dialog.getByRole("button", { name: "退回" }).click();
  await expect(dialog).toBeHidden();

  // The unit's page was open all the while: the stream brings the return.
  await expect(unit.getByText("数据有误").first()).toBeVisible();
  await expect(unit.getByLabel("参加人数")).toHaveValue("26");
  await unit.getByLabel("参加人数").fill("260");
  await unit.getByRole("button", { name: "报送", exact: true }).click();
  await expect(unit.getByText("待审核", { exact: true })).toBeVisible();
  const s = (await (await (await session("wangxin")).get(`/api/v1/submissions?target=assignment&target_id=${id}`)).json()) as { items: { number: number; state: string }[] };
  expect(s.items.map((x) => [x.number, x.state])).toEqual([
    [2, "sealed"],
    [1, "returned"],
  ]);
});

test("unit: what was given before is taken over, a table goes down and up as a workbook", async ({ as }) => {
  const people = { kind: "number", title: name("受训人数"), compulsory: true, measure: "人" };
  const ledger = {
    kind: "table",
    title: name("设备台账"),
    columns: [
      { key: "device", title: "设备", type: "text", required: true },
      { key: "count", title: "台数", type: "number" },
    ],
  };
  const unit = await unitOf("u370283d13");
  const first = await assigned(name("先报"), [unit], [people, ledger]);
  const api = await session("u370283d13");
  const draft = (await (await api.post("/api/v1/submissions", { data: { target: "assignment", target_id: first } })).json()) as { id: string; requirements: { id: string }[] };
  for (const [i, data] of [{ value: 26 }, { rows: [{ device: "交换机", count: 3 }] }].entries()) {
    const put = await api.put(`/api/v1/submissions/${draft.id}/items/${draft.requirements[i]!.id}`, { data });
    expect(put.status(), await put.text()).toBe(200);
  }
  expect((await api.post(`/api/v1/submissions/${draft.id}/seal`)).status()).toBe(200);

  const page = await as("u370283d13");
  await page.goto(`/assignments/${await assigned(name("再报"), [unit], [people, ledger])}`);
  const item = (title: string): Locator =>
    page
      .getByRole("listitem")
      .filter({ hasText: title })
      .filter({ has: page.getByText(/必填|选填/) });
  await expect(item(people.title).getByText(/已报送过：26 人/)).toBeVisible();
  await accessible(page);
  await fits(page);
  await item(people.title).getByRole("button", { name: "引用" }).click();
  await expect(item(people.title).getByText(/引用自/)).toBeVisible();
  await expect(page.getByLabel(people.title)).toHaveValue("26");

  // The empty sheet has nothing to take in, and says so.
  const down = page.getByRole("button", { name: `下载表格：${ledger.title}` });
  const up = page.getByLabel(`上传填好的表格：${ledger.title}`);
  const save = async (): Promise<string> => {
    const [file] = await Promise.all([page.waitForEvent("download"), down.click()]);
    return file.path();
  };
  const empty = await save();
  await up.setInputFiles({ name: "空表.xlsx", mimeType: "", buffer: await readFile(empty) });
  await expect(item(ledger.title).getByRole("alert")).toContainText("第 2 行");
  await item(ledger.title).getByRole("button", { name: "引用" }).click();
  await expect(page.getByLabel("设备", { exact: true })).toHaveValue("交换机");
  const full = await save();
  await page.getByLabel("台数").fill("9");
  await page.getByLabel("台数").blur();
  await expect(item(ledger.title).getByText(/引用自/)).toBeHidden();
  await up.setInputFiles({ name: "台账.xlsx", mimeType: "", buffer: await readFile(full) });
  await expect(page.getByLabel("台数")).toHaveValue("3");
  await page.getByRole("button", { name: "报送", exact: true }).click();
  await expect(page.getByText("已报送，等待审核。")).toBeVisible();
});

test("town: acknowledge, delegate to villages by name, ask for an extension, report progress", async ({ as }) => {
  const title = name("镇街排查");
  await assigned(title, [await unitOf("t370283001")], [number]);
  const page = await as("t370283001");
  await page.goto("/");
  await page
    .getByRole("link", { name: new RegExp(title) })
    .first()
    .click();
  await page.getByRole("button", { name: "签收" }).click();
  await page.getByRole("button", { name: "分解转办" }).click();
  let dialog = page.getByRole("dialog", { name: "分解转办" });
  await dialog.getByRole("button", { name: "从单位树选择" }).click();
  const tree = dialog.getByRole("list", { name: "转办给" });
  await tree.getByRole("button").first().click();
  await tree.getByRole("button").nth(1).click();
  await accessible(page);
  await fits(page);
  await dialog.getByRole("button", { name: "分解转办" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("link", { name: "下级未办结 2" })).toBeVisible();

  await page.getByRole("button", { name: "报告进展" }).click();
  dialog = page.getByRole("dialog", { name: "报告进展" });
  await dialog.getByLabel("进展情况").fill("已排查一半");
  await dialog.getByLabel("进度").fill("50");
  await dialog.getByRole("button", { name: "报告进展" }).click();
  await expect(page.getByText("已排查一半")).toBeVisible();

  await page.getByRole("button", { name: "申请延期" }).click();
  dialog = page.getByRole("dialog", { name: "申请延期" });
  await dialog.getByLabel("延期理由").fill("村庄较多");
  await dialog.getByLabel("截止日期").fill(today(14));
  await dialog.getByRole("button", { name: "申请延期" }).click();
  await expect(dialog).toBeHidden();

  const office = await as("wangxin");
  await office.goto("/extension-requests?to_decide=true");
  const row = office.getByRole("listitem").or(office.getByRole("row")).filter({ hasText: title });
  await row.getByRole("button", { name: "批准延期" }).click();
  await accessible(office);
  await office.getByRole("dialog", { name: "批准延期" }).getByRole("button", { name: "批准延期" }).click();
  await expect(row).toHaveCount(0);
  // The town's page follows.
  await expect(page.getByText(/^原定 \d/)).toBeVisible();
});

test("office: from the workbench urge everyone overdue in at most 3 clicks, with a preview", async ({ as, isMobile }) => {
  const page = await as("caizheng");
  const clicks = new Clicks();
  await page.goto("/");
  await clicks.on(page.getByRole("button", { name: "催办逾期单位" }));
  const dialog = page.getByRole("dialog", { name: "催办" });
  const send = dialog.getByRole("button", { name: /催办 \d+ 项/ });
  await expect(dialog.getByText("财政系统网络安全专项检查")).toBeVisible();
  await accessible(page);
  await fits(page);
  // The other size has urged them already: nobody is urged twice in a day.
  if (isMobile) await clicks.on(dialog.getByRole("radio", { name: "未报送", exact: true }));
  await expect(send).toBeEnabled();
  await clicks.on(send);
  await expect(page.getByText(/已催办 \d+ 项/)).toBeVisible();
  console.log(`figure: workbench to everyone overdue urged, ${isMobile ? "phone" : "desktop"}: ${clicks.count} clicks (at most 3)`);
  expect(clicks.count).toBeLessThanOrEqual(3);
});

test("leader: who is late and why in at most 2 clicks from the workbench", async ({ as, isMobile }) => {
  const page = await as("lingdao");
  const clicks = new Clicks();
  await page.goto("/");
  // Who: the rows of the workbench. Why: the history of one of them.
  await clicks.on(
    page
      .getByRole("region", { name: "逾期" })
      .getByRole("link", { name: /严重逾期/ })
      .first(),
  );
  await expect(page.getByRole("region", { name: "办理记录" })).toBeVisible();
  await expect(page.getByText("严重逾期")).toBeVisible();
  await expect(page.getByRole("region", { name: "办理记录" }).getByText("下发")).toBeVisible();
  console.log(`figure: who is late and why, ${isMobile ? "phone" : "desktop"}: ${clicks.count} clicks (at most 2)`);
  expect(clicks.count).toBeLessThanOrEqual(2);
});
