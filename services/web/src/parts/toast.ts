// Short words that something went through.
import { reactive } from "vue";

export const toasts = reactive<{ id: number; text: string }[]>([]);
let next = 1;

/** toast shows a text for some seconds; screen readers hear it. */
export function toast(text: string): void {
  const id = next++;
  toasts.push({ id, text });
  setTimeout(() => {
    const i = toasts.findIndex((x) => x.id === id);
    if (i >= 0) toasts.splice(i, 1);
  }, 5000);
}
