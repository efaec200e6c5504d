// Where one can go: the routes with meta.nav whose `may` the person holds.
import { can, me } from "../../api/session";
import { routes } from "../../router";

export interface Way {
  path: string;
  text: string;
}

/** ways lists them in their order; before the initial password is changed there are none. */
export function ways(): Way[] {
  if (me.value?.must_change_password) return [];
  return routes
    .flatMap((r) => (r.meta?.nav ? [{ path: r.path, ...r.meta.nav }] : []))
    .filter((w) => !w.may || can(...w.may))
    .sort((a, b) => a.order - b.order);
}
