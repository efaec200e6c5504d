// Pictures of the main screens, desktop and phone, into .tmp/pictures: to look
// at, and for the README.
import { join, resolve } from "node:path";
import { expect, session, test } from "./test";

const to = resolve(import.meta.dirname, "../../../.tmp/pictures");
const sizes = { desktop: { viewport: { width: 1280, height: 800 } }, phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } };

test("pictures of the main screens", async ({ as }) => {
  test.setTimeout(180_000);
  const api = await session("wangxin");
  const campaigns = ((await (await api.get("/api/v1/campaigns?limit=10")).json()) as { items: { id: string; state: string; template: string }[] }).items;
  const active = campaigns.find((c) => c.template === "inspection") ?? campaigns[0]!;
  const publicity = campaigns.find((c) => c.template === "publicity") ?? active;
  const late = ((await (await api.get("/api/v1/assignments?attention=overdue&limit=1")).json()) as { items: { id: string }[] }).items[0]!;
  const town = await session("t370283001");
  const soon = ((await (await town.get("/api/v1/assignments?attention=due_soon&limit=1")).json()) as { items: { id: string }[] }).items[0]!;
  const pages: [string, string, string][] = [
    ["workbench", "wangxin", "/"],
    ["campaigns", "wangxin", "/campaigns"],
    ["campaign-new", "wangxin", "/campaigns/new"],
    ["campaign", "wangxin", `/campaigns/${active.id}`],
    ["campaign-closed", "lingdao", `/campaigns/${publicity.id}`],
    ["assignments", "wangxin", "/assignments"],
    ["assignment-late", "wangxin", `/assignments/${late.id}`],
    ["assignment", "t370283001", `/assignments/${soon.id}`],
    ["progress", "lingdao", "/progress"],
    ["review", "wangxin", "/review"],
    ["notices", "wangxin", "/notices"],
    ["extensions", "wangxin", "/extension-requests"],
    ["me", "wangxin", "/me"],
  ];
  for (const [size, options] of Object.entries(sizes)) {
    for (const [name, who, path] of pages) {
      const page = await as(who, options);
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.getByText("正在加载")).toHaveCount(0);
      await page.screenshot({ path: join(to, `${name}-${size}.png`) });
      await page.close();
    }
  }
});
