// The submission of a thing as its page shows it: begun with the first thing
// given, each part saved on its own (device/submissions), and handed in.
import { useQuery } from "@tanstack/vue-query";
import { computed } from "vue";
import { api, etag, ok, type Schemas } from "../api/client";
import { bodyNow, drafts, give, handing, handOver, itemOf, opened, placeOf, store, thingOf, type Submission, type Target } from "../device/submissions";
import { sendings } from "../device/uploads";
import type { Body } from "./items";

/** useDraft is for the page of a thing; `of` is what the thing is called where what waits for it is listed. */
export function useDraft(target: Target, of: () => string) {
  const thing = thingOf(target);
  const lines = useQuery({
    queryKey: ["submission", "of", target.id],
    queryFn: () => ok(api.GET("/api/v1/submissions", { params: { query: { target: target.target, target_id: target.id, limit: 20 } } })),
  });
  const newest = computed(() => lines.data.value?.items.find((l) => l.state !== "discarded"));
  const one = useQuery({
    queryKey: computed(() => ["submission", "one", newest.value?.id ?? ""]),
    queryFn: () => ok(api.GET("/api/v1/submissions/{id}", { params: { path: { id: newest.value!.id } } })),
    enabled: computed(() => !!newest.value),
  });
  const submission = computed(() => one.data.value);
  const draft = computed(() => (submission.value?.state === "draft" ? submission.value : undefined));

  // What is being saved, and what could not be, by requirement; what waits here.
  const state = handing(thing);
  const waiting = computed(() => drafts(thing));
  const busy = computed(() => Object.values(state.saving).some((n) => n > 0));
  const place = placeOf(target);
  const under = computed(() => sendings.filter((s) => s.place.startsWith(place)).length);

  const begin = (): Promise<Submission> => opened(target);
  const bodyOf = (requirement: string): Body => bodyNow(thing, submission.value, requirement);

  /** type keeps a change of what is given on the device; base is what the server had said when it was begun. */
  function type(requirement: string, title: string, change: (now: Body) => Body, base: Body = itemOf(submission.value, requirement)): void {
    give(target, requirement, change, { base, title, of: of() });
  }

  /** flush hands over everything that is still only on the device. */
  const flush = (): Promise<boolean> => handOver(target);

  /** save keeps a change, and hands it to the server. */
  function save(...given: Parameters<typeof type>): Promise<boolean> {
    type(...given);
    return flush();
  }

  /** seal hands it in, when everything has arrived; undefined where something could not be handed over. */
  async function seal(key: string, body: Schemas["EvidenceSealBody"]): Promise<Submission | undefined> {
    await begin();
    if (!(await flush())) return undefined;
    const s = await begin();
    const sealed = await ok(api.POST("/api/v1/submissions/{id}/seal", { params: { path: { id: s.id }, header: { "If-Match": etag(s.version), "Idempotency-Key": key } }, body }));
    store(sealed);
    return sealed;
  }

  return { lines, newest, submission, draft, state, waiting, busy, place, under, begin, bodyOf, type, save, flush, seal };
}
