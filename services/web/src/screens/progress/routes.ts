import type { RouteRecordRaw } from "vue-router";

export default [
  { path: "/progress", component: () => import("./ProgressPage.vue"), meta: { texts: "progress", title: "nav.progress", nav: { order: 40, text: "nav.progress", may: ["rollup.read"] } } },
] satisfies RouteRecordRaw[];
