import type { RouteRecordRaw } from "vue-router";

export default [
  { path: "/inspections", component: () => import("./InspectionsPage.vue"), meta: { texts: "inspections", title: "nav.inspections", nav: { order: 5, text: "nav.inspections", may: ["inspection.conduct"] } } },
  { path: "/inspections/:id", component: () => import("./InspectionPage.vue"), meta: { texts: "inspections", title: "nav.inspections" } },
] satisfies RouteRecordRaw[];
