// Every folder of src/screens brings its routes in routes.ts. Their paths are
// those of the API's resources, so that the `query` of a number is a link.
import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";
import { me } from "./api/session";
import { readMe, setUpNeeded } from "./account";
import { t, useTexts } from "./texts";

const screens = import.meta.glob<RouteRecordRaw[]>("./screens/*/routes.ts", { eager: true, import: "default" });

export const routes: RouteRecordRaw[] = Object.values(screens).flat();

export const router = createRouter({
  history: createWebHistory(),
  routes: [...routes, { path: "/:rest(.*)*", component: () => import("./screens/account/NotFoundPage.vue"), meta: { title: "not_found.title" } }],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

router.beforeEach(async (to, from) => {
  if (!me.value && !to.meta.open) await readMe();
  // Before there is anybody who could sign in, everything leads to the set-up.
  if (!me.value && (!to.meta.open || to.path === "/sign-in" || to.path === "/setup")) {
    const first = await setUpNeeded();
    if (first === true && to.path !== "/setup") return "/setup";
    if (first === false && to.path === "/setup" && from.matched.length === 0) return "/sign-in";
  }
  if (!me.value && !to.meta.open) return { path: "/sign-in", query: to.fullPath === "/" ? {} : { next: to.fullPath } };
  if (me.value?.must_change_password && to.path !== "/password") return "/password";
  return true;
});

router.beforeResolve(async (to) => {
  if (to.meta.texts) await useTexts(to.meta.texts);
});

router.afterEach((to) => {
  document.title = to.meta.title ? `${t(to.meta.title)} – ${t("title")}` : t("title");
});

// A new version of the program has other names of scripts: a page that was
// open meanwhile is loaded anew, once, where it was going.
router.onError((error, to) => {
  if (/dynamically imported|Importing a module|module script/i.test(String(error)) && !sessionStorage.getItem("duban.reloaded")) {
    sessionStorage.setItem("duban.reloaded", "1");
    location.assign(to.fullPath);
  }
});
router.isReady().then(
  () => sessionStorage.removeItem("duban.reloaded"),
  () => undefined,
);
