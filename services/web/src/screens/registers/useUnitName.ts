import { useQuery } from "@tanstack/vue-query";
import { computed, type ComputedRef } from "vue";
import { api, ok } from "../../api/client";

/** useUnitName is what a unit is called; a dash until that is known. */
export function useUnitName(id: ComputedRef<string>): ComputedRef<string> {
  const one = useQuery({
    queryKey: computed(() => ["unit", "one", id.value]),
    queryFn: () => ok(api.GET("/api/v1/units/{id}", { params: { path: { id: id.value } } })),
    enabled: computed(() => !!id.value),
  });
  return computed(() => one.data.value?.name ?? "…");
}
