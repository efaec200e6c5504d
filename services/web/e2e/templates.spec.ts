// A campaign is kept as a template, and the template becomes a campaign.
import { name } from "./county";
import { accessible, expect, fits, session, test } from "./test";

test("office: keep a campaign as a template, use it, rename it, throw it away", async ({ as }) => {
  const title = name("年年都办");
  const { items } = (await (await (await session("wangxin")).get("/api/v1/campaigns?q=宣传周")).json()) as { items: { id: string }[] };
  const page = await as("wangxin");
  await page.goto(`/campaigns/${items.at(-1)!.id}`);
  await page.getByRole("button", { name: "存为模板" }).click();
  const dialog = page.getByRole("dialog", { name: "存为模板" });
  await dialog.getByLabel("模板名称").fill(title);
  await accessible(page);
  await dialog.getByRole("button", { name: "保存" }).click();
  await expect(dialog).toBeHidden();

  await page.goto("/campaigns/templates");
  const one = page.getByRole("region", { name: "本单位的模板" }).getByRole("article", { name: title });
  await expect(one.getByText("7 天，9 项任务")).toBeVisible();
  await fits(page);
  await one.getByRole("link", { name: "用它新建" }).click();
  await expect(page.getByRole("radio", { name: title })).toBeChecked();
  await page.getByRole("button", { name: "创建并预演" }).click();
  await expect(page.getByRole("region", { name: "任务" }).getByRole("listitem")).toHaveCount(9);

  await page.goto("/campaigns/templates");
  await one.getByRole("button", { name: "改名称和说明" }).click();
  await one.getByLabel("用途说明").fill("每年九月");
  await one.getByRole("button", { name: "保存" }).click();
  await expect(one.getByText("每年九月")).toBeVisible();
  await one.getByRole("button", { name: "删除" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "删除" }).click();
  await expect(one).toHaveCount(0);
});
