// Bad networks and two people at once: nothing typed is lost.
import { assigned, name, unitOf } from "./county";
import { expect, installed, session, test } from "./test";

const number = { kind: "number", title: "参加人数", compulsory: true, measure: "人" };

async function draftOf(assignment: string): Promise<{ items: { value?: number; files?: { name: string; size: number }[] }[] }> {
  const api = await session("u370283d13");
  const l = (await (await api.get(`/api/v1/submissions?target=assignment&target_id=${assignment}`)).json()) as { items: { id: string }[] };
  if (!l.items[0]) return { items: [] };
  return (await (await api.get(`/api/v1/submissions/${l.items[0].id}`)).json()) as Awaited<ReturnType<typeof draftOf>>;
}

test("an upload is cut, goes on by itself, and survives closing the page", async ({ as }) => {
  const id = await assigned(name("大文件"), [await unitOf("u370283d13")], [{ kind: "document", title: "总结", compulsory: true }]);
  const first = await as("u370283d13");
  const offsets: number[] = [];
  let cut = 0;
  await first.route("**/api/v1/uploads/*", async (route) => {
    if (route.request().method() !== "PATCH") return route.continue();
    offsets.push(Number(route.request().headers()["upload-offset"]));
    // The second piece is cut once and tried again; the third never arrives.
    if (offsets.length === 2 || offsets.length >= 4) {
      cut++;
      return route.abort("connectionreset");
    }
    return route.continue();
  });
  await first.goto(`/assignments/${id}`);
  await first.getByLabel("选择文件：总结").setInputFiles({ name: "总结.txt", mimeType: "text/plain", buffer: Buffer.alloc(7 << 20, "x") });
  await expect.poll(() => cut).toBeGreaterThanOrEqual(2);
  expect(offsets.slice(0, 4)).toEqual([0, 2 << 20, 2 << 20, 4 << 20]);
  await first.close({ runBeforeUnload: false });

  // The same device, later.
  const again = await first.context().newPage();
  const rest: number[] = [];
  again.on("request", (r) => {
    if (r.method() === "PATCH" && r.url().includes("/uploads/")) rest.push(Number(r.headers()["upload-offset"]));
  });
  await again.goto(`/assignments/${id}`);
  await expect(again.getByRole("button", { name: "移除总结.txt" })).toBeVisible();
  // A part of a last try may have arrived while the page was being closed.
  expect(rest[0]).toBeGreaterThanOrEqual(4 << 20);
  expect((await draftOf(id)).items[0]?.files).toMatchObject([{ name: "总结.txt", size: 7 << 20 }]);
  await expect(again.getByRole("list", { name: "正在上传" })).toHaveCount(0);
});

test("what is typed without a network is kept, also over a reload, and saved when it is back", async ({ as }) => {
  const id = await assigned(name("离线"), [await unitOf("u370283d13")], [number]);
  const page = await as("u370283d13");
  await page.goto(`/assignments/${id}`);
  await page.route("**/api/v1/submissions**", (route) => (route.request().method() === "GET" ? route.continue() : route.abort("internetdisconnected")));
  await page.getByLabel("参加人数").fill("31");
  await page.getByLabel("参加人数").blur();
  await expect(page.getByText("已存在本机，联网后自动保存。")).toBeVisible();
  expect((await draftOf(id)).items).toEqual([]);
  await page.reload();
  await expect(page.getByLabel("参加人数")).toHaveValue("31");
  await page.unroute("**/api/v1/submissions**");
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await expect(page.getByText(/已保存/)).toBeVisible();
  expect((await draftOf(id)).items[0]?.value).toBe(31);
});

test("two people give the same figure: the second sees both and chooses", async ({ as }) => {
  const id = await assigned(name("两人"), [await unitOf("u370283d13")], [number]);
  const one = await as("u370283d13");
  const two = await as("u370283d13");
  await one.goto(`/assignments/${id}`);
  await two.goto(`/assignments/${id}`);
  // Both have seen it empty.
  await expect(two.getByLabel("参加人数")).toHaveValue("");
  await one.getByLabel("参加人数").fill("5");
  await one.getByLabel("参加人数").blur();
  await expect(one.getByText(/已保存/)).toBeVisible();
  await two.getByLabel("参加人数").fill("7");
  await two.getByLabel("参加人数").blur();
  const dialog = two.getByRole("dialog", { name: "内容已被他人修改" });
  await expect(dialog).toContainText("7");
  await expect(dialog).toContainText("5");
  await dialog.getByRole("button", { name: "保存我的" }).click();
  await expect.poll(async () => (await draftOf(id)).items[0]?.value).toBe(7);
});

test("the pages open without a network and say so, and go on when it is back", async ({ as }) => {
  const page = await as("u370283d13", installed);
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "工作台" })).toBeVisible();
  await page.evaluate(async () => {
    const ready = await navigator.serviceWorker.register("/sw.js").then(() => navigator.serviceWorker.ready);
    if (!navigator.serviceWorker.controller && ready.active) await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
  });
  await page.context().setOffline(true);
  await page.goto("/assignments");
  await expect(page.getByRole("heading", { name: "任务" })).toBeVisible();
  await expect(page.getByRole("alert").filter({ hasText: "网络不通" })).toBeVisible({ timeout: 30_000 });
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "重试" }).click();
  await expect(page.getByRole("link", { name: "张贴宣传海报" }).first()).toBeVisible();
});
