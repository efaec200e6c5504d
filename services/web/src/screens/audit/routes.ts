import type { RouteRecordRaw } from "vue-router";

export default [
  { path: "/audit-entries", component: () => import("./AuditPage.vue"), meta: { texts: "audit", title: "nav.audit", nav: { order: 60, text: "nav.audit", may: ["audit.read"] } } },
  { path: "/audit-entries/:seq", component: () => import("./EntryPage.vue"), meta: { texts: "audit", title: "nav.audit" } },
] satisfies RouteRecordRaw[];
