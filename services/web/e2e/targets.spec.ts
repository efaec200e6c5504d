// Kinds of unit and lines from the code lists, and whom a task goes to.
import { name, today } from "./county";
import { accessible, expect, fits, session, test } from "./test";

test("system administrator: a value is added, used, closed, and deleted when nobody has it", async ({ as }) => {
  const page = await as("sysadmin");
  const kind = name("图书馆");
  const code = `k${Date.now()}`;
  await page.goto("/codes");
  await page.getByRole("button", { name: "新增取值" }).click();
  const form = page.getByRole("form", { name: "新增取值" });
  await form.getByLabel("中文名称").fill(kind);
  await form.getByLabel("英文名称").fill(code);
  await form.getByLabel("代码").fill(code);
  await form.getByLabel("其他叫法").fill(`${kind}分馆、${kind}总馆`);
  await accessible(page);
  await fits(page);
  await form.getByRole("button", { name: "保存" }).click();
  const row = page.getByRole("row").filter({ hasText: code });
  await expect(row).toContainText("在用");

  // A file may say it by any of its names; what no list knows is told once.
  const { items } = (await (await (await session("sysadmin")).get("/api/v1/units?q=教育和体育局")).json()) as { items: { code: string }[] };
  const line = (n: number, what: string) => `${code}${n},${kind}${n},${items[0]!.code},单位,${what},教育、财政系统\n`;
  const csv = (text: string) => ({ name: "units.csv", mimeType: "text/csv", buffer: Buffer.from(`编码,名称,上级编码,级别,类型,系统\n${text}`) });
  await page.goto("/imports");
  await page.getByLabel("文件（CSV 或 XLSX）").setInputFiles(csv(line(1, `${kind}分馆`) + line(2, "学校类") + line(3, "学校类")));
  await page.getByRole("button", { name: "试导入" }).click();
  const unknown = page.getByRole("region", { name: "代码表中没有的取值" });
  await expect(unknown.getByRole("row")).toHaveCount(2);
  await expect(unknown.getByRole("row").last()).toHaveText(/类型\s*学校类\s*2\s*学校/);
  await accessible(page);
  await fits(page);
  await page.getByLabel("文件（CSV 或 XLSX）").setInputFiles(csv(line(1, `${kind}分馆`)));
  await page.getByRole("button", { name: "试导入" }).click();
  await page.getByRole("button", { name: "正式导入 1 项" }).click();
  await expect(page.getByRole("heading", { name: "已导入" })).toBeVisible();
  await page.goto(`/units?q=${code}1`);
  await page.getByRole("link", { name: `${kind}1` }).click();
  const facts = page.getByRole("region", { name: "基本情况" });
  await expect(facts).toContainText(kind);
  await expect(facts).toContainText("教育、财政");

  await page.goto("/codes");
  await row.getByRole("button", { name: /删除/ }).click();
  const dialog = page.getByRole("dialog", { name: "删除" });
  await dialog.getByRole("button", { name: "删除" }).click();
  await expect(dialog).toContainText("有1个单位属于该取值");
  await page.keyboard.press("Escape");
  await row.getByRole("button", { name: /停用/ }).click();
  await expect(row).toContainText("已停用");
});

test("system administrator: a line gets its lead office in the county", async ({ as }) => {
  const page = await as("sysadmin");
  await page.goto("/units?level=county");
  await page.getByRole("link", { name: "平度市" }).click();
  const leads = page.getByRole("region", { name: "条线主管部门" });
  await leads.getByLabel("系统").selectOption({ label: "教育" });
  await leads.getByLabel("教育的主管部门").fill("教育和体育局");
  await leads.getByRole("list", { name: "找到的单位" }).getByRole("button").first().click();
  await leads.getByRole("button", { name: "指定", exact: true }).click();
  await expect(leads.getByRole("link", { name: "教育和体育局" })).toBeVisible();
  await accessible(page);
  await fits(page);
  await leads.getByRole("button", { name: "取消指定 教育" }).click();
  await expect(leads.getByRole("link", { name: "教育和体育局" })).toHaveCount(0);
});

