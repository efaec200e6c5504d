import type { RouteRecordRaw } from "vue-router";

export default [
  { path: "/registers", component: () => import("./RegistersPage.vue"), meta: { texts: "registers", title: "nav.registers", nav: { order: 35, text: "nav.registers", may: ["submission.read"] } } },
  { path: "/registers/:register", component: () => import("./RegisterPage.vue"), meta: { texts: "registers", title: "nav.registers" } },
] satisfies RouteRecordRaw[];
