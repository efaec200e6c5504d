// What may be done to an assignment, with what is sent for it.
import { api, ok, type Schemas } from "../../api/client";
import type { Action } from "../../parts/actions";
import { addDays, localDay } from "../../parts/time";
import type { Picked } from "../../parts/UnitPicker.vue";

type Assignment = Schemas["Assignment"];

/** Params are those of a command on an assignment. */
export interface Params {
  path: { id: string };
  header: { "If-Match": string; "Idempotency-Key": string };
}

/** Given is what a dialog has asked. */
export interface Given {
  text: string;
  due: string;
  percent: number | undefined;
  units: Picked[];
}

interface AssignmentAction extends Action<Assignment, Params, Given> {
  /** What else its dialog asks: units below the one that has it, the unit that gets it, how far it is. */
  asks?: "below" | "unit" | "percent";
}

const dueNow = (a: Assignment): string => localDay(a.due_at);
const reason = (g: Given): { reason?: string } => (g.text ? { reason: g.text } : {});

// In the order in which they are offered.
const table = {
  progress: {
    right: "report_progress",
    asks: "percent",
    send: (params, g) => ok(api.POST("/api/v1/assignments/{id}/progress-reports", { params, body: { text: g.text, ...(g.percent === undefined ? {} : { percent: g.percent }) } })),
  },
  extension: {
    right: "request_extension",
    due: (a) => addDays(dueNow(a), 3),
    dated: true,
    send: ({ path, header: { "If-Match": _, ...header } }, g) => ok(api.POST("/api/v1/assignments/{id}/extension-requests", { params: { path, header }, body: { due_on: g.due, reason: g.text } })),
  },
  delegate: {
    right: "delegate",
    textless: true,
    due: dueNow,
    dated: true,
    asks: "below",
    send: (params, g) => ok(api.POST("/api/v1/assignments/{id}/delegate", { params, body: { unit_ids: g.units.map((u) => u.id), due_on: g.due, ...(g.text ? { note: g.text } : {}) } })),
  },
  decline: { right: "decline", send: (params, g) => ok(api.POST("/api/v1/assignments/{id}/decline", { params, body: { reason: g.text } })) },
  recall: { right: "recall", textless: true, send: (params, g) => ok(api.POST("/api/v1/assignments/{id}/recall", { params, body: reason(g) })) },
  urge: { right: "urge", textless: true, send: (params, g) => ok(api.POST("/api/v1/assignments/{id}/urge", { params, body: g.text ? { text: g.text } : {} })) },
  instruct: { right: "instruct", send: (params, g) => ok(api.POST("/api/v1/assignments/{id}/instruct", { params, body: { text: g.text } })) },
  accept_decline: {
    right: "decide_decline",
    textless: true,
    asks: "unit",
    send: (params, g) => ok(api.POST("/api/v1/assignments/{id}/decide-decline", { params, body: { accept: true, ...reason(g), ...(g.units[0] ? { to_unit_id: g.units[0].id } : {}) } })),
  },
  refuse_decline: { right: "decide_decline", send: (params, g) => ok(api.POST("/api/v1/assignments/{id}/decide-decline", { params, body: { accept: false, ...reason(g) } })) },
} satisfies Record<string, AssignmentAction>;

export type Act = keyof typeof table;
export const acts: Record<Act, AssignmentAction> = table;
