// Inspections that are on this device and not, or not wholly, with the server.
import { kept } from "../../device/drafts";
import { me } from "../../api/session";

export interface Plan {
  unit_id: string;
  unit_name: string;
  checklist_id: string;
}

export interface Waiting {
  id: string;
  plan?: Plan;
  /** It was given to be sent. */
  send: boolean;
}

export const thingOf = (id: string): string => `inspection.${id}`;

/** waiting lists them. */
export function waiting(): Waiting[] {
  const prefix = `duban.draft.${me.value?.id ?? ""}.inspection.`;
  let keys: string[] = [];
  try {
    keys = Array.from({ length: localStorage.length }, (_, i) => localStorage.key(i) ?? "");
  } catch {
    // Storage is switched off: nothing is kept.
  }
  return keys
    .filter((k) => k.startsWith(prefix))
    .map((k) => {
      const id = k.slice(prefix.length);
      const parts = kept<unknown>(thingOf(id));
      return { id, send: "send" in parts, ...(parts["plan"] ? { plan: parts["plan"] as Plan } : {}) };
    });
}
