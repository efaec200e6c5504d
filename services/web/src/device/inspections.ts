// Inspections that are on this device and not, or not wholly, with the server.
// The id of each is made here and its commands keep their keys, so that each is
// carried out exactly once, however often it is tried.
import { reactive } from "vue";
import { api, etag, newKey, ok } from "../api/client";
import { asProblem, lostRace, type Problem } from "../api/problem";
import { me } from "../api/session";
import { askConflict, mostRaces, saving } from "../parts/conflict";
import { queries } from "../queries";
import { keyOf, said, sameAnswer, type Answer, type Device, type Inspection } from "../screens/inspections/answers";
import { drop, keep, kept, things } from "./drafts";
import { keptUploads } from "./store";
import { inTurn } from "./turns";

export interface Plan {
  unit_id: string;
  unit_name: string;
  checklist_id: string;
}

/** Given is an answer as it is kept. */
export interface Given extends Answer {
  /** Not whole yet: it stays here. */
  half?: boolean;
  /** What the server had said when it was begun; null for nothing. */
  base?: Answer | null;
  /** What was sent without an answer: if the server has one of them, it is one's own. */
  tried?: Answer[];
}

interface Sent {
  key: string;
  /** It can be taken back until then. */
  after?: number;
}
interface Handing {
  busy: boolean;
  problem?: Problem | undefined;
}
type Parts = Record<string, unknown>;

/** undoable is for how many seconds sending can be taken back. */
export const undoable = 5;

export const thingOf = (id: string): string => `inspection.${id}`;
export const idOf = (thing: string): string | undefined => (thing.startsWith("inspection.") ? thing.slice("inspection.".length) : undefined);
export const placeOf = (id: string): string => `inspection-${id}/`;
export const partsOf = (id: string): Parts => kept<unknown>(thingOf(id));
const givens = (parts: Parts): [string, Given][] => Object.entries(parts).filter(([k]) => k.startsWith("answer ")) as [string, Given][];

/** plain is an answer without what is kept beside it. */
export function plain({ half: _, base: _base, tried: _tried, ...a }: Given): Answer {
  return a;
}

/** waits tells whether something of an inspection can be handed over. */
export const waits = (id: string): boolean => {
  const parts = partsOf(id);
  return Object.entries(parts).some(([k, v]) => k !== "plan" && !(v as Given).half);
};

const handings = reactive(new Map<string, Handing>());
export function handing(id: string): Handing {
  if (!handings.has(id)) handings.set(id, { busy: false });
  return handings.get(id)!;
}
// What this window has saved, by inspection and answer: see device/submissions.
const own = new Map<string, Answer[]>();

/** forgetHandings is for when somebody else goes on at this device. */
export function forgetHandings(): void {
  handings.clear();
  own.clear();
}

const one = (id: string): readonly [string, string, string] => ["inspection", "one", id];
const server = (id: string): Inspection | undefined => queries.getQueryData(one(id));
const store = (i: Inspection): void => void queries.setQueryData(one(i.id), i);
export const fetchOne = (id: string): Promise<Inspection> => ok(api.GET("/api/v1/inspections/{id}", { params: { path: { id } } }));
const current = async (id: string): Promise<Inspection> => server(id) ?? (await queries.fetchQuery({ queryKey: one(id), queryFn: () => fetchOne(id) }));
const params = (id: string, version: number, key: string = newKey()) => ({ path: { id }, header: { "If-Match": etag(version), "Idempotency-Key": key } });
const answerOf = (i: Inspection | undefined, key: string): Answer | undefined => i?.answers?.find((a) => keyOf(a.item_key, a.device_id) === key);

/** saidOf is what the server has said of an answer; null for nothing. */
export const saidOf = (id: string, key: string): Answer | null => answerOf(server(id), key) ?? null;

