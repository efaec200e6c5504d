// What is given for submissions, kept on the device until the server has it.
// Each part is kept with what the server had said when it was begun: what is
// compared later is what others changed, never what this device typed itself.
import { reactive } from "vue";
import { api, etag, newKey, ok, type Schemas } from "../api/client";
import { asProblem, lostRace, type Problem } from "../api/problem";
import { me } from "../api/session";
import { askConflict, mostRaces } from "../parts/conflict";
import { bodyOf, empty, merged, same, shown, type Body } from "../parts/items";
import { queries } from "../queries";
import { forget, keep, kept } from "./drafts";
import { inTurn } from "./turns";

export type Submission = Schemas["EvidenceSubmission"];

/** Target is what a submission answers. */
export interface Target {
  target: "assignment" | "rectification";
  id: string;
}

/** Draft is what was given for one requirement. */
export interface Draft {
  body: Body;
  /** What the server had said when it was begun. */
  base?: Body;
  /** What was sent without an answer: if the server has one of them, it is one's own. */
  tried?: Body[];
  /** What the requirement is called, and what it belongs to. */
  title?: string;
  of?: string;
}

/** Handing is how handing over goes, by requirement. */
interface Handing {
  saving: Record<string, number>;
  problems: Record<string, Problem>;
}

export const thingOf = (t: Target): string => (t.target === "assignment" ? t.id : `report.${t.id}`);
/** placeOf begins the places of the files for a thing. */
export const placeOf = (t: Target): string => (t.target === "assignment" ? `${t.id}/` : `rectification-${t.id}/`);
export function targetOf(thing: string): Target | undefined {
  const id = thing.startsWith("report.") ? thing.slice("report.".length) : thing;
  return /^[0-9a-f-]{36}$/.test(id) ? { target: id === thing ? "assignment" : "rectification", id } : undefined;
}

const handings = reactive(new Map<string, Handing>());

/** handing is how it goes with a thing. */
export function handing(thing: string): Handing {
  if (!handings.has(thing)) handings.set(thing, { saving: {}, problems: {} });
  return handings.get(thing)!;
}

// What this window has saved, by thing and requirement. Somebody who began to
// type before the answer came began from what had been before it: what the
// server says then is still nobody else's.
const own = new Map<string, Body[]>();

/** forgetHandings is for when somebody else goes on at this device. */
export function forgetHandings(): void {
  handings.clear();
  own.clear();
}

/** drafts are what is kept for a thing. Earlier versions of the program kept no more than a body, or a text. */
export function drafts(thing: string): Record<string, Draft> {
  return Object.fromEntries(Object.entries(kept<Draft | Body | string>(thing)).map(([r, d]) => [r, typeof d === "string" ? { body: { text: d } } : "body" in d ? d : { body: d }]));
}

export const itemOf = (s: Submission | undefined, requirement: string): Body => bodyOf(s?.items.find((i) => i.requirement_id === requirement));

/** bodyNow is what shows: what was given here, put on what the server said. */
export function bodyNow(thing: string, s: Submission | undefined, requirement: string): Body {
  const d = drafts(thing)[requirement];
  const now = itemOf(s, requirement);
  return d ? merged(d.base, d.body, now).body : now;
}

/** give keeps a change of what is given; base is what the server had said when it was begun. */
export function give(t: Target, requirement: string, change: (now: Body) => Body, about: { base: Body; title?: string | undefined; of?: string | undefined }): void {
  const thing = thingOf(t);
  const d = drafts(thing)[requirement];
  const { base, title, of } = about;
  keep<Draft>(thing, requirement, { ...(d ?? { base }), body: change(d?.body ?? base), ...(title ? { title } : {}), ...(of ? { of } : {}) });
  delete handing(thing).problems[requirement];
}

/** addFile gives a file that has arrived; it needs to know nothing of what else is given. */
export function addFile(t: Target, requirement: string, fileId: string): void {
  give(t, requirement, (now) => ({ ...now, file_ids: [...(now.file_ids ?? []).filter((f) => f !== fileId), fileId] }), { base: {} });
}

const one = (id: string): readonly [string, string, string] => ["submission", "one", id];

/** store puts an answer where pages show it; answers may overtake one another. */
export function store(s: Submission): void {
  const known = queries.getQueryData<Submission>(one(s.id));
  if (!known || known.version <= s.version) queries.setQueryData(one(s.id), s);
}

