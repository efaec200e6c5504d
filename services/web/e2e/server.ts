// Starts the program with a demo county on a free port and temporary data, once
// for each worker, and stops it afterwards: no worker sees what another does.
// E2E_SERVER and E2E_PEOPLE name one that runs already (its address, and its
// demo-people.txt), for one worker.
import type { FullConfig } from "@playwright/test";
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Where the tests find the server, and who can sign in. */
export interface Server {
  url: string;
  people: Record<string, string>;
}

const root = resolve(import.meta.dirname, "../../..");

interface Running {
  url: string;
  /** What it has printed. */
  said: string;
  stop: () => Promise<void>;
}

export default async function start(config: FullConfig): Promise<(() => Promise<void>) | undefined> {
  const given = process.env["E2E_SERVER"];
  if (given) {
    publish([{ url: given, people: people(process.env["E2E_PEOPLE"] ?? "") }]);
    return undefined;
  }
  const all = mkdtempSync(join(tmpdir(), "duban-e2e-"));
  const data = [...Array(config.workers).keys()].map((i) => join(all, String(i)));
  // The county is made once, and copied while nobody writes to it.
  const first = await serve(data[0]!, ["--demo"]);
  await first.stop();
  for (const other of data.slice(1)) cpSync(data[0]!, other, { recursive: true });
  const running = await Promise.all(data.map((d) => serve(d)));
  publish(running.map((r) => ({ url: r.url, people: people(join(data[0]!, "demo-people.txt")) })));
  return async () => {
    await Promise.all(running.map((r) => r.stop()));
    rmSync(all, { recursive: true, force: true });
  };
}

/** serve starts the program and waits until it is ready and has said what is waited for. */
export async function serve(data: string, more: string[] = [], says = /ready/): Promise<Running> {
  const server = spawn(resolve(root, "bin/duban"), ["serve", "--data", data, "--listen", "127.0.0.1:0", "--log", "warn", ...more], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const url = await new Promise<string>((found, failed) => {
    const read = (chunk: Buffer): void => {
      said += chunk.toString();
      const ready = /Duban is ready at (\S+)/.exec(said);
      if (ready?.[1] && says.test(said)) found(ready[1]);
    };
    server.stdout.on("data", read);
    server.stderr.on("data", read);
    server.on("error", failed);
    server.on("exit", (code) => failed(new Error(`bin/duban ended with ${code}:\n${said}`)));
  });
  const stop = async (): Promise<void> => {
    const ended = new Promise((done) => server.once("exit", done));
    server.kill("SIGTERM");
    await ended;
  };
  return { url: url.replace("localhost", "127.0.0.1"), said, stop };
}

// Lines of an account, its password and what it is for.
function people(file: string): Record<string, string> {
  const all = readFileSync(file, "utf8").matchAll(/^ {2}(\S+) +(\S+) {2,}|^ {2}(\S+) +(\S+) /gm);
  return Object.fromEntries([...all].map((m) => [m[1] ?? m[3], m[2] ?? m[4]]));
}

function publish(s: Server[]): void {
  process.env["E2E"] = JSON.stringify(s);
}
