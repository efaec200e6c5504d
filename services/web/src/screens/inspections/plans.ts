// Inspections planned ahead: what is given, and how it goes to the API.
import { localDay } from "../../parts/time";

export interface PlanGiven {
  checklist_id: string;
  planned_on: string;
  campaign_id: string;
  note: string;
}

/** plan is an empty one, for today. */
export const plan = (): PlanGiven => ({ checklist_id: "", planned_on: localDay(), campaign_id: "", note: "" });

/** shared is what plans of every kind send of it. */
export const shared = (g: PlanGiven) => ({ planned_on: g.planned_on, ...(g.campaign_id ? { campaign_id: g.campaign_id } : {}), ...(g.note.trim() ? { note: g.note.trim() } : {}) });
