import { accessible, expect, server, session, test, watch } from "./test";

test("sign in, look around, sign out", async ({ browser, viewport, faults }) => {
  const context = await browser.newContext({ baseURL: server().url, viewport });
  const page = await context.newPage();
  watch(page, faults);
  await page.goto("/campaigns?state=active");
  await expect(page.getByRole("heading", { name: "登录" })).toBeVisible();
  await accessible(page);
  await page.getByLabel("账号").fill("chakan");
  await page.getByLabel("密码").fill("wrong password");
  await page.getByRole("button", { name: "登录" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "账号或密码" })).toBeVisible();
  await page.getByLabel("密码").fill(server().people["chakan"]!);
  await page.getByRole("button", { name: "登录" }).click();
  // The address of the sign-in page ends alike, for it says where to go on.
  await expect(page).toHaveURL((u) => u.pathname === "/campaigns" && u.search === "?state=active");
  await page.goto("/me");
  await page.getByRole("button", { name: "English" }).click();
  await expect(page.getByRole("heading", { name: "My account" })).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await context.close();
});

test("a session that ends is renewed in place", async ({ browser, viewport, faults }) => {
  const context = await browser.newContext({ baseURL: server().url, viewport });
  const page = await context.newPage();
  watch(page, faults);
  await page.goto("/sign-in");
  await page.getByLabel("账号").fill("chakan");
  await page.getByLabel("密码").fill(server().people["chakan"]!);
  await page.getByRole("button", { name: "登录" }).click();
  await expect(page.getByRole("heading", { name: "工作台" })).toBeVisible();
  await context.clearCookies();
  await page.getByRole("link", { name: "消息" }).click();
  const again = page.getByRole("dialog", { name: "登录已过期" });
  await expect(again).toBeVisible();
  await again.getByLabel("密码").fill(server().people["chakan"]!);
  await again.getByRole("button", { name: "继续" }).click();
  await expect(again).toBeHidden();
  await expect(page.getByRole("heading", { name: "消息" })).toBeVisible();
  await context.close();
});

test("a number of the workbench is what the API counts", async ({ as }) => {
  const api = await session("wangxin");
  const counts = (await (await api.get("/api/v1/assignments/counts")).json()) as Record<string, { count: number }>;
  const page = await as("wangxin");
  await page.goto("/");
  await expect(page.getByRole("navigation", { name: "待办数字" }).getByRole("link", { name: `${counts["overdue"]!.count} 逾期`, exact: true })).toBeVisible();
});
