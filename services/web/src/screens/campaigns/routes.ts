import type { RouteRecordRaw } from "vue-router";

export default [
  { path: "/campaigns", component: () => import("./CampaignsPage.vue"), meta: { texts: "campaigns", title: "nav.campaigns", nav: { order: 15, text: "nav.campaigns", may: ["campaign.read"] } } },
  { path: "/campaigns/new", component: () => import("./NewCampaignPage.vue"), meta: { texts: "campaigns", title: "campaigns.new" } },
  { path: "/campaigns/templates", component: () => import("./TemplatesPage.vue"), meta: { texts: "campaigns", title: "templates.page" } },
  { path: "/campaigns/:id", component: () => import("./CampaignPage.vue"), meta: { texts: "campaigns", title: "nav.campaigns" } },
] satisfies RouteRecordRaw[];