/** opened is the draft of a thing: the one that is known, or the one the server answers or begins. */
export async function opened(t: Target): Promise<Submission> {
  const known = queries.getQueriesData<Submission>({ queryKey: ["submission", "one"] }).find(([, s]) => s?.state === "draft" && s.target === t.target && s.target_id === t.id)?.[1];
  if (known) return known;
  const s = await ok(api.POST("/api/v1/submissions", { params: { header: { "Idempotency-Key": newKey() } }, body: { target: t.target, target_id: t.id } }));
  store(s);
  await queries.invalidateQueries({ queryKey: ["submission", "of", t.id] });
  return s;
}

/** inTurnOf runs an act on a thing when nothing else is being handed over for it. */
export const inTurnOf = <T>(t: Target, act: () => Promise<T>): Promise<T> => inTurn(`hand.${me.value?.id}.${thingOf(t)}`, act);

/** handOver hands over everything that is kept for a thing; it answers whether nothing is left. What was refused is tried again where `again` says so. */
export function handOver(t: Target, again = true): Promise<boolean> {
  const thing = thingOf(t);
  const owner = me.value?.id;
  const state = handing(thing);
  const waits = Object.keys(drafts(thing));
  for (const r of waits) state.saving[r] = (state.saving[r] ?? 0) + 1;
  return inTurnOf(t, async () => {
    let all = true;
    try {
      for (const r of Object.keys(drafts(thing))) {
        if (me.value?.id !== owner) return false;
        if (!again && state.problems[r] && !state.problems[r].unanswered) all = false;
        else all = (await handOne(t, r, state)) && all;
      }
    } finally {
      for (const r of waits) state.saving[r] = (state.saving[r] ?? 1) - 1;
    }
    return all;
  });
}

async function handOne(t: Target, requirement: string, state: Handing): Promise<boolean> {
  const thing = thingOf(t);
  try {
    for (let s = await opened(t), lost = 0; ;) {
      const d = drafts(thing)[requirement];
      if (!d) return true;
      const now = itemOf(s, requirement);
      const base = [...(d.tried ?? []), ...(own.get(`${thing} ${requirement}`) ?? [])].some((x) => same(now, x)) ? now : d.base;
      const { body, apart } = merged(base, d.body, now);
      if (apart) {
        const title = d.title ?? s.requirements.find((r) => r.id === requirement)?.title ?? "";
        const mine = await askConflict([{ label: [d.of, title].filter(Boolean).join(" · "), mine: shown(body), theirs: shown(now) }]);
        // What others made of it has been seen now.
        keep<Draft>(thing, requirement, { ...d, base: now, body: mine ? body : merged(base, d.body, now, "theirs").body });
        continue;
      }
      if (same(body, now)) {
        settle(thing, requirement, d, now);
        delete state.problems[requirement];
        return true;
      }
      keep<Draft>(thing, requirement, { ...d, ...(base ? { base } : {}), tried: [...(d.tried ?? []), body].slice(-5) });
      const saved = await write(s, requirement, body, ++lost);
      if (!saved) {
        s = await ok(api.GET("/api/v1/submissions/{id}", { params: { path: { id: s.id } } }));
        store(s);
        continue;
      }
      store((s = saved));
      own.set(`${thing} ${requirement}`, [...(own.get(`${thing} ${requirement}`) ?? []), itemOf(saved, requirement)].slice(-5));
      settle(thing, requirement, d, itemOf(saved, requirement));
      delete state.problems[requirement];
      return true;
    }
  } catch (e) {
    const p = asProblem(e);
    state.problems[requirement] = p;
    if (!p.unanswered) void queries.invalidateQueries({ queryKey: ["submission"] });
    // Refused is not taken: what the server has then is somebody else's.
    const d = drafts(thing)[requirement];
    if (d?.tried && !p.unanswered) {
      keep<Draft>(thing, requirement, { ...d, tried: d.tried.slice(0, -1) });
    }
    return false;
  }
}

/** write saves an item at the version that is known, for the `time`-th time; undefined where there is a newer one. */
async function write(s: Submission, requirement: string, body: Body, time: number): Promise<Submission | undefined> {
  const params = { path: { id: s.id, requirement_id: requirement }, header: { "If-Match": etag(s.version), "Idempotency-Key": newKey() } };
  try {
    return await ok(empty(body) ? api.DELETE("/api/v1/submissions/{id}/items/{requirement_id}", { params }) : api.PUT("/api/v1/submissions/{id}/items/{requirement_id}", { params, body }));
  } catch (e) {
    if (lostRace(e) && time <= mostRaces) return undefined;
    throw e;
  }
}

/** settle forgets what the server has; what was given in the meantime goes on from there. */
function settle(thing: string, requirement: string, handed: Draft, now: Body): void {
  const d = drafts(thing)[requirement];
  if (!d) return;
  if (same(d.body, handed.body)) return forget(thing, requirement);
  const { tried: _, ...rest } = d;
  keep<Draft>(thing, requirement, { ...rest, base: now });
}
