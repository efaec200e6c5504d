// Writing a checklist, by hand and from a workbook; planning inspections,
// looking back, and drawing by lot.
import { expect, accessible, fits, session, test } from "./test";
import { name, today, unitOf } from "./county";

interface Checklist {
  id: string;
  title: string;
  number: number;
  state: string;
  items: { key: string; title: string; type: string; minimum?: number; why?: string; group?: string }[];
}

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

test("inspector: write a checklist, mend what is wrong, publish it, draft the next version", async ({ as }) => {
  const title = name("机房检查表");
  const page = await as("jiancha1");
  await page.goto("/checklists");
  await expect(page.getByRole("heading", { name: "检查表", level: 1 })).toBeVisible();
  await fits(page);
  await accessible(page);
  await page.getByRole("button", { name: "新建检查表" }).click();
  await page.getByLabel("名称").fill(title);
  await page.getByRole("button", { name: "增加检查项" }).click();
  // The keyboard goes where the work is.
  await expect(page.getByLabel("要求（应当做到什么）")).toBeFocused();
  await page.keyboard.type("机房门禁登记完整");
  await page.getByLabel("分组").fill("机房");
  await page.getByLabel("依据条款").fill("网络安全等级保护基本要求 8.1.1");
  await page.getByLabel("不符合时需要").selectOption({ label: "照片或文件" });
  await expect(page.getByLabel("为什么需要照片或文件")).toBeVisible();
  await fits(page);
  await accessible(page);
  await page.getByRole("button", { name: "完成" }).click();
  await page.getByRole("button", { name: "增加检查项" }).click();
  await page.getByLabel("要求（应当做到什么）").fill("日志留存天数");
  await page.getByLabel("依据条款").fill("网络安全法 第二十一条");
  await page.getByLabel("作答方式").selectOption({ label: "数字" });
  await page.getByLabel("不低于").fill("180");
  await page.getByLabel("计量单位").fill("天");
  await page.getByRole("button", { name: "完成" }).click();

  // A picture without a reason is refused, at the item it is about; nothing is lost, also when the page is loaded anew.
  await page.getByRole("button", { name: "保存", exact: true }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "机房门禁登记完整" }).getByRole("alert")).toBeVisible();
  await expect(page.getByText("有未保存的修改，已暂存在本机。")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("名称")).toHaveValue(title);
  await page.getByRole("button", { name: "编辑：机房门禁登记完整" }).click();
  await page.getByLabel("为什么需要照片或文件").fill("核对登记簿");
  await page.getByRole("button", { name: "完成" }).click();
  await page.getByRole("button", { name: "上移：日志留存天数" }).click();
  await page.getByRole("button", { name: "保存", exact: true }).click();
  await expect(page).toHaveURL(/\/checklists\/[0-9a-f-]{36}$/);
  const id = page.url().split("/").pop()!;
  const api = await session("jiancha1");
  const read = async (one: string): Promise<Checklist> => (await (await api.get(`/api/v1/checklists/${one}`)).json()) as Checklist;
  expect(await read(id)).toMatchObject({
    title,
    state: "draft",
    items: [
      { key: "item_2", title: "日志留存天数", type: "number", minimum: 180 },
      { key: "item_1", group: "机房", why: "核对登记簿" },
    ],
  });

  // The workbook it exports is taken back in its place.
  const book = await (await api.get(`/api/v1/checklists/${id}/export`)).body();
  await page.getByLabel("从 XLSX 替换检查项").setInputFiles({ name: "检查表.xlsx", mimeType: xlsx, buffer: book });
  await expect(page.getByText("已导入")).toBeVisible();
  expect((await read(id)).items.map((i) => i.key)).toEqual(["item_2", "item_1"]);

  await page.getByRole("button", { name: "发布" }).click();
  const dialog = page.getByRole("dialog", { name: "发布" });
  await accessible(page);
  await dialog.getByRole("button", { name: "发布" }).click();
  await expect(page.getByText("已发布", { exact: true }).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "保存", exact: true })).toHaveCount(0);
  await fits(page);
  await accessible(page);
  await page.getByRole("button", { name: "起草新版本" }).click();
  await expect(page).not.toHaveURL(new RegExp(id));
  await expect(page.getByText("第 2 版", { exact: true }).first()).toBeVisible();
  expect(await read(page.url().split("/").pop()!)).toMatchObject({ number: 2, state: "draft", items: [{ key: "item_2" }, { key: "item_1" }] });
});

test("inspector: a workbook becomes a new draft, and one that cannot be read says why", async ({ as }) => {
  const api = await session("jiancha1");
  const built = ((await (await api.get("/api/v1/checklists?state=published&limit=100")).json()) as { items: { id: string; title: string }[] }).items.find((c) => c.title === "终端安全五项检查")!;
  const book = await (await api.get(`/api/v1/checklists/${built.id}/export`)).body();
  const page = await as("jiancha1");
  await page.goto("/checklists");
  await page.getByLabel("从 XLSX 新建").setInputFiles({ name: "坏.xlsx", mimeType: xlsx, buffer: Buffer.from("no workbook") });
  await expect(page.getByRole("alert").filter({ hasText: /\S/ })).toBeVisible();
  await page.getByLabel("从 XLSX 新建").setInputFiles({ name: "检查表.xlsx", mimeType: xlsx, buffer: book });
  await expect(page).toHaveURL(/\/checklists\/[0-9a-f-]{36}$/);
  const made = (await (await api.get(`/api/v1/checklists/${page.url().split("/").pop()}`)).json()) as Checklist;
  expect(made).toMatchObject({ state: "draft", number: 1 });
  expect(made.items.length).toBeGreaterThanOrEqual(5);
});

