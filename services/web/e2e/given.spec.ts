// What a reviewer sees of what was given beside it: hints about pictures, and
// the registers of the unit. And what an office says about the files it takes.
import { assigned, drawn, name, unitOf, uploaded } from "./county";
import { accessible, expect, fits, session, test } from "./test";

test("reviewer: a hint at a picture, and the unit's register", async ({ as }) => {
  const title = name("设备核查");
  const school = await unitOf("u370283d13");
  const register = `devices-${Date.now()}`;
  const assignment = await assigned(
    title,
    [school],
    [
      { kind: "photo", title: "现场照片", why: "核对" },
      {
        kind: "table",
        title: "设备台账",
        register,
        columns: [
          { key: "name", title: "名称", type: "text" },
          { key: "count", title: "数量", type: "number" },
        ],
      },
    ],
  );
  const page = await as("wangxin");
  await page.goto("/");
  const file = await uploaded("u370283d13", { name: "现场.jpg", buffer: await drawn(page, Date.now() % 1_000_000) });
  const api = await session("u370283d13");
  const s = (await (await api.post("/api/v1/submissions", { data: { target: "assignment", target_id: assignment } })).json()) as { id: string; requirements: { id: string }[] };
  for (const [i, data] of [{ file_ids: [file] }, { rows: [{ name: "交换机", count: 2 }] }].entries()) {
    const item = await api.put(`/api/v1/submissions/${s.id}/items/${s.requirements[i]!.id}`, { data });
    expect(item.status(), await item.text()).toBe(200);
  }
  await expect.poll(async () => ((await (await api.get(`/api/v1/files/${file}`)).json()) as { preview: string }).preview, { timeout: 60_000 }).toBe("ready");
  const sealed = await api.post(`/api/v1/submissions/${s.id}/seal`, { data: {} });
  expect(sealed.status(), await sealed.text()).toBe(200);

  await page.setViewportSize({ width: 360, height: 800 });
  await page.goto(`/review/${assignment}`);
  await expect(page.getByRole("list", { name: "现场.jpg的提示" }).getByText("无拍摄时间")).toBeVisible();
  await fits(page);
  await accessible(page);
  await page.getByRole("link", { name: "该单位台账" }).click();
  await page.getByRole("link", { name: "设备台账" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "设备台账" })).toBeVisible();
  await expect(page.getByRole("group", { name: "设备台账" }).getByText("交换机")).toBeVisible();
  await fits(page);
  await accessible(page);
  await page.getByRole("link", { name: "该单位全部台账" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "台账" })).toBeVisible();
  await fits(page);
});

test("office: which files a requirement takes, and what they may hold", async ({ as }) => {
  const office = await session("wangxin");
  const day = (n: number): string => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10);
  const c = (await (await office.post("/api/v1/campaigns", { data: { title: name("收表"), starts_on: day(1), ends_on: day(9) } })).json()) as { id: string };
  const made = await office.post(`/api/v1/campaigns/${c.id}/tasks`, {
    data: { title: "收表", due_on: day(9), review: "direct", targets: { unit_ids: [await unitOf("u370283d13")] }, requirements: [{ kind: "document", title: "填报工具" }] },
  });
  expect(made.status(), await made.text()).toBe(201);
  const task = (await made.json()) as { id: string };
  const page = await as("wangxin");
  await page.setViewportSize({ width: 360, height: 800 });
  await page.goto(`/campaigns/${c.id}`);
  await page.getByRole("button", { name: "修改任务：收表" }).click();
  await page.getByText("可收文件：除压缩包外均可").click();
  await page.getByRole("group", { name: "“填报工具”可收的文件类型" }).getByLabel("表格（Excel、ET）").check();
  await page.getByRole("group", { name: "“填报工具”的文件可含" }).getByLabel("可含宏").check();
  await fits(page);
  await accessible(page);
  await page.getByRole("button", { name: "保存" }).click();
  const saved = async (): Promise<unknown> => ((await (await office.get(`/api/v1/tasks/${task.id}`)).json()) as { requirements: unknown[] }).requirements[0];
  await expect.poll(saved).toMatchObject({ accept: ["xlsx", "xls", "et", "xlsm"], allow: ["macros"] });
});
