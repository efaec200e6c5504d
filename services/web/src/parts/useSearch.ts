// What is found for what somebody types, asked when they pause.
import { useQuery } from "@tanstack/vue-query";
import { computed, ref, watch } from "vue";

/** useSearch asks `find` for what was typed; `kind` begins the key of the answers, `within` is a part of it. */
export function useSearch<T>(kind: string, find: (q: string) => Promise<{ items: T[] }>, within: () => unknown = () => undefined) {
  const typed = ref("");
  const asked = ref("");
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(typed, (v) => {
    clearTimeout(timer);
    timer = setTimeout(() => (asked.value = v.trim()), 200);
  });
  const query = useQuery({
    queryKey: computed(() => [kind, "search", asked.value, within()]),
    queryFn: () => find(asked.value),
    enabled: computed(() => asked.value.length > 0),
  });
  const items = computed(() => query.data.value?.items ?? []);
  const none = computed(() => query.data.value?.items.length === 0);
  return { typed, asked, query, items, none };
}
