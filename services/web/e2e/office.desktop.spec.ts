// What an office does with a campaign besides issuing it: changes the draft,
// says how long files are kept, takes lists home.
import { name, today } from "./county";
import { accessible, expect, session, test } from "./test";

test("a draft is changed: title, dates, a themed day", async ({ as }) => {
  const office = await session("wangxin");
  const title = name("待改行动");
  const { id } = (await (await office.post("/api/v1/campaigns", { data: { title, starts_on: today(), ends_on: today(9) } })).json()) as { id: string };
  const page = await as("wangxin");
  await page.goto(`/campaigns/${id}`);
  await page.getByRole("button", { name: "修改名称、日期和主题日" }).click();
  const form = page.getByRole("form", { name: "修改名称、日期和主题日" });
  await form.getByLabel("名称", { exact: true }).fill("");
  await form.getByRole("button", { name: "保存" }).click();
  await expect(form.getByText("请填写所有项目。")).toBeVisible();
  await form.getByLabel("名称", { exact: true }).fill(`${title}（改）`);
  await form.getByLabel("结束日期").fill(today(12));
  await form.getByRole("button", { name: "增加主题日" }).click();
  await form.getByLabel("第 1 个主题日的名称").fill("校园日");
  await accessible(page);
  await form.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("heading", { name: `${title}（改）` })).toBeVisible();
  const now = (await (await office.get(`/api/v1/campaigns/${id}`)).json()) as { ends_on: string; themed_days: unknown[] };
  expect(now).toMatchObject({ ends_on: today(12), themed_days: [{ day: today(), title: "校园日" }] });

  // Put off by two days, its tasks and themed days go along, as the form offers.
  const task = await office.post(`/api/v1/campaigns/${id}/tasks`, { data: { title, due_on: today(9), targets: { levels: ["unit"] } } });
  expect(task.status(), await task.text()).toBe(201);
  await page.reload();
  await page.getByRole("button", { name: "修改名称、日期和主题日" }).click();
  await form.getByLabel("开始日期").fill(today(2));
  await expect(form.getByLabel("任务期限和主题日一并推后 2 天")).toBeChecked();
  await form.getByRole("button", { name: "保存" }).click();
  await expect(form).toBeHidden();
  const moved = (await (await office.get(`/api/v1/campaigns/${id}`)).json()) as object;
  expect(moved).toMatchObject({ starts_on: today(2), ends_on: today(12), themed_days: [{ day: today(2), title: "校园日" }] });
  const tasks = (await (await office.get(`/api/v1/campaigns/${id}/tasks`)).json()) as object;
  expect(tasks).toMatchObject({ items: [{ due_at: `${today(11)}T15:59:59Z` }] });
});

test("files are kept as long as the office says, and lists are taken as workbooks", async ({ as }) => {
  const office = await session("wangxin");
  const { items } = (await (await office.get("/api/v1/campaigns?q=宣传周")).json()) as { items: { id: string }[] };
  const page = await as("wangxin");
  await page.goto(`/campaigns/${items[0]!.id}`);
  await page.getByText("材料保存期限").click();
  await page.getByRole("button", { name: "设定期限" }).click();
  const form = page.getByRole("form", { name: "设定期限" });
  await form.getByLabel(/保存天数/).fill("1095");
  await form.getByLabel("理由").fill("档案保存三年");
  await accessible(page);
  await form.getByRole("button", { name: "保存期限" }).click();
  await expect(page.getByText("行动结束后保存 1095 天")).toBeVisible();
  for (const path of [`/campaigns/${items[0]!.id}`, "/assignments?state=approved"]) {
    await page.goto(path);
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "导出 Excel" }).click()]);
    expect(file.suggestedFilename()).toBe("任务清单.xlsx");
    expect(await file.failure()).toBeNull();
  }
});

test("which office asks how much of whom", async ({ as }) => {
  const page = await as("wangxin");
  await page.goto("/assignments/burden");
  await expect(page.getByRole("table").first()).toBeVisible();
  await page.getByLabel("下发日期从").fill(today(-1));
  await page.getByLabel("下发日期从").blur();
  await expect(page).toHaveURL(new RegExp(`since=${today(-1)}`));
});
