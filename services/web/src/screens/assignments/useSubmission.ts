// The submission of an assignment, with what its requirements can be answered by:
// what was handed in before, and workbooks.
import { useQuery } from "@tanstack/vue-query";
import { computed, type Ref } from "vue";
import { api, etag, newKey, ok, type Schemas } from "../../api/client";
import { asProblem } from "../../api/problem";
import { forget } from "../../device/drafts";
import { inTurnOf, store, type Submission, type Target } from "../../device/submissions";
import { useDraft } from "../../parts/useDraft";

export function useSubmission(assignment: Ref<Schemas["Assignment"]>) {
  const id = assignment.value.id;
  const target: Target = { target: "assignment", id };
  const given = useDraft(target, () => assignment.value.task_title);
  const { lines, newest, draft, state, begin, flush } = given;
  const mayBegin = computed(() => !!assignment.value.may["report_progress"]);
  const editable = computed(() => (draft.value ? draft.value.may.write : mayBegin.value && lines.isSuccess.value && (!newest.value || newest.value.state !== "sealed")));

  const proposals = useQuery({
    queryKey: ["submission", "proposals", id],
    queryFn: () => ok(api.GET("/api/v1/submissions/proposals", { params: { query: { assignment_id: id } } })),
    enabled: editable,
  });

  /** direct has the server answer a requirement from what it has or is sent, in place of what was typed. */
  async function direct(requirement: string, run: (s: Submission, key: string) => Promise<Submission>): Promise<void> {
    state.saving[requirement] = (state.saving[requirement] ?? 0) + 1;
    await inTurnOf(target, async () => {
      try {
        store(await run(await begin(), newKey()));
        forget(id, requirement);
        delete state.problems[requirement];
      } catch (e) {
        state.problems[requirement] = asProblem(e);
      } finally {
        state.saving[requirement] = (state.saving[requirement] ?? 1) - 1;
      }
    });
  }

  /** takeOver answers a requirement with what the unit has handed in before. */
  function takeOver(p: Schemas["EvidenceProposal"]): void {
    const items = [{ requirement_id: p.requirement_id, from_submission_id: p.from.submission_id, from_requirement_id: p.from.requirement_id }];
    void direct(p.requirement_id, (s, key) =>
      ok(api.POST("/api/v1/submissions/{id}/take-over", { params: { path: { id: s.id }, header: { "If-Match": etag(s.version), "Idempotency-Key": key } }, body: { items } })),
    );
  }

  const sheetOf = (s: Submission, requirement: string): string => `/api/v1/submissions/${s.id}/items/${encodeURIComponent(requirement)}/sheet`;

  /** sheetDown saves the workbook of a table; the draft is begun for it. */
  async function sheetDown(requirement: string): Promise<void> {
    try {
      await flush();
      location.assign(sheetOf(await begin(), requirement));
    } catch (e) {
      state.problems[requirement] = asProblem(e);
    }
  }

  /** sheetUp fills a table in from a workbook. */
  function sheetUp(requirement: string, file: File): void {
    const type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    void direct(requirement, (s, key) =>
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

  return { ...given, editable, proposals, takeOver, sheetDown, sheetUp };
}
