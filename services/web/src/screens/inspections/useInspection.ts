// An inspection as it is carried out: every answer is kept on the device at
// once and handed to the server when there is a line. Its id is made here and
// its commands keep their keys, so that each is carried out exactly once,
// however often it is tried.
import { useQuery } from "@tanstack/vue-query";
import { computed, nextTick, onBeforeUnmount, onMounted, ref, shallowRef, watch } from "vue";
import { api, etag, newKey, ok, type Schemas } from "../../api/client";
import { asProblem, Problem } from "../../api/problem";
import { drop, keep, kept } from "../../device/drafts";
import { resume, resumeSending, sendings } from "../../device/uploads";
import { live } from "../../live";
import { saving } from "../../parts/conflict";
import { queries } from "../../queries";
import { keyOf, said, sameAnswer, type Answer, type Device, type Inspection } from "./answers";
import { thingOf, type Plan } from "./waiting";

interface Keyed {
  key: string;
}
type Parts = Record<string, unknown>;

export function useInspection(id: string) {
  const thing = thingOf(id);
  const place = `inspection-${id}/`;
  const parts = ref<Parts>(kept<unknown>(thing));
  const plan = computed(() => parts.value["plan"] as Plan | undefined);
  const problem = shallowRef<Problem>();
  const busy = ref(false);
  const path = { id };
  const fetchOne = (): Promise<Inspection> => ok(api.GET("/api/v1/inspections/{id}", { params: { path } }));

  const one = useQuery({ queryKey: ["inspection", "one", id], queryFn: fetchOne, enabled: computed(() => !plan.value) });
  const checklist = useQuery({
    queryKey: computed(() => ["checklist", "one", plan.value?.checklist_id ?? ""]),
    queryFn: () => ok(api.GET("/api/v1/checklists/{id}", { params: { path: { id: plan.value!.checklist_id } } })),
    enabled: computed(() => !!plan.value),
  });
  const items = computed(() => one.data.value?.items ?? (plan.value ? checklist.data.value?.items : undefined));
  const devices = computed(() => (parts.value["devices"] as Device[] | undefined) ?? one.data.value?.devices ?? []);
  const answers = computed(() => {
    const all = new Map<string, Answer>((one.data.value?.answers ?? []).map((a) => [keyOf(a.item_key, a.device_id), a]));
    for (const [k, a] of Object.entries(parts.value)) if (k.startsWith("answer ")) all.set(k, a as Answer);
    return all;
  });
  const editable = computed(() => !parts.value["send"] && (!!plan.value || !!one.data.value?.may.answer));
  const under = computed(() => sendings.filter((s) => s.place.startsWith(place)).length);

  function put(part: string, value: unknown): void {
    keep(thing, part, value);
    // Also where storage is switched off.
    parts.value = { ...parts.value, [part]: value };
  }
  function took(part: string, value: unknown): void {
    drop(thing, part, value);
    if (JSON.stringify(parts.value[part]) !== JSON.stringify(value)) return;
    const { [part]: _, ...rest } = parts.value;
    parts.value = rest;
  }
  const store = (i: Inspection): void => void queries.setQueryData(["inspection", "one", id], i);
  const server = (): Inspection | undefined => queries.getQueryData(["inspection", "one", id]);
  const params = (version: number, key: string = newKey()) => ({ path, header: { "If-Match": etag(version), "Idempotency-Key": key } });

  // The id of one's own making keeps it from being planned twice.
  async function handPlan(p: Plan): Promise<void> {
    store(await ok(api.POST("/api/v1/inspections", { params: { header: { "Idempotency-Key": newKey() } }, body: { id, unit_id: p.unit_id, checklist_id: p.checklist_id, kind: "spot" } })));
    took("plan", p);
  }

  async function handDevices(i: Inspection, all: Device[]): Promise<void> {
    const saved = await saving(i.version, (v) => ok(api.PATCH("/api/v1/inspections/{id}", { params: params(v), body: { devices: all } })), () => [], fetchOne);
    if (saved) store(saved);
    took("devices", all);
  }

  async function handAnswers(i: Inspection, batch: [string, Answer][]): Promise<void> {
    const before = new Map(i.answers.map((a) => [keyOf(a.item_key, a.device_id), a]));
    const saved = await saving(
      i.version,
      (v) => ok(api.PUT("/api/v1/inspections/{id}/answers", { params: params(v), body: { answers: batch.map(([, a]) => a) } })),
      // Another inspector answered other items: nothing to choose.
      (now: Inspection) =>
        batch.flatMap(([k, mine]) => {
          const theirs = now.answers.find((a) => keyOf(a.item_key, a.device_id) === k);
          const title = now.items.find((x) => x.key === mine.item_key)?.title ?? mine.item_key;
          return sameAnswer(theirs, before.get(k)) ? [] : [{ label: title, mine: said(mine), theirs: said(theirs) }];
        }),
      fetchOne,
    );
    store(saved ?? (await fetchOne()));
    for (const [k, a] of batch) took(k, a);
  }

  async function handSend(i: Inspection, s: Keyed): Promise<void> {
    try {
      const sent = await saving<Inspection, Inspection>(i.version, (v) => ok(api.POST("/api/v1/inspections/{id}/send", { params: params(v, s.key), body: {} })), () => [], fetchOne);
      if (sent) store(sent);
    } catch (e) {
      const p = asProblem(e);
      if (p.unanswered) throw e;
      const now = await fetchOne();
      store(now);
      // The answer of an earlier try was lost: it is sent.
      if (now.state !== "sent") {
        took("send", s);
        // The earlier try ended before it took effect: it is due again, as a new command.
        if (p.code === "idempotency_unknown") return send();
        throw e;
      }
    }
    took("send", s);
    for (const kind of ["inspection", "finding", "rollup"]) void queries.invalidateQueries({ queryKey: [kind] });
  }

  async function pass(): Promise<void> {
    if (!Object.keys(parts.value).some((k) => k !== "plan")) return;
    if (plan.value) await handPlan(plan.value);
    const current = async (): Promise<Inspection> => server() ?? (await queries.fetchQuery({ queryKey: ["inspection", "one", id], queryFn: fetchOne }));
    const all = parts.value["devices"] as Device[] | undefined;
    if (all) await handDevices(await current(), all);
    // An answer that is only half given stays here until it is whole.
    const batch = Object.entries(parts.value).filter(([k, a]) => k.startsWith("answer ") && !(a as { half?: boolean }).half) as [string, Answer][];
    if (batch.length) await handAnswers(await current(), batch);
    const s = parts.value["send"] as Keyed | undefined;
    if (s && listed && !under.value && !Object.keys(parts.value).some((k) => k.startsWith("answer "))) await handSend(await current(), s);
  }

  // Before the files kept by an earlier visit are listed nobody knows whether one is still to come.
  let listed = false;
  let running: Promise<void> | undefined;
  let again = false;
  /** sync hands over what waits; what is added meanwhile goes with it. */
  function sync(): Promise<void> {
    again = true;
    running ??= (async () => {
      busy.value = true;
      try {
        while (again) {
          again = false;
          await pass();
        }
        problem.value = undefined;
      } catch (e) {
        problem.value = asProblem(e);
      } finally {
        busy.value = false;
        running = undefined;
      }
    })();
    return running;
  }

  const answer = (a: Answer, half = false): void => {
    put(keyOf(a.item_key, a.device_id), half ? { ...a, half } : a);
    if (!half) void sync();
  };
  const answerAll = (all: Answer[]): void => {
    for (const a of all) put(keyOf(a.item_key, a.device_id), a);
    void sync();
  };
  /** addFile puts a file that has arrived to the answer as it is at this moment. */
  const addFile = (item: string, device: string | undefined, file: string): void => {
    const now = answers.value.get(keyOf(item, device)) ?? { item_key: item, result: "fail" as const, ...(device ? { device_id: device } : {}) };
    answer({ ...now, file_ids: [...(now.file_ids ?? []).filter((f) => f !== file), file] });
  };
  const setDevices = (all: Device[]): void => {
    put("devices", all);
    void sync();
  };
  const send = (): void => {
    put("send", { key: newKey() } satisfies Keyed);
    void sync();
  };

  const back = (): void => void sync();
  watch(under, (n) => n === 0 && back());
  watch(() => live.open, (open) => open && back());
  onMounted(() => {
    window.addEventListener("online", back);
    // Where pictures are taken there may be no line any more.
    void import("tus-js-client").catch(() => undefined);
    back();
  });
  // Files go on once their items stand in the page and can take them.
  watch(
    items,
    async (now, before) => {
      if (!now || before) return;
      await nextTick();
      await resumeSending(place);
      listed = true;
      back();
      for (const s of sendings) if (s.place.startsWith(place) && s.state === "failed") resume(s);
    },
    { immediate: true, flush: "post" },
  );
  onBeforeUnmount(() => window.removeEventListener("online", back));

  const waits = computed(() => Object.keys(parts.value).some((k) => k !== "plan"));
  const queued = computed(() => !!parts.value["send"]);
  const query = computed(() => (plan.value ? checklist : one));
  const unitName = computed(() => one.data.value?.unit_name ?? plan.value?.unit_name ?? "");
  return { one, query, items, devices, answers, editable, under, place, plan, problem, busy, waits, queued, unitName, answer, answerAll, addFile, setDevices, send, sync };
}

export type Head = Schemas["RectificationInspectionHead"];
