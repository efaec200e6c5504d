// What a task asks for is set on the page as the API can hold it.
import { name, today } from "./county";
import { accessible, expect, fits, session, test } from "./test";

test("office: a task asks for a table whose headings come from Excel, and for a pledge in given words", async ({ as }) => {
  const title = name("设备登记");
  const office = await session("wangxin");
  const c = (await (await office.post("/api/v1/campaigns", { data: { title, starts_on: today(), ends_on: today(9) } })).json()) as { id: string };
  const page = await as("wangxin");
  await page.goto(`/campaigns/${c.id}`);
  await page.getByRole("button", { name: "增加任务" }).click();
  const form = page.getByRole("form", { name: "增加任务" });
  await form.getByLabel("任务名称").fill(title);
  await form.getByRole("searchbox").last().fill("档案馆");
  await form.getByRole("list", { name: "找到的单位" }).getByRole("button").first().click();

  await form.getByRole("button", { name: "增加要求" }).click();
  await form.getByLabel("类型", { exact: true }).selectOption("table");
  await form.getByLabel("要求名称").fill("设备清单");
  const columns = form.getByRole("group", { name: "表格的列：设备清单" });
  await columns.getByLabel("第1列名称").evaluate((e) => {
    const data = new DataTransfer();
    data.setData("text/plain", "设备名称\t数量\t启用日期\r\n");
    e.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await expect(columns.getByLabel("第3列名称")).toHaveValue("启用日期");
  await columns.getByLabel("第2列类型").selectOption("number");
  await columns.getByLabel("第3列类型").selectOption("day");
  await columns.getByLabel("必填").first().check();
  await columns.getByRole("button", { name: "增加一列" }).click();
  await form.getByText("更多要求").click();
  await form.getByLabel("台账名称").fill("网络设备");
  await form.getByLabel("预计用时（分钟）").fill("15");

  await form.getByRole("button", { name: "增加要求" }).click();
  await form.getByLabel("类型", { exact: true }).last().selectOption("pledge");
  await form.getByLabel("要求名称").last().fill("责任书");
  await form.getByLabel("责任书内容（留空由单位自拟）").fill("我单位承诺落实网络安全责任。");
  await accessible(page);
  await fits(page);
  await form.getByRole("button", { name: "保存" }).click();
  await expect(form).toBeHidden();

  const { items } = (await (await office.get(`/api/v1/campaigns/${c.id}/tasks`)).json()) as { items: { requirements: Record<string, unknown>[] }[] };
  expect(items[0]!.requirements).toMatchObject([
    {
      kind: "table",
      register: "网络设备",
      minutes: 15,
      columns: [
        { title: "设备名称", type: "text", required: true },
        { title: "数量", type: "number" },
        { title: "启用日期", type: "day" },
      ],
    },
    { kind: "pledge", text: "我单位承诺落实网络安全责任。" },
  ]);
});
