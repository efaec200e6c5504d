// Work for the tests, made through the API as an office would.
import { expect, session } from "./test";

interface Requirement {
  kind: string;
  title: string;
  compulsory?: boolean;
  why?: string;
  measure?: string;
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
  const task = await office.post(`/api/v1/campaigns/${c.id}/tasks`, { data: { title, due_on: today(options.due ?? 9), review: options.review ?? "direct", targets: { unit_ids: units }, requirements } });
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

/** A picture of its own, so that no two are taken for the same. */
export function picture(): { name: string; mimeType: string; buffer: Buffer } {
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  return { name: `现场${++numbered}.png`, mimeType: "image/png", buffer: png };
}
