import type { RouteRecordRaw } from "vue-router";

const meta = (title: string) => ({ texts: "administration", title });

export default [
  {
    path: "/units",
    component: () => import("./UnitsPage.vue"),
    meta: { ...meta("nav.administration"), nav: { order: 50, text: "nav.administration", may: ["unit.write", "person.write", "grant.read"] } },
  },
  { path: "/units/:id", component: () => import("./UnitPage.vue"), meta: meta("nav.administration") },
  { path: "/people", component: () => import("./PeoplePage.vue"), meta: meta("nav.administration") },
  { path: "/people/:id", component: () => import("./PersonPage.vue"), meta: meta("nav.administration") },
  { path: "/grants", component: () => import("./GrantsPage.vue"), meta: meta("nav.administration") },
  { path: "/imports", component: () => import("./ImportPage.vue"), meta: meta("nav.administration") },
  { path: "/codes", component: () => import("./CodesPage.vue"), meta: meta("administration.codes") },
  { path: "/policy", component: () => import("./PolicyPage.vue"), meta: meta("nav.administration") },
  { path: "/sessions", component: () => import("./SessionsPage.vue"), meta: meta("nav.administration") },
  { path: "/system", component: () => import("./HealthPage.vue"), meta: meta("administration.system") },
] satisfies RouteRecordRaw[];
