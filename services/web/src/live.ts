// Live updates: one stream for all that the pages show. The browser connects
// again by itself and names the last message it has; where it gives up (the
// server was away, too many streams), this does, a little later each time.
import { reactive } from "vue";
import { api, ok, type Schemas } from "./api/client";
import { patchRow } from "./lists";
import { queries } from "./queries";

type Change = Schemas["NoticeChange"];
type Progress = Schemas["NoticeProgress"];

/** live is what the stream has told: unread notices, whether it is open, and how far own work is, by job. */
export const live = reactive({ open: false, unread: 0, progress: {} as Record<string, Progress> });

/** Which kinds of shown things change with a kind of thing. */
const dependents: Record<string, string[]> = {
  campaign: ["campaign", "assignment", "extension", "rollup", "task"],
  assignment: ["assignment", "extension", "rollup"],
  submission: ["submission", "assignment"],
  inspection: ["inspection", "rollup"],
  finding: ["finding", "rollup"],
  rectification: ["rectification", "finding", "rollup"],
  file: ["file", "submission"],
};

/** version is of a thing that a query holds. */
interface Held {
  id?: string;
  version?: number;
}

/** has tells whether a query holds the thing that has changed as it is after the change. */
function has(data: unknown, c: Change): boolean {
  const d = data as (Held & { items?: Held[]; pages?: { items?: Held[] }[] }) | undefined;
  const held = [d, ...(d?.items ?? []), ...(d?.pages ?? []).flatMap((p) => p.items ?? [])];
  return held.some((x) => x?.id === c.id && (x?.version ?? 0) >= (c.version ?? Infinity));
}

/** shows tells whether a query shows a file: it is the file, or a submission that holds it. */
function shows(data: unknown, file: string): boolean {
  const d = data as { id?: string; items?: { files?: Held[] }[] } | undefined;
  return d?.id === file || !!d?.items?.some((i) => i.files?.some((f) => f.id === file));
}

/** current tells whether a query is as it would be fetched after a change. */
const current = (data: unknown, c: Change): boolean => (c.kind === "file" ? !!c.id && !shows(data, c.id) : has(data, c));

// What this page has changed itself, by id: what showed it was fetched anew
// when the answer came, but for what follows of it elsewhere.
const own = new Map<string, { version: number; kinds: string[] }>();
const ownAtMost = 50;

/** changedHere tells of a thing that this page has changed, as it is now, and which kinds of things it fetches again for that. */
export function changedHere(thing: unknown, kinds: string[]): void {
  const { id, version } = (thing ?? {}) as Held;
  if (typeof id !== "string" || typeof version !== "number") return;
  own.delete(id);
  own.set(id, { version, kinds });
  for (const oldest of own.keys()) if (own.size > ownAtMost) own.delete(oldest);
}

let source: EventSource | undefined;
let last = "";
let wait = 1000;
let timer: ReturnType<typeof setTimeout> | undefined;
// By kind: which queries need not be fetched again, because they have it all.
const due = new Map<string, Set<string>>();
let refreshing: ReturnType<typeof setTimeout> | undefined;

export function startLive(): void {
  if (source || typeof EventSource === "undefined") return;
  source = new EventSource("/api/v1/notices/stream" + (last ? `?after=${encodeURIComponent(last)}` : ""));
  source.onopen = () => {
    live.open = true;
    wait = 1000;
  };
  source.onerror = () => {
    live.open = false;
    if (source?.readyState !== EventSource.CLOSED) return;
    source = undefined;
    timer = setTimeout(startLive, wait);
    wait = Math.min(wait * 2, 60_000);
  };
  on("count", (d: Schemas["NoticeCount"]) => {
    live.unread = d.unread.count;
  });
  on("notice", () => refresh("notice"));
  on("change", (d: Change) => void changed(d));
  on("progress", (d: Progress) => {
    live.progress[d.id] = d;
    if (d.state !== "running") refresh("campaign");
  });
  on("reset", () => void queries.invalidateQueries());
}

export function stopLive(): void {
  clearTimeout(timer);
  source?.close();
  source = undefined;
  last = "";
  live.open = false;
  live.unread = 0;
  live.progress = {};
  own.clear();
}

function on<T>(name: string, act: (data: T) => void): void {
  source?.addEventListener(name, (e: MessageEvent<string>) => {
    if (e.lastEventId) last = e.lastEventId;
    act(JSON.parse(e.data) as T);
  });
}

// One assignment that changes is fetched and put into the lists that show it;
// fetching long lists again for a row would cost a request per page.
async function changed(c: Change): Promise<void> {
  const having = new Set(
    queries
      .getQueryCache()
      .getAll()
      .filter((q) => current(q.state.data, c))
      .map((q) => q.queryHash),
  );
  const here = own.get(c.id ?? "");
  const mine = here && here.version >= (c.version ?? Infinity) ? here.kinds : [];
  if (c.kind === "assignment" && c.id && !has(queries.getQueryData(["assignment", "one", c.id]), c)) {
    try {
      patchRow("assignment", await ok(api.GET("/api/v1/assignments/{id}", { params: { path: { id: c.id } } })));
    } catch {
      // It has gone out of reach: the refresh below shows that.
    }
  }
  for (const kind of dependents[c.kind] ?? [c.kind]) if (!mine.includes(kind)) refresh(kind, having);
}

// Changes come in swarms (a campaign is issued, a town submits): what is shown
// is fetched once for all that arrive within a moment. Roll-ups follow the
// change by a few milliseconds, so the moment also gives them time.
function refresh(kind: string, having = new Set<string>()): void {
  const before = due.get(kind);
  due.set(kind, before ? new Set([...before].filter((q) => having.has(q))) : having);
  refreshing ??= setTimeout(() => {
    refreshing = undefined;
    const now = new Map(due);
    due.clear();
    void queries.invalidateQueries({
      predicate: (q) => {
        const having = now.get(String(q.queryKey[0]));
        if (!having || having.has(q.queryHash)) return false;
        const pages = (q.state.data as { pages?: unknown[] } | undefined)?.pages;
        return !pages || pages.length <= 3;
      },
    });
  }, 400);
}
