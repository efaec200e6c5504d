// Lists that come in pages by key.
import { useInfiniteQuery, type InfiniteData } from "@tanstack/vue-query";
import { computed, type ComputedRef, type Ref } from "vue";
import { useRoute, useRouter } from "vue-router";
import { queries } from "./queries";

export interface Page<T> {
  items: T[];
  next_cursor?: string;
}

/** Rows at a time: enough for three screens. */
export const pageSize = 100;

/**
 * useList shows a list from page to page. The key begins with the kind of its
 * rows; fetchPage asks for the page at a cursor.
 */
export function useList<T>(key: Ref<unknown[]> | ComputedRef<unknown[]>, fetchPage: (cursor: string | undefined) => Promise<Page<T>>, enabled?: Ref<boolean>) {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => fetchPage(pageParam as string | undefined),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (p: Page<T>) => p.next_cursor,
    ...(enabled ? { enabled } : {}),
  });
}

export type List<T> = ReturnType<typeof useList<T>>;

/** patchRow puts a row that has changed into every list that shows it. */
export function patchRow(kind: string, row: { id: string }): void {
  queries.setQueriesData<InfiniteData<Page<{ id: string }>>>({ queryKey: [kind, "list"] }, (data) => {
    if (!data?.pages?.some((p) => p.items.some((i) => i.id === row.id))) return data;
    return { ...data, pages: data.pages.map((p) => ({ ...p, items: p.items.map((i) => (i.id === row.id ? row : i)) })) };
  });
}

/**
 * useFilters keeps the filters of a list in the address, under the names of
 * the API, so that a link, the back button and a bookmark all show the same.
 */
export function useFilters(...names: string[]) {
  const route = useRoute();
  const router = useRouter();
  const values = computed(() => {
    const out: Record<string, string> = {};
    for (const n of names) {
      const v = route.query[n];
      const text = Array.isArray(v) ? v.join(",") : v;
      if (text) out[n] = text;
    }
    return out;
  });
  function set(name: string, value: string | undefined): void {
    const query = { ...route.query };
    if (value) query[name] = value;
    else delete query[name];
    void router.replace({ query });
  }
  return { values, set, clear: () => void router.replace({ query: {} }) };
}
