// What a reviewer is shown beside a submission, and makes of it.
import { assigned, drawn, handedIn, name, unitOf } from "./county";
import { accessible, expect, fits, session, test } from "./test";

const photo = { kind: "photo", title: "现场照片", compulsory: true, why: "核对现场布置" };

interface Match {
  id: string;
  state: string;
  reason?: string;
}

test("reviewer: the same picture of two units is shown side by side, and judged by keyboard", async ({ as, isMobile }) => {
  const title = name("同一张照片");
  const school = await unitOf("u370283d13");
  const town = await unitOf("t370283001");
  const first = await assigned(title, [school, town], [photo]);
  const office = await session("wangxin");
  const all = (await (await office.get(`/api/v1/assignments?unit_id=${town}&limit=100`)).json()) as { items: { id: string; task_title: string }[] };
  const second = all.items.find((a) => a.task_title === title)!.id;
  const page = await as("wangxin");
  await page.goto("/");
  // Saved anew, so that it is alike, not the same bytes.
  const seed = Date.now() % 1_000_000;
  await handedIn("u370283d13", first, { name: "学校.jpg", buffer: await drawn(page, seed) });
  const submission = await handedIn("t370283001", second, { name: "镇街.jpg", buffer: await drawn(page, seed, 0.6) });
  const matches = async (): Promise<Match[]> => ((await (await office.get(`/api/v1/matches?submission_id=${submission}`)).json()) as { items: Match[] }).items;
  await expect.poll(async () => (await matches()).length, { timeout: 120_000 }).toBe(1);

  await page.goto(`/review/${second}`);
  const region = page.getByRole("region", { name: /相同或相似的材料/ });
  const pair = region.getByRole("article", { name: "镇街.jpg 与以前的材料" });
  await expect(pair.getByText("同一张图片（另存、缩放或调整过）")).toBeVisible();
  const now = pair.getByRole("figure").nth(0);
  const before = pair.getByRole("figure").nth(1);
  await expect(now.getByRole("img", { name: "后提供：镇街.jpg" })).toBeVisible();
  await expect(before.getByRole("img", { name: "先提供：学校.jpg" })).toBeVisible();
  // Where and when it was used before is a link to it.
  await expect(before.getByRole("list", { name: "用在" }).getByRole("link", { name: title })).toHaveAttribute("href", `/assignments/${first}`);
  const [a, b] = [await now.boundingBox(), await before.boundingBox()];
  expect(Math.abs(a!.y - b!.y), "side by side").toBeLessThan(2);
  await before.getByText("拍摄时间和地点").click();
  await expect(before.getByText(/图片没有记录拍摄时间/)).toBeVisible();
  await fits(page);
  await accessible(page);

  // Judging is done by a human, with a reason; "r" in its field types, and returns nothing.
  const confirm = pair.getByRole("button", { name: "重复使用" });
  await confirm.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "重复使用" });
  await accessible(page);
  await dialog.getByRole("button", { name: "重复使用", exact: true }).click();
  await expect(dialog.getByText("请填写理由。")).toBeVisible();
  await dialog.getByRole("textbox", { name: "理由" }).pressSequentially("repeat: 与学校的是同一张");
  await dialog.getByRole("button", { name: "重复使用", exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(pair.getByText("已认定重复使用")).toBeVisible();
  expect(await matches()).toMatchObject([{ state: "confirmed", reason: "repeat: 与学校的是同一张" }]);

  // Minds change; what is handed in stays as it is meanwhile.
  await pair.getByRole("button", { name: "无关" }).click();
  const other = page.getByRole("dialog", { name: "无关" });
  await other.getByRole("button", { name: "联合开展的同一场活动" }).click();
  await other.getByRole("button", { name: "无关", exact: true }).click();
  await expect(pair.getByText("已认定无关")).toBeVisible();
  await expect(page.getByRole("button", { name: /通过/ })).toBeVisible();
  if (!isMobile) {
    await page.getByRole("heading", { level: 1 }).focus();
    await page.keyboard.press("a");
    await expect(page.getByText("已通过")).toBeVisible();
  }

  // The unit itself is not told what its picture was compared with.
  const unit = await as("u370283d13");
  await unit.goto(`/assignments/${first}`);
  await expect(unit.getByRole("region", { name: "办理记录" })).toBeVisible();
  await expect(unit.getByText("相同或相似的材料")).toHaveCount(0);
});
