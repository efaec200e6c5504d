import { expect, it, vi } from "vitest";
import { Problem } from "../api/problem";
import { asked, saving } from "./conflict";

const stale = (): Promise<never> => Promise.reject(new Problem({ status: 412, code: "stale" }));
const compare = (c: { version: number; note: string }) => [{ label: "note", mine: "mine", theirs: c.note }];

it("saves over the newer version when the person says so", async () => {
  const versions: number[] = [];
  const save = (v: number): Promise<string> => (versions.push(v), v === 1 ? stale() : Promise.resolve("saved"));
  const done = saving(1, save, compare, () => Promise.resolve({ version: 2, note: "theirs" }));
  await vi.waitUntil(() => asked.value);
  expect(asked.value!.differences).toEqual([{ label: "note", mine: "mine", theirs: "theirs" }]);
  asked.value!.answer(true);
  expect(await done).toBe("saved");
  expect(versions).toEqual([1, 2]);
});

it("leaves the other version when the person takes it", async () => {
  const done = saving(1, stale, compare, () => Promise.resolve({ version: 2, note: "theirs" }));
  await vi.waitUntil(() => asked.value);
  asked.value!.answer(false);
  expect(await done).toBeUndefined();
});

it.each([
  ["changed_meanwhile", 409],
  ["stale", 412],
])("takes %s (%i) for a lost race", async (code, status) => {
  let tried = 0;
  const save = (): Promise<string> => (tried++ === 0 ? Promise.reject(new Problem({ status, code })) : Promise.resolve("saved"));
  const done = saving(1, save, compare, () => Promise.resolve({ version: 2, note: "theirs" }));
  await vi.waitUntil(() => asked.value);
  asked.value!.answer(true);
  expect(await done).toBe("saved");
});

it("asks nothing of what is refused for another reason", async () => {
  const refused = new Problem({ status: 409, code: "wrong_state" });
  await expect(
    saving(
      1,
      () => Promise.reject(refused),
      compare,
      () => Promise.resolve({ version: 2, note: "theirs" }),
    ),
  ).rejects.toBe(refused);
});

it("gives up where others are always faster", async () => {
  let version = 1;
  await expect(saving(1, stale, compare, () => Promise.resolve({ version: ++version, note: "mine" }))).rejects.toMatchObject({ code: "stale" });
  expect(version).toBe(6);
});

it("asks nothing where nothing differs", async () => {
  let tried = 0;
  const save = (): Promise<string> => (tried++ === 0 ? stale() : Promise.resolve("saved"));
  expect(await saving(1, save, compare, () => Promise.resolve({ version: 2, note: "mine" }))).toBe("saved");
});