/** give keeps an answer, with what the server had said when it was begun. */
export function give(id: string, a: Answer, half = false, begun?: Answer | null): void {
  const key = keyOf(a.item_key, a.device_id);
  const before = partsOf(id)[key] as Given | undefined;
  const { base = begun === undefined ? saidOf(id, key) : begun, tried } = before ?? {};
  keep<Given>(thingOf(id), key, { ...plain(a), base, ...(tried ? { tried } : {}), ...(half ? { half } : {}) });
}

/** addFile puts a file that has arrived to the answer as it is at this moment. */
export async function addFile(id: string, item: string, device: string | undefined, file: string): Promise<void> {
  const key = keyOf(item, device);
  const before = partsOf(id)[key] as Given | undefined;
  const now = before ?? answerOf(partsOf(id)["plan"] ? undefined : await current(id), key) ?? { item_key: item, result: "fail" as const, ...(device ? { device_id: device } : {}) };
  give(id, { ...plain(now), file_ids: [...(now.file_ids ?? []).filter((f) => f !== file), file] }, before?.half);
}

/** send has the inspection sent once the moment to take it back is over; unsend takes it back. */
export function send(id: string): void {
  keep<Sent>(thingOf(id), "send", { key: newKey(), after: Date.now() + undoable * 1000 });
}
export function unsend(id: string): void {
  const s = partsOf(id)["send"] as Sent | undefined;
  if (s) drop(thingOf(id), "send", s);
}

/** due tells that the moment to take the sending back is over, and it has not gone. */
export function due(id: string): boolean {
  const s = partsOf(id)["send"] as Sent | undefined;
  return !!s?.after && Date.now() >= s.after && Date.now() < s.after + 5000;
}

/** handOver hands over what waits of an inspection, in the order in which it builds up. */
export function handOver(id: string): Promise<void> {
  const owner = me.value?.id ?? "";
  return inTurn(`hand.${owner}.${thingOf(id)}`, async () => {
    const state = handing(id);
    if (!waits(id)) return;
    state.busy = true;
    try {
      if (me.value?.id === owner) await pass(id, owner);
      state.problem = undefined;
    } catch (e) {
      state.problem = asProblem(e);
    } finally {
      state.busy = false;
    }
  });
}

async function pass(id: string, owner: string): Promise<void> {
  const plan = partsOf(id)["plan"] as Plan | undefined;
  if (plan) await handPlan(id, plan);
  const devices = partsOf(id)["devices"] as Device[] | undefined;
  if (devices) await handDevices(id, devices);
  await handAnswers(id);
  const s = partsOf(id)["send"] as Sent | undefined;
  if (!s || Date.now() < (s.after ?? 0) || givens(partsOf(id)).length) return;
  // Its pictures come first, whichever window sends them.
  if ((await keptUploads(owner, placeOf(id))).length) return;
  if (partsOf(id)["send"]) await handSend(id, s);
}

// The id of one's own making keeps it from being planned twice.
async function handPlan(id: string, p: Plan): Promise<void> {
  store(await ok(api.POST("/api/v1/inspections", { params: { header: { "Idempotency-Key": newKey() } }, body: { id, unit_id: p.unit_id, checklist_id: p.checklist_id, kind: "spot" } })));
  drop(thingOf(id), "plan", p);
}

async function handDevices(id: string, all: Device[]): Promise<void> {
  const saved = await saving(
    (await current(id)).version,
    (v) => ok(api.PATCH("/api/v1/inspections/{id}", { params: params(id, v), body: { devices: all } })),
    () => [],
    () => fetchOne(id),
  );
  if (saved) store(saved);
  drop(thingOf(id), "devices", all);
}

