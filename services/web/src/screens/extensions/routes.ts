import type { RouteRecordRaw } from "vue-router";

export default [
  {
    path: "/extension-requests",
    component: () => import("./ExtensionsPage.vue"),
    meta: { texts: "extensions", title: "nav.extensions", nav: { order: 25, text: "nav.extensions", may: ["assignment.decide_extension", "assignment.request_extension"] } },
  },
] satisfies RouteRecordRaw[];
