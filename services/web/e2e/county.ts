// Work for the tests, made through the API as an office would.
import type { Page } from "@playwright/test";
import { expect, session } from "./test";

interface Requirement {
  kind: string;
  title: string;
  compulsory?: boolean;
  why?: string;
  measure?: string;
  register?: string;
  columns?: { key: string; title: string; type: string; required?: boolean }[];
}

let numbered = 0;

/** name makes a title no other test has. */
export const name = (what: string): string => `${what}${process.pid}-${++numbered}`;

export const today = (plus = 0): string => new Date(Date.now() + 8 * 3_600_000 + plus * 86_400_000).toISOString().slice(0, 10);

/** unitOf is where somebody works. */
export async function unitOf(account: string): Promise<string> {
  return ((await (await (await session(account)).get("/api/v1/me")).json()) as { unit: { id: string } }).unit.id;
}

/** assigned issues a task to the units and answers the id of the assignment of the first. */
export async function assigned(title: string, units: string[], requirements: Requirement[], options: { due?: number; review?: string } = {}): Promise<string> {
  const office = await session("wangxin");
  const c = (await (await office.post("/api/v1/campaigns", { data: { title, starts_on: today(), ends_on: today(9) } })).json()) as { id: string };
  const task = await office.post(`/api/v1/campaigns/${c.id}/tasks`, {
    data: { title, due_on: today(options.due ?? 9), review: options.review ?? "direct", targets: { unit_ids: units }, requirements },
  });
  expect(task.status(), await task.text()).toBe(201);
  const issued = await office.post(`/api/v1/campaigns/${c.id}/issue`);
  expect(issued.status(), await issued.text()).toBe(202);
  let id = "";
  await expect
    .poll(async () => {
      const l = (await (await office.get(`/api/v1/assignments?campaign_id=${c.id}&unit_id=${units[0]}`)).json()) as { items: { id: string }[] };
      id = l.items[0]?.id ?? "";
      return id;
    })
    .not.toBe("");
  return id;
}

/** A small picture under a name of its own; all of them look alike. */
export function picture(): { name: string; mimeType: string; buffer: Buffer } {
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  return { name: `现场${++numbered}.png`, mimeType: "image/png", buffer: png };
}

/** drawn makes a JPEG with enough in it to be told from others, as the browser of the page draws it. */
export async function drawn(page: Page, seed: number, quality = 0.9): Promise<Buffer> {
  const url = await page.evaluate(
    ([seed, quality]) => {
      const c = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
      const g = c.getContext("2d")!;
      let s = seed!;
      const next = (n: number): number => ((s = (s * 1103515245 + 12345) & 0x7fffffff), (s >> 8) % n);
      for (let i = 0; i < 90; i++) {
        g.fillStyle = `rgb(${next(256)} ${next(256)} ${next(256)})`;
        g.fillRect(next(640), next(480), 30 + next(200), 30 + next(160));
      }
      return c.toDataURL("image/jpeg", quality);
    },
    [seed, quality],
  );
  return Buffer.from(url.split(",")[1]!, "base64");
}

/** uploaded sends a file in one go, for the unit that the right to upload comes from, and answers its id. */
export async function uploaded(account: string, file: { name: string; buffer: Buffer }): Promise<string> {
  const r = await (
    await session(account)
  ).post("/api/v1/uploads", {
    headers: {
      "Tus-Resumable": "1.0.0",
      "Upload-Length": String(file.buffer.length),
      "Upload-Metadata": `filename ${Buffer.from(file.name).toString("base64")}`,
      "Content-Type": "application/offset+octet-stream",
    },
    data: file.buffer,
  });
  expect(r.status(), await r.text()).toBe(201);
  return r.headers()["duban-file-id"]!;
}

/** handedIn submits a file for the first requirement of an assignment, as somebody of its unit. */
export async function handedIn(account: string, assignment: string, file: { name: string; buffer: Buffer }): Promise<string> {
  const api = await session(account);
  const id = await uploaded(account, file);
  const s = (await (await api.post("/api/v1/submissions", { data: { target: "assignment", target_id: assignment } })).json()) as { id: string; requirements: { id: string }[] };
  const item = await api.put(`/api/v1/submissions/${s.id}/items/${s.requirements[0]!.id}`, { data: { file_ids: [id] } });
  expect(item.status(), await item.text()).toBe(200);
  const sealed = await api.post(`/api/v1/submissions/${s.id}/seal`, { data: {} });
  expect(sealed.status(), await sealed.text()).toBe(200);
  return s.id;
}
