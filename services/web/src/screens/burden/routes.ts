import type { RouteRecordRaw } from "vue-router";

export default [
  { path: "/assignments/burden", component: () => import("./BurdenPage.vue"), meta: { texts: "burden", title: "nav.burden", nav: { order: 45, text: "nav.burden", may: ["campaign.read"] } } },
] satisfies RouteRecordRaw[];
