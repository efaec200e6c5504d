// Commands of a rectification, each at the version that is shown.
import { api, etag, ok, type Schemas } from "../../api/client";
import { useCommand } from "../../parts/useCommand";
import { t } from "../../texts";

type Answered = Schemas["RectificationCase"];
type Given = "title" | "severity" | "needs_plan" | "has_plan" | "measures" | "stages" | "reports" | "verifications" | "extensions" | "warnings";

/** Finding is one that is open to the person. */
export type Finding = Schemas["RectificationFinding"] & Required<Pick<Schemas["RectificationFinding"], "title" | "category" | "severity" | "file_ids">>;

/** Case is a rectification that is open to the person, with all that belongs to it. */
export type Case = Omit<Answered, "findings"> & Required<Pick<Answered, Given>> & { findings: Finding[] };

/** whole is all of an answer; nothing where it is no more than an outline. */
export const whole = (c: Answered | undefined): Case | undefined => (c?.open ? (c as Case) : undefined);

/** Params are those of a command on a rectification. */
export interface Params {
  path: { id: string };
  header: { "If-Match": string; "Idempotency-Key": string };
}

/** useCase wraps a command; `run` gets its parameters and what is given with it. */
export function useCase<A extends unknown[]>(item: () => Case, run: (params: Params, ...args: A) => Promise<unknown>, done?: () => void) {
  return useCommand((key, ...args: A) => run({ path: { id: item().id }, header: { "If-Match": etag(item().version), "Idempotency-Key": key } }, ...args), {
    touches: ["rectification", "finding", "submission"],
    said: () => t("rectifications.done"),
    ...(done ? { done } : {}),
  });
}

/** Steps that need no more than a tap. */
export const steps = {
  acknowledge: (params: Params) => ok(api.POST("/api/v1/rectifications/{id}/acknowledge", { params, body: {} })),
  start: (params: Params) => ok(api.POST("/api/v1/rectifications/{id}/start", { params })),
  begin_verification: (params: Params) => ok(api.POST("/api/v1/rectifications/{id}/begin-verification", { params })),
  withdraw_extension: (params: Params) => ok(api.POST("/api/v1/rectifications/{id}/withdraw-extension", { params })),
} as const;
