import type { RouteRecordRaw } from "vue-router";

export default [
  {
    path: "/assignments",
    component: () => import("./AssignmentsPage.vue"),
    meta: { texts: "assignments", title: "nav.assignments", nav: { order: 10, text: "nav.assignments", may: ["assignment.read"] } },
  },
  { path: "/assignments/:id", component: () => import("./AssignmentPage.vue"), meta: { texts: "assignments", title: "nav.assignments" } },
] satisfies RouteRecordRaw[];