test("office: a task goes to whom the form says, counted while choosing", async ({ as }) => {
  const page = await as("wangxin");
  const title = name("发给谁");
  const office = await session("wangxin");
  const c = (await (await office.post("/api/v1/campaigns", { data: { title, starts_on: today(), ends_on: today(9) } })).json()) as { id: string };
  await page.goto(`/campaigns/${c.id}`);
  await page.getByRole("button", { name: "增加任务" }).click();
  const form = page.getByRole("form", { name: "增加任务" });
  await form.getByLabel("任务名称").fill(title);
  // Every value says how many units have it, and the sum is counted.
  const kinds = form.getByRole("group", { name: "单位类型", exact: true });
  const school = kinds.getByLabel(/^学校 \d+ 个单位$/);
  await expect(school).toBeVisible();
  await school.check();
  const reached = form.getByText(/将下发 \d+ 个单位/);
  await expect(reached).not.toHaveText("将下发 0 个单位");
  const schools = Number(/\d+/.exec((await reached.textContent()) ?? "")![0]);
  expect(await school.locator("..").textContent()).toContain(`学校 ${schools} 个单位`);
  // What contradicts is said.
  const sectors = form.getByRole("group", { name: "系统", exact: true });
  await sectors.getByRole("button", { name: /本地没有单位/ }).click();
  await sectors.getByLabel(/^农业农村/).check();
  await expect(form.getByText("“农业农村”：本行动范围内没有这样的单位")).toBeVisible();
  await expect(form.getByText("“学校”：与其他条件矛盾，没有单位同时符合")).toBeVisible();
  await sectors.getByLabel(/^农业农村/).uncheck();
  // Units of the tree in and out.
  await form.getByRole("button", { name: "从单位树中选择" }).click();
  await form.getByLabel("除外第一实验小学").check();
  await expect(reached).toHaveText(`将下发 ${schools - 1} 个单位`);
  await expect(form.getByText(/因除外少下发 1 个：第一实验小学/)).toBeVisible();
  await form.getByLabel("列入档案馆").check();
  await expect(reached).toHaveText(`将下发 ${schools} 个单位`);
  // A list from Excel.
  await form.getByText("从 Excel 粘贴名单").click();
  await form.getByLabel("单位名称或编码，每行一个").fill("1\t司法局\n370283d05\n没有这个单位");
  await form.getByRole("button", { name: "识别并列入" }).click();
  await expect(form.getByText("已列入 2 个单位。")).toBeVisible();
  await expect(form.getByText("有 1 行没有找到：没有这个单位")).toBeVisible();
  await expect(reached).toHaveText(`将下发 ${schools + 2} 个单位`);
  await accessible(page);
  await fits(page);
  await form.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText(`发给：学校，另列 3 个，除外 1 个（${schools + 2} 个单位）`)).toBeVisible();
  // What is chosen is still there when it is changed.
  await page.getByRole("button", { name: `修改任务：${title}` }).click();
  const edit = page.getByRole("form", { name: "修改" });
  await expect(edit.getByRole("group", { name: "单位类型", exact: true }).getByLabel(/^学校/)).toBeChecked();
  await expect(edit.getByText(`将下发 ${schools + 2} 个单位`)).toBeVisible();
  await edit.getByRole("button", { name: "取消" }).click();
  // The bar stays at hand, asks, and says a word after.
  const bar = page.getByRole("region", { name: "下发", exact: true });
  await expect(bar).toContainText(`下发 ${schools + 2} 项 · ${schools + 2} 个单位`);
  await expect(bar).toBeInViewport();
  await bar.getByRole("button", { name: /下发 \d+ 项任务/ }).click();
  const dialog = page.getByRole("dialog", { name: "下发" });
  await expect(dialog).toContainText(`将向 ${schools + 2} 个单位下发 1 个任务`);
  await dialog.getByRole("button", { name: "下发" }).click();
  await expect(page.getByText("已开始下发")).toBeVisible();
});
