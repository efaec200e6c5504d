// The three administrators: units and people, roles, the audit trail.
import { accessible, expect, fits, session, test } from "./test";

let numbered = 0;
const name = (what: string): string => `${what}${process.pid}-${++numbered}`;

test("who is no administrator is told so on every page of administration", async ({ as }) => {
  const page = await as("chakan");
  for (const path of ["/audit-entries", "/grants", "/imports"]) {
    await page.goto(path);
    await expect(page.getByText("不在您的权限范围内")).toBeVisible();
    await fits(page);
    await accessible(page);
  }
});

test("system administrator: a unit is made, renamed, moved and deactivated", async ({ as }) => {
  const page = await as("sysadmin");
  const unit = name("测试小学");
  const code = `t${process.pid}${Date.now()}`;
  await page.goto("/units?q=教育和体育局");
  await page.getByRole("link", { name: "教育和体育局" }).click();
  await page.getByRole("button", { name: "新建下级单位" }).click();
  const form = page.getByRole("form", { name: "新建下级单位" });
  await form.getByLabel("名称").fill(unit);
  await form.getByLabel("编码").fill(code);
  await accessible(page);
  await fits(page);
  await form.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("heading", { name: unit })).toBeVisible();
  await page.getByRole("button", { name: "修改" }).click();
  await page.getByRole("form", { name: "修改" }).getByLabel("名称").fill(`${unit}新名`);
  await page.getByRole("form", { name: "修改" }).getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("heading", { name: `${unit}新名` })).toBeVisible();
  await page.getByRole("button", { name: "划转" }).click();
  let dialog = page.getByRole("dialog", { name: "划转" });
  await dialog.getByLabel("划转到").fill("团委");
  await dialog.getByRole("list", { name: "找到的单位" }).getByRole("button").first().click();
  await accessible(page);
  await fits(page);
  await dialog.getByRole("button", { name: "划转" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("link", { name: "团委" })).toBeVisible();
  // A part of it becomes a unit of its own, and is taken back again.
  await page.getByRole("button", { name: "拆分" }).click();
  const split = page.getByRole("form", { name: "拆分" });
  await split.getByLabel("名称").fill(`${unit}分校`);
  await split.getByLabel("编码").fill(`${code}x`);
  await accessible(page);
  await fits(page);
  await split.getByRole("button", { name: "拆分" }).click();
  await expect(page.getByRole("heading", { name: `${unit}分校` })).toBeVisible();
  await page.getByRole("button", { name: "合并" }).click();
  dialog = page.getByRole("dialog", { name: "合并" });
  await dialog.getByLabel("并入").fill(`${unit}新名`);
  await dialog.getByRole("list", { name: "找到的单位" }).getByRole("button").first().click();
  await dialog.getByRole("button", { name: "合并" }).click();
  await expect(page.getByText("已停用")).toBeVisible();
  await page.getByRole("link", { name: "已并入其他单位" }).click();
  await expect(page.getByRole("heading", { name: `${unit}新名` })).toBeVisible();
  await page.getByRole("button", { name: "停用" }).click();
  dialog = page.getByRole("dialog", { name: "停用" });
  await dialog.getByRole("button", { name: "停用" }).click();
  await expect(page.getByText("已停用")).toBeVisible();
});

test("system administrator: bad rows of an import are listed and nothing is saved, then a good file goes in", async ({ as }) => {
  const page = await as("sysadmin");
  const code = `i${process.pid}${Date.now()}`;
  const api = await session("sysadmin");
  const { items } = (await (await api.get("/api/v1/units?q=教育和体育局")).json()) as { items: { code: string }[] };
  const head = "code,name,parent_code,level\n";
  const csv = (text: string) => ({ name: "units.csv", mimeType: "text/csv", buffer: Buffer.from(head + text) });
  const known = async (): Promise<number> => ((await (await api.get(`/api/v1/units?q=${code}`)).json()) as { items: unknown[] }).items.length;
  await page.goto("/imports");
  await page.getByLabel("文件（CSV 或 XLSX）").setInputFiles(csv(`${code},导入小学,${items[0]!.code},unit\n${code}x,无上级小学,no-such-code,unit\n`));
  await page.getByRole("button", { name: "试导入" }).click();
  const result = page.getByRole("region", { name: "导入结果" });
  await expect(result.getByRole("row").filter({ hasText: "no-such-code" })).toContainText("3");
  await expect(page.getByRole("button", { name: /正式导入/ })).toHaveCount(0);
  await accessible(page);
  await fits(page);
  expect(await known()).toBe(0);
  await page.getByLabel("文件（CSV 或 XLSX）").setInputFiles(csv(`${code},导入小学,${items[0]!.code},unit\n`));
  await page.getByRole("button", { name: "试导入" }).click();
  await page.getByRole("button", { name: "正式导入 1 项" }).click();
  await expect(result.getByRole("heading", { name: "已导入" })).toBeVisible();
  expect(await known()).toBe(1);
});

