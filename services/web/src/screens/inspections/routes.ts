import type { RouteRecordRaw } from "vue-router";

export default [
  {
    path: "/inspections",
    component: () => import("./InspectionsPage.vue"),
    meta: { texts: "inspections", title: "nav.inspections", nav: { order: 5, text: "nav.inspections", may: ["inspection.conduct"] } },
  },
  { path: "/inspections/plan", component: () => import("./PlanPage.vue"), meta: { texts: "inspections", title: "inspections.plan" } },
  { path: "/inspections/draws", component: () => import("./DrawsPage.vue"), meta: { texts: "inspections", title: "draws.title" } },
  { path: "/inspections/draws/:id", component: () => import("./DrawPage.vue"), meta: { texts: "inspections", title: "draws.title" } },
  { path: "/inspections/:id", component: () => import("./InspectionPage.vue"), meta: { texts: "inspections", title: "nav.inspections" } },
] satisfies RouteRecordRaw[];
