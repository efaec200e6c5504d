// What once went wrong in the pages, each as it was found.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assigned, name, unitOf } from "./county";
import { serve } from "./server";
import { expect, session, test } from "./test";

const number = { kind: "number", title: "参加人数", compulsory: false, measure: "人" };

interface Draft {
  items: { value?: number }[];
}
async function draftOf(assignment: string): Promise<Draft | undefined> {
  const api = await session("u370283d13");
  const l = (await (await api.get(`/api/v1/submissions?target=assignment&target_id=${assignment}`)).json()) as { items: { id: string; state: string }[] };
  return l.items[0] && ((await (await api.get(`/api/v1/submissions/${l.items[0].id}`)).json()) as Draft);
}
const valueOf = async (assignment: string): Promise<number | undefined> => (await draftOf(assignment))?.items[0]?.value;

test("case 01, a held key approves one, and an approval is undone or sent when the page is left", async ({ as, isMobile }) => {
  test.skip(isMobile, "keys");
  const school = await unitOf("u370283d13");
  const unit = await session("u370283d13");
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    const id = await assigned(name(`按住${i}`), [school], [number]);
    const s = (await (await unit.post("/api/v1/submissions", { data: { target: "assignment", target_id: id } })).json()) as { id: string };
    expect((await unit.post(`/api/v1/submissions/${s.id}/seal`, { data: {} })).status()).toBe(200);
    ids.push(id);
  }
  const office = await session("wangxin");
  const states = async (): Promise<string[]> => Promise.all(ids.map(async (id) => ((await (await office.get(`/api/v1/assignments/${id}`)).json()) as { state: string }).state));
  await expect.poll(states).toEqual(["submitted", "submitted", "submitted"]);
  const page = await as("wangxin");
  let asked = 0;
  page.on("request", (r) => void (r.method() === "POST" && r.url().endsWith("/approve") && asked++));
  await page.goto(`/review/${ids[0]}`);
  await expect(page.getByRole("button", { name: /通过/ })).toBeVisible();
  for (let i = 0; i < 20; i++) await page.keyboard.down("a");
  await page.keyboard.up("a");
  const bar = page.getByRole("region", { name: "即将通过的报送" });
  await expect(bar.getByRole("listitem")).toHaveCount(1);
  // Undone, it was never sent; another page changes nothing.
  await page.keyboard.press("z");
  await expect(bar).toBeHidden();
  await expect(page).toHaveURL(new RegExp(ids[0]!));
  await expect(page.getByRole("button", { name: /^通过/ })).toBeEnabled();
  await page.keyboard.press("a");
  await expect(bar.getByRole("listitem")).toHaveCount(1);
  await page.getByRole("link", { name: "工作台" }).first().click();
  await expect(bar.getByRole("listitem")).toHaveCount(1);
  expect(asked).toBe(0);
  await page.goto("about:blank");
  await expect.poll(states).toEqual(["approved", "submitted", "submitted"]);
});

test("case 08, what is typed twice without a line is no change by others; case 09: numbers are what was typed", async ({ as }) => {
  const id = await assigned(name("数字"), [await unitOf("u370283d13")], [number]);
  const page = await as("u370283d13");
  await page.goto(`/assignments/${id}`);
  const field = page.getByLabel("参加人数");
  const give = async (text: string): Promise<void> => {
    await field.fill(text);
    await field.blur();
  };
  await give("10");
  await expect.poll(() => valueOf(id)).toBe(10);
  await page.context().setOffline(true);
  await give("20");
  await expect(page.getByText("已存在本机，联网后自动保存。")).toBeVisible();
  await give("30");
  await expect(page.getByText("未发送 1 件")).toBeVisible();
  await page.context().setOffline(false);
  await expect.poll(() => valueOf(id)).toBe(30);
  await expect(page.getByRole("dialog", { name: "内容已被他人修改" })).toHaveCount(0);
  await expect(page.getByText(/未发送/)).toBeHidden();

  await field.fill("100");
  await field.hover();
  for (let i = 0; i < 3; i++) await page.mouse.wheel(0, 100).catch(() => undefined);
  await field.blur();
  await expect.poll(() => valueOf(id)).toBe(100);
  await give("3万");
  await expect.poll(() => valueOf(id)).toBe(30_000);
  await give("-");
  await expect(page.getByText("请填写数字，例如 30000 或 3万。")).toBeVisible();
  await page.getByRole("button", { name: "报送", exact: true }).click();
  await expect(field).toBeFocused();
  expect(await valueOf(id)).toBe(30_000);
});

test("case 17, handing in nothing is asked about first", async ({ as }) => {
  const id = await assigned(name("空报"), [await unitOf("u370283d13")], [number]);
  const page = await as("u370283d13");
  await page.goto(`/assignments/${id}`);
  await page.getByRole("button", { name: "报送", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "报送" });
  await expect(dialog.getByText("什么都没有填写，仍要报送？")).toBeVisible();
  await dialog.getByRole("button", { name: "取消" }).click();
  await expect(dialog).toBeHidden();
  expect(await draftOf(id)).toBeUndefined();
  await page.getByRole("button", { name: "报送", exact: true }).click();
  await dialog.getByRole("button", { name: "仍要报送" }).click();
  await expect(page.getByText("已报送，等待审核。")).toBeVisible();
  // What was said of it ends with it.
  await page.getByRole("button", { name: "撤回报送" }).click();
  await page.getByRole("dialog", { name: "撤回报送" }).getByRole("button", { name: "撤回报送" }).click();
  await expect(page.getByText("已报送，等待审核。")).toBeHidden();
});

test("what waits on a device is sent after a restart, whatever page is open", async ({ as }) => {
  const id = await assigned(name("重启"), [await unitOf("u370283d13")], [number]);
  const page = await as("u370283d13");
  await page.goto(`/assignments/${id}`);
  await expect(page.getByLabel("参加人数")).toBeVisible();
  await page.context().setOffline(true);
  await page.getByLabel("参加人数").fill("12");
  await page.getByLabel("参加人数").blur();
  await expect(page.getByText("已存在本机，联网后自动保存。")).toBeVisible();
  await page.close();
  const again = await page.context().newPage();
  await page.context().setOffline(false);
  await again.goto("/notices");
  await expect.poll(() => valueOf(id)).toBe(12);
});

test("before there is anybody, the first page leads to the set-up", async ({ browser, isMobile }) => {
  test.skip(isMobile, "the same on a phone");
  const data = mkdtempSync(join(tmpdir(), "duban-setup-"));
  const server = await serve(data, [], /setup token: \S+/);
  try {
    const page = await browser.newPage({ baseURL: server.url, locale: "zh-CN" });
    await page.goto("/");
    await expect(page).toHaveURL(/\/setup$/);
    await expect(page.getByRole("heading", { name: "首次设置" })).toBeVisible();
    await page.goto("/sign-in");
    await expect(page).toHaveURL(/\/setup$/);
    const administrators = [
      ["system_administrator", "sysa"],
      ["security_administrator", "seca"],
      ["auditor", "auda"],
    ].map(([role, account]) => ({ role, account, name: account }));
    const token = /setup token: (\S+)/.exec(server.said)![1];
    const done = await page.request.post("/api/v1/setup", { data: { token, root: { name: "平度市", level: "county", code: "370283" }, administrators } });
    expect(done.status()).toBe(201);
    await page.goto("/");
    await expect(page).toHaveURL(/\/sign-in/);
    await page.close();
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
});
