// Whether the page stands on a phone: cards instead of tables, whole screens
// instead of dialogues.
import { readonly, ref } from "vue";

const phone = typeof matchMedia === "function" ? matchMedia("(max-width: 767px)") : undefined;
const narrow = ref(phone?.matches ?? false);
phone?.addEventListener("change", (e) => (narrow.value = e.matches));

export function useNarrow() {
  return readonly(narrow);
}