test("inspector: plan inspections of two units, and look back at one", async ({ as }) => {
  const api = await session("jiancha1");
  const units = ((await (await api.get(`/api/v1/units?q=${encodeURIComponent("档案")}&active=true&limit=2`)).json()) as { items: { id: string; name: string }[] }).items;
  const second = (await (await api.get(`/api/v1/units/${await unitOf("u370283d13")}`)).json()) as { id: string; name: string };
  const page = await as("jiancha1");
  await page.goto("/inspections");
  await page.getByRole("link", { name: "计划检查、回头看" }).click();
  await expect(page.getByRole("heading", { name: "计划检查、回头看" })).toBeFocused();
  const unit = page.getByRole("searchbox", { name: "被检查单位" });
  for (const u of [units[0]!, second]) {
    await unit.fill(u.name);
    await page.getByRole("list", { name: "找到的单位" }).getByRole("button").filter({ hasText: u.name }).first().click();
  }
  await page.getByLabel("日期").fill(today(20));
  const note = name("秋季");
  await page.getByLabel("备注").fill(note);
  const person = page.getByRole("searchbox", { name: "检查人员" });
  await person.fill("jiancha1");
  await page.getByRole("list", { name: "找到的人员" }).getByRole("button").first().click();
  await fits(page);
  await accessible(page);
  await page.getByRole("button", { name: "安排 2 次检查" }).click();
  const result = page.getByRole("list", { name: "安排结果" });
  await expect(result.getByRole("link")).toHaveCount(2);
  // What is planned is planned once: nothing is left to send.
  await expect(page.getByRole("button", { name: "安排 0 次检查" })).toBeDisabled();
  for (const u of [units[0]!, second]) {
    const planned = ((await (await api.get(`/api/v1/inspections?unit_id=${u.id}&state=planned&limit=100`)).json()) as { items: { id: string; planned_on: string; kind: string }[] }).items;
    expect(planned.filter((i) => i.planned_on === today(20) && i.kind === "planned").length).toBeGreaterThanOrEqual(1);
  }

  // A look-back of a unit without findings says so in words; nothing is planned.
  await page.getByRole("radio", { name: "回头看" }).check();
  await unit.fill("东阁街道");
  await page.getByRole("list", { name: "找到的单位" }).getByRole("button").filter({ hasText: "东阁街道" }).first().click();
  await expect(page.getByRole("combobox", { name: "检查表" })).toHaveCount(0);
  await page.getByRole("button", { name: "安排 1 次检查" }).click();
  await expect(result.getByRole("listitem")).toHaveCount(3);
  await fits(page);
  await accessible(page);
});

test("inspector: draw units and inspectors by lot, see the record, plan what was drawn", async ({ as }) => {
  const title = name("双随机");
  const page = await as("jiancha1");
  await page.goto("/inspections");
  await page.getByRole("link", { name: "双随机抽查" }).click();
  await expect(page.getByRole("heading", { name: "双随机抽查" })).toBeFocused();
  await page.getByRole("button", { name: "新的抽取" }).click();
  await page.getByLabel("名称").fill(title);
  await page.getByRole("searchbox", { name: "抽取范围" }).fill("东阁街道");
  await page.getByRole("list", { name: "找到的单位" }).getByRole("button").first().click();
  await page.getByLabel("抽取单位数").fill("3");
  await page.getByLabel("每单位检查人员数").fill("1");
  const people = page.getByRole("searchbox", { name: "检查人员名单" });
  await people.fill("jiancha1");
  await page.getByRole("list", { name: "找到的人员" }).getByRole("button").first().click();
  await page.getByLabel("随机种子").fill("08 11 23");
  await fits(page);
  await accessible(page);
  await page.getByRole("button", { name: "抽取", exact: true }).click();
  await expect(page).toHaveURL(/\/inspections\/draws\/[0-9a-f-]{36}$/);
  await expect(page.getByText("已按记录复算，结果一致。")).toBeVisible();
  await expect(page.getByRole("region", { name: "抽取结果" }).getByRole("listitem")).toHaveCount(3);
  await page.getByText(/^抽取范围内的单位/).click();
  await expect(page.getByRole("row").filter({ hasText: "抽中" })).toHaveCount(3);
  await fits(page);
  await accessible(page);
  await page.getByLabel("日期").fill(today(30));
  await page.getByRole("button", { name: "安排 3 次检查" }).click();
  await expect(page.getByRole("region", { name: "抽取结果" }).getByRole("link", { name: "查看检查" })).toHaveCount(3);
  await expect(page.getByRole("button", { name: "安排 3 次检查" })).toHaveCount(0);
});
