import type { RouteRecordRaw } from "vue-router";

export default [
  { path: "/findings", component: () => import("./FindingsPage.vue"), meta: { texts: "rectifications", title: "nav.findings", nav: { order: 31, text: "nav.findings", may: ["finding.read"] } } },
  { path: "/findings/:id", component: () => import("./FindingPage.vue"), meta: { texts: "rectifications", title: "nav.findings" } },
  {
    path: "/rectifications",
    component: () => import("./RectificationsPage.vue"),
    meta: { texts: "rectifications", title: "nav.rectifications", nav: { order: 30, text: "nav.rectifications", may: ["rectification.read"] } },
  },
  { path: "/rectifications/:id", component: () => import("./RectificationPage.vue"), meta: { texts: "rectifications", title: "nav.rectifications" } },
] satisfies RouteRecordRaw[];
