import type { RouteRecordRaw } from "vue-router";

export default [
  { path: "/sign-in", component: () => import("./SignInPage.vue"), meta: { open: true, texts: "account", title: "sign_in" } },
  { path: "/setup", component: () => import("./SetupPage.vue"), meta: { open: true, texts: "account", title: "setup.title" } },
  { path: "/password", component: () => import("./PasswordPage.vue"), meta: { texts: "account", title: "password.title" } },
  { path: "/unsent", component: () => import("./UnsentPage.vue"), meta: { title: "unsent.title" } },
  { path: "/me", component: () => import("./MePage.vue"), meta: { texts: "account", title: "me.title" } },
  { path: "/menu", component: () => import("./MenuPage.vue"), meta: { title: "frame.navigation" } },
] satisfies RouteRecordRaw[];
