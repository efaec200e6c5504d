// The one sender of this device: what waits here (answers of inspections, what is
// given for tasks and rectifications, files) goes to the server whatever page is
// open, also after a restart and when the network is back. Where several
// windows are open one of them sends; each thing is handed over by one at a time.
import { computed, watch } from "vue";
import { beforeLeaving, me } from "../api/session";
import { live } from "../live";
import { recall } from "../texts";
import { forgetDraft, things } from "./drafts";
import * as inspections from "./inspections";
import * as submissions from "./submissions";
import { arriving, giveUp, resumeSending, sendings, stopSending } from "./uploads";

/** Unsent is one thing that waits, with where it is looked at. */
export interface Unsent {
  thing: string;
  kind: "assignment" | "rectification" | "inspection";
  id: string;
  path: string;
  /** What it is called, where that is known here. */
  title: string;
  files: number;
  problems: import("../api/problem").Problem[];
}

/** Where the place of a file leads: the thing it is for, and what to do with it. */
export function destination(place: string): { thing: string; take: (fileId: string) => Promise<void> } | undefined {
  const inspection = /^inspection-([^/]+)\/answer\/(.+)\/([^/]*)$/.exec(place);
  if (inspection) {
    const [, id, item, device] = inspection as unknown as [string, string, string, string];
    return {
      thing: inspections.thingOf(id),
      take: async (file) => {
        await inspections.addFile(id, item, device || undefined, file);
        void inspections.handOver(id);
      },
    };
  }
  const given = /^(rectification-)?([0-9a-f-]{36})\/([^/]+)$/.exec(place);
  if (!given) return undefined;
  const target: submissions.Target = { target: given[1] ? "rectification" : "assignment", id: given[2]! };
  return {
    thing: submissions.thingOf(target),
    take: (file) => {
      submissions.addFile(target, given[3]!, file);
      void submissions.handOver(target);
      return Promise.resolve();
    },
  };
}

arriving(async (place, fileId) => {
  const to = destination(place);
  if (!to) throw new Error(place);
  await to.take(fileId);
});

/** unsent lists what waits on this device for the person who is signed in. */
export const unsent = computed<Unsent[]>(() => {
  const files = new Map<string, number>();
  for (const s of sendings) {
    const thing = destination(s.place)?.thing;
    if (thing) files.set(thing, (files.get(thing) ?? 0) + 1);
  }
  const waiting = things().filter((x) => files.has(x) || (inspections.idOf(x) ? inspections.waits(inspections.idOf(x)!) : !!submissions.targetOf(x)));
  return [...new Set([...waiting, ...files.keys()])].map((thing): Unsent => {
    const id = inspections.idOf(thing);
    if (id) {
      const { problem } = inspections.handing(id);
      return {
        thing,
        kind: "inspection",
        id,
        path: `/inspections/${id}`,
        title: (inspections.partsOf(id)["plan"] as inspections.Plan | undefined)?.unit_name ?? "",
        files: files.get(thing) ?? 0,
        problems: problem ? [problem] : [],
      };
    }
    const t = submissions.targetOf(thing)!;
    return {
      thing,
      kind: t.target,
      id: t.id,
      path: t.target === "assignment" ? `/assignments/${t.id}` : `/rectifications/${t.id}`,
      title: Object.values(submissions.drafts(thing)).find((d) => d.of)?.of ?? "",
      files: files.get(thing) ?? 0,
      problems: Object.values(submissions.handing(thing).problems),
    };
  });
});

/** sendNow hands over one thing, also what was refused before. */
export async function sendNow(u: Unsent): Promise<void> {
  await resumeSending();
  if (u.kind === "inspection") await inspections.handOver(u.id);
  else await submissions.handOver({ target: u.kind, id: u.id });
}

/** discard gives up what waits of a thing here; what the server has stays. */
export async function discard(u: Unsent): Promise<void> {
  for (const s of sendings.filter((x) => destination(x.place)?.thing === u.thing)) await giveUp(s);
  forgetDraft(u.thing);
}

/** mine tells that the session of this browser is still that of the person whose things these are. */
function mine(): boolean {
  if (!me.value) return false;
  try {
    const stored = recall("duban.me");
    return !stored || (JSON.parse(stored) as { id: string }).id === me.value.id;
  } catch {
    return true;
  }
}

async function pass(again: boolean): Promise<void> {
  if (!mine() || navigator.onLine === false) return;
  if (again) await resumeSending();
  for (const u of unsent.value) {
    if (!mine()) return;
    const refused = u.problems.some((p) => !p.unanswered);
    if (u.kind === "inspection") {
      if (inspections.waits(u.id) && (again || !refused)) await inspections.handOver(u.id);
    } else if (Object.keys(submissions.drafts(u.thing)).length) await submissions.handOver({ target: u.kind, id: u.id }, again);
  }
}

const every = 30_000;
let ending: (() => void) | undefined;

/** startSending begins once somebody is signed in; it goes on until they sign out. */
export function startSending(): void {
  if (ending) return;
  const stop = new AbortController();
  ending = () => stop.abort();
  const run = (): Promise<void> =>
    new Promise((over) => {
      if (stop.signal.aborted) return over();
      let going = false;
      let once = false;
      const go = async (again: boolean): Promise<void> => {
        once ||= again;
        if (going) return;
        going = true;
        try {
          while (once || again) {
            const all = once;
            once = again = false;
            await pass(all).catch(() => undefined);
          }
        } finally {
          going = false;
        }
      };
      const all = (): void => void go(true);
      window.addEventListener("online", all);
      // A moment to take something back ends between two rounds.
      const often = setInterval(() => unsent.value.some((u) => u.kind === "inspection" && inspections.due(u.id)) && void go(false), 1000);
      const seldom = setInterval(() => void go(false), every);
      const watched = watch(
        () => live.open,
        (open) => open && all(),
      );
      stop.signal.addEventListener("abort", () => {
        window.removeEventListener("online", all);
        clearInterval(often);
        clearInterval(seldom);
        watched();
        over();
      });
      all();
    });
  if (typeof navigator.locks?.request === "function") void navigator.locks.request(`duban.sender.${me.value?.id}`, { signal: stop.signal }, run).catch(() => undefined);
  else void run();
  // What this window itself has on the way it goes on with, whichever sends the rest.
  void resumeSending();
}

/** stopAll is for when somebody else goes on at this device: their things are not these. */
export function stopAll(): void {
  ending?.();
  ending = undefined;
  stopSending();
  submissions.forgetHandings();
  inspections.forgetHandings();
}
beforeLeaving(stopAll);
