import type { RouteRecordRaw } from "vue-router";

export default [
  // Whoever may read numbers may open it; in the navigation it is for those who inspect, lead or order.
  {
    path: "/rollups/findings/numbers",
    component: () => import("./NumbersPage.vue"),
    meta: { texts: "numbers", title: "nav.numbers", nav: { order: 42, text: "nav.numbers", may: ["finding.record", "campaign.create", "assignment.instruct"] } },
  },
] satisfies RouteRecordRaw[];
