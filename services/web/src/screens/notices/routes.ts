import type { RouteRecordRaw } from "vue-router";

export default [{ path: "/notices", component: () => import("./NoticesPage.vue"), meta: { texts: "notices", title: "frame.notices" } }] satisfies RouteRecordRaw[];
