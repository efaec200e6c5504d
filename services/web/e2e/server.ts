// Starts the program with a demo county on a free port and temporary data, once
// for all tests, and stops it afterwards. E2E_SERVER and E2E_PEOPLE name one
// that runs already (its address, and its demo-people.txt).
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Where the tests find the server, and who can sign in. */
export interface Server {
  url: string;
  people: Record<string, string>;
}

const root = resolve(import.meta.dirname, "../../..");

export default async function start(): Promise<(() => Promise<void>) | undefined> {
  const given = process.env["E2E_SERVER"];
  if (given) {
    publish({ url: given, people: people(process.env["E2E_PEOPLE"] ?? "") });
    return undefined;
  }
  const data = mkdtempSync(join(tmpdir(), "duban-e2e-"));
  const server = spawn(resolve(root, "bin/duban"), ["serve", "--demo", "--data", data, "--listen", "127.0.0.1:0", "--log", "warn"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const url = await new Promise<string>((found, failed) => {
    let said = "";
    const read = (chunk: Buffer): void => {
      said += chunk.toString();
      const ready = /Duban is ready at (\S+)/.exec(said);
      if (ready?.[1]) found(ready[1]);
    };
    server.stdout.on("data", read);
    server.stderr.on("data", read);
    server.on("error", failed);
    server.on("exit", (code) => failed(new Error(`bin/duban ended with ${code}:\n${said}`)));
  });
  publish({ url: url.replace("localhost", "127.0.0.1"), people: people(join(data, "demo-people.txt")) });
  return async () => {
    const ended = new Promise((done) => server.once("exit", done));
    server.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
}

// Lines of an account, its password and what it is for.
function people(file: string): Record<string, string> {
  const all = readFileSync(file, "utf8").matchAll(/^ {2}(\S+) +(\S+) {2,}|^ {2}(\S+) +(\S+) /gm);
  return Object.fromEntries([...all].map((m) => [m[1] ?? m[3], m[2] ?? m[4]]));
}

function publish(s: Server): void {
  process.env["E2E"] = JSON.stringify(s);
}
