// What may be done to a rectification, with what is sent for it.
import { api, ok } from "../../api/client";
import type { Action } from "../../parts/actions";
import { addDays, localDay } from "../../parts/time";
import type { Picked } from "../../parts/UnitPicker.vue";
import type { Case, Params } from "./useCase";

/** Given is what a dialog has asked. */
export interface Given {
  text: string;
  due: string;
  units: Picked[];
  kind: "relapse" | "lookback";
  stages: { title: string; due_on: string }[];
}

interface CaseAction extends Action<Case, Params, Given> {
  /** What else its dialog asks or shows. */
  asks?: "units" | "stages" | "kind" | "extension";
}

/** waiting is the request for a later day that is not answered. */
export const waiting = (item: Case) => item.extensions.find((e) => e.state === "requested");

const noDay = (): string => "";
const on = (g: Given): { due_on?: string } => (g.due ? { due_on: g.due } : {});
const answer = (g: Given): { answer?: string } => (g.text ? { answer: g.text } : {});

// In the order in which they are offered.
const table = {
  approve_plan: { right: "approve_plan", textless: true, send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/decide-plan", { params, body: { approve: true, ...answer(g) } })) },
  return_plan: { right: "approve_plan", send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/decide-plan", { params, body: { approve: false, ...answer(g) } })) },
  sign_off: { right: "sign_off", textless: true, send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/sign-off", { params, body: g.text ? { note: g.text } : {} })) },
  apply_close_out: { right: "apply_close_out", send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/apply-close-out", { params, body: { text: g.text } })) },
  bounce: { right: "bounce", send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/bounce", { params, body: { reason: g.text } })) },
  settle: {
    right: "settle",
    due: noDay,
    asks: "units",
    send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/settle", { params, body: { reason: g.text, ...(g.units[0] ? { unit_id: g.units[0].id } : {}), ...on(g) } })),
  },
  request_extension: {
    right: "request_extension",
    due: (item) => addDays(localDay(item.due_at), 3),
    dated: true,
    send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/request-extension", { params, body: { reason: g.text, ...on(g) } })),
  },
  grant_extension: {
    right: "decide_extension",
    textless: true,
    due: (item) => localDay(waiting(item)?.due_at ?? item.due_at),
    asks: "extension",
    send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/decide-extension", { params, body: { grant: true, ...answer(g), ...on(g) } })),
  },
  refuse_extension: {
    right: "decide_extension",
    asks: "extension",
    send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/decide-extension", { params, body: { grant: false, ...answer(g) } })),
  },
  transfer: {
    right: "transfer",
    due: noDay,
    asks: "units",
    send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/transfer", { params, body: { unit_id: g.units[0]?.id ?? "", reason: g.text, ...on(g) } })),
  },
  suspend: {
    right: "suspend",
    asks: "stages",
    send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/suspend", { params, body: { reason: g.text, stages: g.stages.filter((s) => s.title.trim()) } })),
  },
  resume: {
    right: "resume",
    textless: true,
    due: noDay,
    send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/resume", { params, body: { ...(g.text ? { reason: g.text } : {}), ...on(g) } })),
  },
  reopen: {
    right: "reopen",
    due: () => addDays(localDay(), 14),
    dated: true,
    asks: "kind",
    send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/reopen", { params, body: { kind: g.kind, reason: g.text, ...on(g) } })),
  },
  withdraw: { right: "withdraw", send: (params, g) => ok(api.POST("/api/v1/rectifications/{id}/withdraw", { params, body: { reason: g.text } })) },
} satisfies Record<string, CaseAction>;

export type Act = keyof typeof table;
export const acts: Record<Act, CaseAction> = table;
