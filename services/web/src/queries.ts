// What the server has told, kept and refreshed by vue-query. A key begins with
// the kind of thing it holds ("assignment", "campaign", "rollup" …): that is
// what the live stream refreshes by.
import { QueryClient } from "@tanstack/vue-query";
import type { Ref } from "vue";
import { Problem } from "./api/problem";

/** Asked is what a page needs of a query to show where it stands: useQuery and useList give it. */
export interface Asked {
  data: Ref<unknown>;
  error: Ref<unknown>;
  refetch: () => unknown;
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The stream says what has changed; this is for what it cannot say.
      staleTime: 30_000,
      // Without a network a page says so; it does not wait in silence.
      networkMode: "always",
      retry: (count, error) => count < 2 && error instanceof Problem && error.unanswered,
      refetchOnWindowFocus: true,
    },
  },
});
