// Approving cannot be taken back, so it waits a moment in which it can be
// undone. What waits outlives the page it was given on; when the whole program
// is left it is sent at once, under the same key.
import { reactive } from "vue";
import { api, etag, newKey, ok, type Schemas } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import { beforeLeaving } from "../api/session";
import { queries } from "../queries";
import { language, t } from "../texts";
import { toast } from "./toast";

/** Approval is one that was given and not yet carried out. */
export interface Approval {
  id: string;
  title: string;
  unit: string;
  version: number;
  key: string;
  state: "waiting" | "sending" | "failed";
  /** Seconds until it is sent. */
  left: number;
  problem?: Problem;
}

/** seconds is how long an approval can be undone. */
export const seconds = 5;

export const approvals = reactive<Approval[]>([]);
let clock: ReturnType<typeof setInterval> | undefined;

/** approvalOf is what was given for an assignment. */
export const approvalOf = (id: string): Approval | undefined => approvals.find((a) => a.id === id);

/** approve gives an approval, once: what is given already is not given again. */
export function approve(a: Pick<Schemas["Assignment"], "id" | "task_title" | "unit_name" | "version">): boolean {
  const before = approvalOf(a.id);
  if (before && before.state !== "failed") return false;
  if (before) remove(before);
  approvals.push({ id: a.id, title: a.task_title, unit: a.unit_name, version: a.version, key: newKey(), state: "waiting", left: seconds });
  clock ??= setInterval(tick, 1000);
  return true;
}

/** undo takes back the approval given last, or the one named; it answers which, where one still waited. */
export function undo(id?: string): Approval | undefined {
  const a = [...approvals].reverse().find((x) => x.state === "waiting" && (!id || x.id === id));
  if (a) remove(a);
  return a;
}

export const dismiss = (a: Approval): void => remove(a);

/** send carries an approval out, or tries again. */
export async function send(a: Approval): Promise<void> {
  a.state = "sending";
  delete a.problem;
  try {
    const now = await ok(api.POST("/api/v1/assignments/{id}/approve", { params: { path: { id: a.id }, header: { "If-Match": etag(a.version), "Idempotency-Key": a.key } }, body: {} }));
    // What is shown from before must not offer it again until it is fetched anew.
    queries.setQueryData(["assignment", "one", a.id], (old) => old && { ...(old as object), ...now });
    queries.setQueriesData<{ items: { id: string }[] }>({ queryKey: ["assignment", "waiting", "to_review"] }, (old) => old && { ...old, items: old.items.filter((x) => x.id !== a.id) });
    remove(a);
    toast(t("approval.done", { unit: a.unit }));
  } catch (e) {
    a.state = "failed";
    a.problem = asProblem(e);
    // Trying again after a refusal is another command, at what is there then.
    if (!a.problem.unanswered) a.key = newKey();
  } finally {
    for (const kind of ["assignment", "submission"]) void queries.invalidateQueries({ queryKey: [kind] });
  }
}

function tick(): void {
  for (const a of [...approvals]) if (a.state === "waiting" && --a.left <= 0) void send(a);
  rest();
}

function remove(a: Approval): void {
  const i = approvals.findIndex((x) => x.id === a.id);
  if (i >= 0) approvals.splice(i, 1);
  rest();
}

function rest(): void {
  if (approvals.some((a) => a.state === "waiting")) return;
  clearInterval(clock);
  clock = undefined;
}

// The program is left: there is no later. The browser sees the request through,
// but not one that was begun in the usual way: that is made again, under its key.
function leave(): void {
  for (const a of approvals) {
    if (a.state === "failed") continue;
    a.state = "sending";
    const headers = { "Content-Type": "application/json", "Accept-Language": language(), "If-Match": etag(a.version), "Idempotency-Key": a.key };
    void fetch(`/api/v1/assignments/${encodeURIComponent(a.id)}/approve`, { method: "POST", keepalive: true, credentials: "same-origin", headers, body: "{}" }).catch(() => undefined);
  }
  rest();
}

// Shown again as it was left, a page asks what became of them: the same key does nothing twice.
function back(e: PageTransitionEvent): void {
  if (e.persisted) for (const a of [...approvals]) if (a.state === "sending") void send(a);
}

if (typeof window !== "undefined") {
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", back);
  beforeLeaving(async () => {
    await Promise.all(approvals.filter((a) => a.state === "waiting").map(send));
    approvals.splice(0);
    rest();
  });
}