test("one makes the account, another gives the role, the third sees both in the trail", async ({ as }) => {
  const account = `p${process.pid}x${++numbered}${Date.now() % 100000}`;
  const sys = await as("sysadmin");
  await sys.goto("/people");
  await sys.getByRole("button", { name: "新建人员" }).click();
  const form = sys.getByRole("form", { name: "新建人员" });
  await form.getByLabel("姓名").fill("测试员");
  await form.getByLabel("账号").fill(account);
  await form.getByLabel("所在单位").fill("团委");
  await form.getByRole("list", { name: "找到的单位" }).getByRole("button").first().click();
  await form.getByRole("button", { name: "保存" }).click();
  const secret = sys.getByRole("region", { name: "初始密码" });
  await expect(secret).toContainText(account);
  await accessible(sys);
  await fits(sys);

  const sec = await as("secadmin");
  await sec.goto(`/people?q=${account}`);
  await sec.getByRole("link", { name: "测试员" }).click();
  const give = sec.getByRole("form", { name: "授予角色" });
  await give.getByLabel("角色").selectOption("viewer");
  await give.getByLabel("授权单位").fill("团委");
  await give.getByRole("list", { name: "找到的单位" }).getByRole("button").first().click();
  await give.getByRole("button", { name: "授予角色" }).click();
  const roles = sec.getByRole("region", { name: "授权" });
  await expect(roles.getByText("查看人员 · 团委")).toBeVisible();
  await accessible(sec);
  await fits(sec);
  await roles.getByRole("button", { name: /收回/ }).click();
  const dialog = sec.getByRole("dialog", { name: "收回" });
  await dialog.getByRole("button", { name: "收回" }).click();
  await expect(roles.getByText("没有授权。")).toBeVisible();

  const auditor = await as("auditor");
  await auditor.goto("/audit-entries?type=directory.grant.withdrawn.v1");
  await expect(auditor.getByText("directory.grant.withdrawn.v1").first()).toBeVisible();
  await auditor.getByRole("button", { name: "校验" }).click();
  await expect(auditor.getByRole("status").filter({ hasText: "完整" })).toBeVisible();
  await accessible(auditor);
  await fits(auditor);
});

test("who leaves hands over what hangs on them, kind by kind", async ({ as }) => {
  const api = await session("sysadmin");
  const tag = `h${process.pid}x${++numbered}${Date.now() % 100000}`;
  const unit = ((await (await api.get("/api/v1/units?q=团委")).json()) as { items: { id: string; name: string }[] }).items[0]!;
  const person = async (account: string): Promise<string> => ((await (await api.post("/api/v1/people", { data: { account, name: `人员${account}`, unit_id: unit.id } })).json()) as { id: string }).id;
  const leaver = await person(`${tag}a`);
  const stays = await person(`${tag}b`);
  const contact = async (): Promise<string | undefined> => ((await (await api.get(`/api/v1/units/${unit.id}`)).json()) as { contact_id?: string }).contact_id;
  const was = await contact();
  expect((await api.patch(`/api/v1/units/${unit.id}`, { data: { contact_id: leaver } })).status()).toBe(200);

  const page = await as("sysadmin");
  await page.goto(`/people/${leaver}`);
  await page.getByRole("button", { name: "停用账号" }).click();
  let dialog = page.getByRole("dialog", { name: "停用账号" });
  const successor = dialog.getByLabel("担任责任人的单位");
  await expect(dialog.getByText("1 项")).toBeVisible();
  await accessible(page);
  await fits(page);
  await dialog.getByRole("button", { name: "停用账号" }).click();
  await expect(dialog.getByText("还有 1 类工作未指定接替人员。")).toBeVisible();
  await successor.selectOption({ label: `人员${tag}b` });
  await dialog.getByRole("button", { name: "停用账号" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText("已停用")).toBeVisible();
  expect(await contact()).toBe(stays);

  // The next one moves away, and leaves it to nobody.
  await page.goto(`/people/${stays}`);
  await page.getByRole("button", { name: "调动" }).click();
  dialog = page.getByRole("dialog", { name: "调动" });
  await dialog.getByLabel("调入单位").fill("教育和体育局");
  await dialog.getByRole("list", { name: "找到的单位" }).getByRole("button").first().click();
  await dialog.getByLabel("担任责任人的单位").selectOption({ label: "暂不指定" });
  await accessible(page);
  await fits(page);
  await dialog.getByRole("button", { name: "调动" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("link", { name: "教育和体育局" })).toBeVisible();
  expect(await contact()).toBeUndefined();
  if (was) await api.patch(`/api/v1/units/${unit.id}`, { data: { contact_id: was } });
});

// A healthy system sets nothing aside, so what one is told of is made up here.
test("an event that was set aside is tried again", async ({ as }) => {
  const page = await as("sysadmin");
  let waiting = 1;
  await page.route("**/api/v1/system/insight/health", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), dead_letters: waiting } });
  });
  const letter = {
    id: "01985b2e-7c1a-7000-8000-00000000000d",
    event_id: "01985b2e-7c1a-7000-8000-00000000000e",
    consumer: "insight-evidence",
    type: "evidence.submission.sealed.v1",
    subject: "evt.evidence",
    reason: "cannot be counted",
    at: new Date().toISOString(),
    deliveries: 8,
  };
  await page.route("**/api/v1/system/insight/dead-letters", (route) => route.fulfill({ json: { items: waiting ? [letter] : [] } }));
  await page.route("**/api/v1/system/insight/dead-letters/*/retry", async (route) => {
    expect(route.request().url()).toContain(letter.id);
    expect(route.request().headers()["idempotency-key"]).toBeTruthy();
    waiting = 0;
    await route.fulfill({ status: 204 });
  });
  await page.goto("/system");
  const aside = page.getByRole("region", { name: /搁置事件/ });
  await expect(aside.getByText("cannot be counted")).toBeVisible();
  await accessible(page);
  await fits(page);
  await aside.getByRole("button", { name: /重试事件/ }).click();
  await expect(page.getByText("已重新投递")).toBeVisible();
  await expect(aside).toHaveCount(0);
});