async function handAnswers(id: string): Promise<void> {
  const thing = thingOf(id);
  for (let i: Inspection | undefined, lost = 0; ;) {
    // An answer that is only half given stays here until it is whole.
    const batch = givens(partsOf(id)).filter(([, a]) => !a.half);
    if (!batch.length) return;
    i ??= await current(id);
    const apart = batch.filter(([k, a]) => {
      const theirs = answerOf(i, k);
      return a.base !== undefined && ![a.base ?? undefined, a, ...(a.tried ?? []), ...(own.get(`${id} ${k}`) ?? [])].some((own) => sameAnswer(theirs, own));
    });
    if (apart.length) {
      const title = (a: Answer): string => i?.items?.find((x) => x.key === a.item_key)?.title ?? a.item_key;
      const mine = await askConflict(apart.map(([k, a]) => ({ label: title(a), mine: said(a), theirs: said(answerOf(i, k)) })));
      for (const [k, a] of apart) {
        if (mine) keep<Given>(thing, k, { ...a, base: answerOf(i, k) ?? null });
        else drop(thing, k, a);
      }
      continue;
    }
    const sent = batch.filter(([k, a]) => !sameAnswer(answerOf(i, k), a));
    for (const [k, a] of sent) keep<Given>(thing, k, { ...a, tried: [...(a.tried ?? []), plain(a)].slice(-5) });
    if (sent.length) {
      const version: number = i.version;
      try {
        store((i = await ok(api.PUT("/api/v1/inspections/{id}/answers", { params: params(id, version), body: { answers: sent.map(([, a]) => plain(a)) } }))));
      } catch (e) {
        if (!lostRace(e) || ++lost > mostRaces) throw e;
        store((i = await fetchOne(id)));
        continue;
      }
    }
    for (const [k, a] of batch) {
      own.set(`${id} ${k}`, [...(own.get(`${id} ${k}`) ?? []), plain(a)].slice(-5));
      settle(thing, k, a);
    }
    return;
  }
}

/** settle forgets what the server has; what was given in the meantime goes on from there. */
function settle(thing: string, key: string, handed: Given): void {
  const now = kept<Given>(thing)[key];
  if (!now) return;
  if (sameAnswer(now, handed)) return drop(thing, key, now);
  const { tried: _, ...rest } = now;
  keep<Given>(thing, key, { ...rest, base: plain(handed) });
}

async function handSend(id: string, s: Sent): Promise<void> {
  const thing = thingOf(id);
  try {
    const sent = await saving<Inspection, Inspection>(
      (await current(id)).version,
      (v) => ok(api.POST("/api/v1/inspections/{id}/send", { params: params(id, v, s.key), body: {} })),
      () => [],
      () => fetchOne(id),
    );
    if (sent) store(sent);
  } catch (e) {
    const p = asProblem(e);
    if (p.unanswered) throw e;
    const now = await fetchOne(id);
    store(now);
    // The answer of an earlier try was lost: it is sent.
    if (now.state !== "sent") {
      drop(thing, "send", s);
      // The earlier try ended before it took effect: it is due again, as a new command.
      if (p.code !== "idempotency_unknown") throw e;
      keep<Sent>(thing, "send", { key: newKey() });
      return pass(id, me.value?.id ?? "");
    }
  }
  drop(thing, "send", s);
  for (const kind of ["inspection", "finding", "rollup"]) void queries.invalidateQueries({ queryKey: [kind] });
}

// The program is left while one could still be taken back: it goes at once, and
// is asked for again under the same key when the program is opened.
if (typeof window !== "undefined") {
  window.addEventListener("pagehide", () => {
    for (const id of things().flatMap((x) => idOf(x) ?? [])) {
      const { send: s, ...others } = partsOf(id) as { send?: Sent };
      const i = server(id);
      if (!s || !i || Object.keys(others).length || Date.now() >= (s.after ?? 0)) continue;
      const headers = { "Content-Type": "application/json", "If-Match": etag(i.version), "Idempotency-Key": s.key };
      void fetch(`/api/v1/inspections/${encodeURIComponent(id)}/send`, { method: "POST", keepalive: true, credentials: "same-origin", headers, body: "{}" }).catch(() => undefined);
    }
  });
}
