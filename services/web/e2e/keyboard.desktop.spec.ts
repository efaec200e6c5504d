// The main jobs with the keyboard alone: nothing here clicks.
import type { Locator, Page } from "@playwright/test";
import { assigned, name, unitOf } from "./county";
import { expect, session, test } from "./test";

/** reach tabs on until something has the focus, as a person would, and fails where it never gets it. */
async function reach(page: Page, to: Locator, key = "Tab"): Promise<void> {
  await expect(to).toBeVisible();
  const there = (): Promise<boolean> => to.evaluate((e) => e === document.activeElement);
  for (let i = 0; i < 150; i++) {
    if (await there()) break;
    await page.keyboard.press(key);
  }
  await expect(to, "is reached with the keyboard").toBeFocused();
  // What has the focus shows it.
  const outline = await to.evaluate((e) => {
    const s = getComputedStyle(e);
    const label = e.previousElementSibling ? getComputedStyle(e.previousElementSibling).outlineStyle : "none";
    return s.outlineStyle !== "none" || s.boxShadow !== "none" || label !== "none";
  });
  expect(outline, "the focus shows").toBe(true);
}

async function press(page: Page, to: Locator): Promise<void> {
  await reach(page, to);
  await page.keyboard.press("Enter");
}

test("office: a campaign from its template to its dry run, and issued", async ({ as }) => {
  const title = name("键盘下发");
  const page = await as("wangxin");
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "工作台" })).toBeFocused();
  await reach(page, page.getByRole("navigation", { name: "导航" }).getByRole("link", { name: "专项行动" }), "Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "专项行动", level: 1 })).toBeFocused();
  await press(page, page.getByRole("link", { name: "新建专项行动" }));
  await expect(page.getByRole("heading", { name: "新建专项行动" })).toBeFocused();
  // Radios of one name are one stop; arrows go through them.
  await expect(page.getByRole("radio").first()).toBeVisible();
  await page.keyboard.press("Tab");
  for (
    let i = 0;
    i < 6 &&
    !(await page
      .getByRole("radio")
      .first()
      .evaluate((e) => e === document.activeElement || document.activeElement?.getAttribute("type") === "radio"));
    i++
  )
    await page.keyboard.press("Tab");
  const last = page.getByRole("radio").last();
  for (let i = 0; i < 8 && !(await last.isChecked()); i++) await page.keyboard.press("ArrowDown");
  await expect(last).toBeChecked();
  await reach(page, page.getByLabel("名称"));
  await page.keyboard.press("Control+a");
  await page.keyboard.type(title);
  await press(page, page.getByRole("button", { name: "创建并预演" }));
  await expect(page.getByRole("heading", { name: title })).toBeVisible();

  await press(page, page.getByRole("button", { name: "增加任务" }));
  const form = page.getByRole("form", { name: "增加任务" });
  await reach(page, form.getByLabel("任务名称"));
  await page.keyboard.type(title);
  const unit = form.getByRole("searchbox").last();
  await reach(page, unit);
  await page.keyboard.type("档案馆");
  await press(page, form.getByRole("list", { name: "找到的单位" }).getByRole("button").first());
  await press(page, form.getByRole("button", { name: "保存" }));
  const issue = page.getByRole("button", { name: "下发 1 项任务" });
  await expect(issue).toBeEnabled();
  await press(page, issue);
  await press(page, page.getByRole("dialog", { name: "下发" }).getByRole("button", { name: "下发" }));
  await expect(page.getByText("进行中", { exact: true })).toBeVisible();
});

test("unit and office: hand in a figure, review it", async ({ as }) => {
  const title = name("键盘报送");
  const id = await assigned(title, [await unitOf("u370283d13")], [{ kind: "number", title: "参加人数", compulsory: true, measure: "人" }]);
  const unit = await as("u370283d13");
  await unit.goto("/");
  await press(unit, unit.getByRole("link", { name: new RegExp(title) }).first());
  await expect(unit.getByRole("heading", { name: title })).toBeFocused();
  await press(unit, unit.getByRole("button", { name: "签收" }));
  await expect(unit.getByText("办理中", { exact: true })).toBeVisible();
  await reach(unit, unit.getByLabel("参加人数"));
  await unit.keyboard.type("26");
  await press(unit, unit.getByRole("button", { name: "报送", exact: true }));
  await expect(unit.getByText("已报送，等待审核。")).toBeVisible();

  const office = await as("wangxin");
  await office.goto(`/review/${id}`);
  await expect(office.getByRole("button", { name: /退回/ })).toBeVisible();
  await office.keyboard.press("r");
  const dialog = office.getByRole("dialog", { name: "退回" });
  await expect(dialog).toBeVisible();
  // The dialogue keeps the focus, gives it back, and Escape changes nothing.
  for (let i = 0; i < 20; i++) {
    await office.keyboard.press("Tab");
    expect(await office.evaluate(() => !!document.activeElement?.closest("[role=dialog]") || document.activeElement === document.body)).toBe(true);
  }
  await office.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await office.keyboard.press("a");
  await expect(office.getByText("已通过")).toBeVisible();
  const after = (await (await (await session("wangxin")).get(`/api/v1/assignments/${id}`)).json()) as { state: string };
  expect(after.state).toBe("approved");
});
