import type { RouteRecordRaw } from "vue-router";

export default [
  {
    path: "/checklists",
    component: () => import("./ChecklistsPage.vue"),
    meta: { texts: "checklists", title: "nav.checklists", nav: { order: 33, text: "nav.checklists", may: ["checklist.write"] } },
  },
  { path: "/checklists/new", component: () => import("./NewChecklistPage.vue"), meta: { texts: "checklists", title: "checklists.new" } },
  { path: "/checklists/:id", component: () => import("./ChecklistPage.vue"), meta: { texts: "checklists", title: "nav.checklists" } },
] satisfies RouteRecordRaw[];
