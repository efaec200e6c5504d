import { defineConfig } from "@playwright/test";

// Debian's chromium: Playwright's own browsers are not to be had everywhere.
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: ".",
  outputDir: "../../../.tmp/e2e",
  globalSetup: "./server.ts",
  // A demo county for each, and a browser that leaves half of a core to its server.
  workers: process.env["E2E_SERVER"] ? 1 : 2,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  // What passes the second time is told as flaky, and does not keep a change from landing.
  retries: process.env["CI"] === "true" ? 1 : 0,
  forbidOnly: process.env["CI"] === "true",
  reporter: [["list"]],
  use: {
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    // A trace costs a sixth of the time: with a second try, that one has it.
    trace: process.env["CI"] === "true" ? "on-first-retry" : "retain-on-failure",
    launchOptions: {
      executablePath,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
  },
  projects: [
    { name: "desktop", use: { viewport: { width: 1280, height: 800 } }, testIgnore: /\.phone\.|pictures/ },
    { name: "phone", use: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }, testIgnore: /\.desktop\.|pictures/ },
    { name: "pictures", testMatch: /pictures/ },
  ],
});
