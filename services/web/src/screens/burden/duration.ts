import { t } from "../../texts";

/** duration shows minutes of work: below ten hours to the minute, above to the hour. */
export function duration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  if (hours >= 10) return t("burden.hours", { hours: Math.round(minutes / 60) });
  if (!hours) return t("burden.only_minutes", { minutes });
  return t("burden.hours_minutes", { hours, minutes: minutes % 60 });
}
