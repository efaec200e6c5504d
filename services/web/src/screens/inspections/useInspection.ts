// An inspection as its page shows it: every answer is kept on the device at once
// and handed to the server when there is a line (device/inspections).
import { useQuery } from "@tanstack/vue-query";
import { computed, onBeforeUnmount, onMounted, ref } from "vue";
import { api, ok, type Schemas } from "../../api/client";
import { keep } from "../../device/drafts";
import { fetchOne, give, handing, handOver, partsOf, placeOf, plain, saidOf, send as keepSend, thingOf, undoable, unsend, waits as waiting, type Given, type Plan } from "../../device/inspections";
import { sendings } from "../../device/uploads";
import { keyOf, type Answer, type Device } from "./answers";

export function useInspection(id: string) {
  const place = placeOf(id);
  const parts = computed(() => partsOf(id));
  const plan = computed(() => parts.value["plan"] as Plan | undefined);
  const state = handing(id);

  const one = useQuery({ queryKey: ["inspection", "one", id], queryFn: () => fetchOne(id), enabled: computed(() => !plan.value) });
  const checklist = useQuery({
    queryKey: computed(() => ["checklist", "one", plan.value?.checklist_id ?? ""]),
    queryFn: () => ok(api.GET("/api/v1/checklists/{id}", { params: { path: { id: plan.value!.checklist_id } } })),
    enabled: computed(() => !!plan.value),
  });
  const items = computed(() => one.data.value?.items ?? (plan.value ? checklist.data.value?.items : undefined));
  const devices = computed(() => (parts.value["devices"] as Device[] | undefined) ?? one.data.value?.devices ?? []);
  const answers = computed(() => {
    const all = new Map<string, Answer>((one.data.value?.answers ?? []).map((a) => [keyOf(a.item_key, a.device_id), a]));
    for (const [k, a] of Object.entries(parts.value)) if (k.startsWith("answer ")) all.set(k, plain(a as Given));
    return all;
  });
  const editable = computed(() => !parts.value["send"] && (!!plan.value || !!one.data.value?.may.answer));
  const under = computed(() => sendings.filter((s) => s.place.startsWith(place)).length);
  const sync = (): Promise<void> => handOver(id);

  // What the server had said when somebody began to type: it may say more meanwhile.
  const begun = new Map<string, Answer | null>();
  const begin = (key: string): void => {
    if (!begun.has(key)) begun.set(key, saidOf(id, key));
  };
  const answer = (a: Answer, half = false): void => {
    const key = keyOf(a.item_key, a.device_id);
    give(id, a, half, begun.get(key));
    begun.delete(key);
    if (!half) void sync();
  };
  const answerAll = (all: Answer[]): void => {
    for (const a of all) give(id, a);
    void sync();
  };
  const setDevices = (all: Device[]): void => {
    keep(thingOf(id), "devices", all);
    void sync();
  };

  // What is sent cannot be taken back: for some seconds it still waits.
  const now = ref(Date.now());
  const left = computed(() => Math.max(Math.ceil((((parts.value["send"] as { after?: number } | undefined)?.after ?? 0) - now.value) / 1000), 0));
  let clock: ReturnType<typeof setInterval> | undefined;
  const send = (): void => {
    keepSend(id);
    // Everything else goes meanwhile.
    void sync();
  };
  function tick(): void {
    const before = left.value;
    now.value = Date.now();
    if (before && !left.value) void sync();
  }
  onMounted(() => {
    clock = setInterval(tick, 500);
    // Where pictures are taken there may be no line any more.
    void import("tus-js-client").catch(() => undefined);
    void sync();
  });
  onBeforeUnmount(() => clearInterval(clock));

  const problem = computed(() => state.problem);
  const busy = computed(() => state.busy);
  const waits = computed(() => waiting(id) || Object.keys(parts.value).some((k) => k !== "plan"));
  const queued = computed(() => !!parts.value["send"]);
  const query = computed(() => (plan.value ? checklist : one));
  const unitName = computed(() => one.data.value?.unit_name ?? plan.value?.unit_name ?? "");
  return {
    one,
    query,
    items,
    devices,
    answers,
    editable,
    under,
    place,
    plan,
    problem,
    busy,
    waits,
    queued,
    left,
    undoable,
    unitName,
    begin,
    answer,
    answerAll,
    setDevices,
    send,
    unsend: () => unsend(id),
    sync,
  };
}

export type Head = Schemas["RectificationInspectionHead"];
