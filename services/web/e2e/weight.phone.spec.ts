// What the first page weighs: scripts of the first route, compressed, as the
// program sends them; and how soon it shows on a slow line.
import { expect, server, session, test } from "./test";

const budget = 250 * 1024;

test("the first route loads at most 250 kB of compressed script, and no other host", async ({ as }) => {
  for (const [what, path] of [
    ["sign in", "/sign-in"],
    ["workbench", "/"],
  ] as const) {
    const page = path === "/" ? await as("u370283d13") : await as("u370283d13", { storageState: { cookies: [], origins: [] } });
    const sizes: Promise<number>[] = [];
    const hosts = new Set<string>();
    page.on("requestfinished", (r) => {
      hosts.add(new URL(r.url()).host);
      if (r.resourceType() === "script") sizes.push(r.sizes().then((s) => s.responseBodySize));
    });
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByText("正在加载")).toHaveCount(0);
    const total = (await Promise.all(sizes)).reduce((a, b) => a + b, 0);
    console.log(`figure: script of ${what}: ${(total / 1024).toFixed(0)} kB compressed in ${sizes.length} files (at most 250)`);
    expect(total).toBeGreaterThan(10_000);
    expect(total).toBeLessThanOrEqual(budget);
    expect([...hosts]).toEqual([new URL(server().url).host]);
    await page.close();
  }
});

test("the first page on a slow line", async ({ as }) => {
  await (await session("u370283d13")).dispose();
  const page = await as("u370283d13");
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 90_000 });
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "工作台" })).toBeVisible();
  await expect(page.getByText("正在加载")).toHaveCount(0);
  const lcp = await page.evaluate(
    () =>
      new Promise<number>((done) => {
        new PerformanceObserver((l) => done(l.getEntries().at(-1)!.startTime)).observe({ type: "largest-contentful-paint", buffered: true });
      }),
  );
  // Printed, not held: other work on the machine must not fail the tests.
  console.log(`figure: largest paint at 4× CPU and 1.6 Mbit/s: ${(lcp / 1000).toFixed(1)} s (aim: 3)`);
  expect(lcp).toBeGreaterThan(0);
});
