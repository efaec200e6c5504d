// The submission of an assignment: the draft is opened with the first thing
// given, each item is saved on its own, and what cannot be saved now is kept on
// the device and saved when the network is back.
import { useQuery } from "@tanstack/vue-query";
import { computed, onBeforeUnmount, onMounted, reactive, type Ref } from "vue";
import { api, etag, newKey, ok, type Schemas } from "../../api/client";
import { asProblem, type Problem } from "../../api/problem";
import { drop, keep, kept } from "../../device/drafts";
import { askConflict, saving } from "../../parts/conflict";
import { queries } from "../../queries";
import { bodyOf, empty, shown, type Body, type Part } from "../../parts/items";

type Submission = Schemas["EvidenceSubmission"];

export function useSubmission(assignment: Ref<Schemas["Assignment"]>) {
  const id = assignment.value.id;
  const lines = useQuery({
    queryKey: ["submission", "of", id],
    queryFn: () => ok(api.GET("/api/v1/submissions", { params: { query: { target: "assignment", target_id: id, limit: 20 } } })),
  });
  const newest = computed(() => lines.data.value?.items.find((l) => l.state !== "discarded"));
  const one = useQuery({
    queryKey: computed(() => ["submission", "one", newest.value?.id ?? ""]),
    queryFn: () => ok(api.GET("/api/v1/submissions/{id}", { params: { path: { id: newest.value!.id } } })),
    enabled: computed(() => !!newest.value),
  });
  const submission = computed(() => one.data.value);
  const draft = computed(() => (submission.value?.state === "draft" ? submission.value : undefined));
  const mayBegin = computed(() => !!assignment.value.may["report_progress"]);
  const editable = computed(() => (draft.value ? draft.value.may.write : mayBegin.value && lines.isSuccess.value && (!newest.value || newest.value.state !== "sealed")));

  const proposals = useQuery({
    queryKey: ["submission", "proposals", id],
    queryFn: () => ok(api.GET("/api/v1/submissions/proposals", { params: { query: { assignment_id: id } } })),
    enabled: editable,
  });

  // What is being saved, and what could not be, by requirement.
  const state = reactive({ saving: {} as Record<string, number>, problems: {} as Record<string, Problem>, waiting: kept<Body>(id) });
  let opening: Promise<Submission> | undefined;

  function store(s: Submission): void {
    const known = queries.getQueryData<Submission>(["submission", "one", s.id]);
    // Answers of items saved at the same time may overtake one another.
    if (!known || known.version <= s.version) queries.setQueryData(["submission", "one", s.id], s);
  }

  /** begin opens the draft, or answers the one there is. */
  async function begin(): Promise<Submission> {
    if (draft.value) return draft.value;
    opening ??= (async () => {
      try {
        const s = await ok(api.POST("/api/v1/submissions", { params: { header: { "Idempotency-Key": newKey() } }, body: { target: "assignment", target_id: id } }));
        store(s);
        await lines.refetch();
        return s;
      } finally {
        opening = undefined;
      }
    })();
    return opening;
  }

  const current = (sid: string): Submission | undefined => queries.getQueryData(["submission", "one", sid]);
  const itemOf = (s: Submission | undefined, requirement: string): Body => bodyOf(s?.items.find((i) => i.requirement_id === requirement));
  let queue: Promise<unknown> = Promise.resolve();

  /** save keeps what is given on the device, and hands it to the server; one item after the other. */
  function save(requirement: string, title: string, change: (now: Body) => Body, part?: Part): Promise<boolean> {
    const typed = change(state.waiting[requirement] ?? itemOf(submission.value, requirement));
    keep(id, requirement, typed);
    state.waiting = kept<Body>(id);
    return hand(requirement, title, typed, part);
  }

  function hand(requirement: string, title: string, body: Body, part?: Part): Promise<boolean> {
    state.saving[requirement] = (state.saving[requirement] ?? 0) + 1;
    const run = queue.then(async () => {
      try {
        const s = await begin();
        const now = itemOf(current(s.id) ?? s, requirement);
        const base = shown(now);
        // Somebody else changed the same field while it was being typed in, and
        // the stream has already brought that here.
        if (part && JSON.stringify(now[part.name]) !== JSON.stringify(part.base[part.name]) && shown(now) !== shown(body)) {
          if (!(await askConflict([{ label: title, mine: shown(body), theirs: shown(now) }]))) {
            drop(id, requirement, body);
            return true;
          }
        }
        const saved = await saving<Submission, Submission>(
          (current(s.id) ?? s).version,
          (version) => {
            const params = { path: { id: s.id, requirement_id: requirement }, header: { "If-Match": etag(version), "Idempotency-Key": newKey() } };
            if (empty(body) && empty(itemOf(current(s.id) ?? s, requirement))) return Promise.resolve(current(s.id) ?? s);
            if (empty(body)) return ok(api.DELETE("/api/v1/submissions/{id}/items/{requirement_id}", { params }));
            return ok(api.PUT("/api/v1/submissions/{id}/items/{requirement_id}", { params, body }));
          },
          // Somebody changed another item: nothing to choose.
          (theirs) => (shown(itemOf(theirs, requirement)) === base ? [] : [{ label: title, mine: shown(body), theirs: shown(itemOf(theirs, requirement)) }]),
          () => ok(api.GET("/api/v1/submissions/{id}", { params: { path: { id: s.id } } })),
        );
        if (saved) store(saved);
        else await one.refetch();
        drop(id, requirement, body);
        delete state.problems[requirement];
        return true;
      } catch (e) {
        const p = asProblem(e);
        state.problems[requirement] = p;
        return false;
      } finally {
        state.waiting = kept<Body>(id);
        state.saving[requirement] = (state.saving[requirement] ?? 1) - 1;
      }
    });
    queue = run;
    return run;
  }

  /** direct has the server answer a requirement from what it has or is sent, in place of what was typed. */
  function direct(requirement: string, run: (s: Submission, key: string) => Promise<Submission>): void {
    state.saving[requirement] = (state.saving[requirement] ?? 0) + 1;
    queue = queue.then(async () => {
      try {
        const s = await begin();
        store(await run(current(s.id) ?? s, newKey()));
        const typed = kept<Body>(id)[requirement];
        if (typed) drop(id, requirement, typed);
        delete state.problems[requirement];
      } catch (e) {
        state.problems[requirement] = asProblem(e);
      } finally {
        state.waiting = kept<Body>(id);
        state.saving[requirement] = (state.saving[requirement] ?? 1) - 1;
      }
    });
  }

  /** takeOver answers a requirement with what the unit has handed in before. */
  function takeOver(p: Schemas["EvidenceProposal"]): void {
    const items = [{ requirement_id: p.requirement_id, from_submission_id: p.from.submission_id, from_requirement_id: p.from.requirement_id }];
    direct(p.requirement_id, (s, key) =>
      ok(api.POST("/api/v1/submissions/{id}/take-over", { params: { path: { id: s.id }, header: { "If-Match": etag(s.version), "Idempotency-Key": key } }, body: { items } })),
    );
  }

  const sheetOf = (s: Submission, requirement: string): string => `/api/v1/submissions/${s.id}/items/${encodeURIComponent(requirement)}/sheet`;

  /** sheetDown saves the workbook of a table; the draft is begun for it. */
  async function sheetDown(requirement: string): Promise<void> {
    try {
      await queue;
      location.assign(sheetOf(await begin(), requirement));
    } catch (e) {
      state.problems[requirement] = asProblem(e);
    }
  }

  /** sheetUp fills a table in from a workbook. */
  function sheetUp(requirement: string, file: File): void {
    const type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    direct(requirement, (s, key) =>
      ok(
        api.PUT("/api/v1/submissions/{id}/items/{requirement_id}/sheet", {
          params: { path: { id: s.id, requirement_id: requirement }, header: { "If-Match": etag(s.version), "Idempotency-Key": key } },
          body: "",
          bodySerializer: () => file,
          headers: { "Content-Type": type },
        }),
      ),
    );
  }

  /** flush hands over everything that is still only on the device. */
  async function flush(): Promise<boolean> {
    await queue;
    const titles = new Map((assignment.value.task?.requirements ?? []).map((r) => [r.id ?? "", r.title]));
    const all = await Promise.all(Object.entries(kept<Body>(id)).map(([r, b]) => hand(r, titles.get(r) ?? "", b)));
    return all.every(Boolean);
  }

  const again = (): void => void flush();
  onMounted(() => {
    window.addEventListener("online", again);
    if (Object.keys(state.waiting).length) again();
  });
  onBeforeUnmount(() => window.removeEventListener("online", again));

  return { lines, submission, draft, editable, state, proposals, begin, save, flush, itemOf, takeOver, sheetDown, sheetUp };
}
