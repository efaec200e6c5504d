import type { RouteRecordRaw } from "vue-router";

export default [
  { path: "/", component: () => import("./WorkbenchPage.vue"), meta: { texts: "workbench", title: "nav.workbench", nav: { order: 0, text: "nav.workbench" } } },
] satisfies RouteRecordRaw[];
