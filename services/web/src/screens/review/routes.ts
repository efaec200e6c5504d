import type { RouteRecordRaw } from "vue-router";

export default [
  { path: "/review", component: () => import("./ReviewPage.vue"), meta: { texts: "review", title: "nav.review", nav: { order: 20, text: "nav.review", may: ["assignment.review"] } } },
  { path: "/review/:id", component: () => import("./ReviewPage.vue"), meta: { texts: "review", title: "nav.review" } },
] satisfies RouteRecordRaw[];
