import { VueQueryPlugin } from "@tanstack/vue-query";
import { createApp } from "vue";
import App from "./App.vue";
import { queries } from "./queries";
import { router } from "./router";
import { i18n, recall, startLanguage } from "./texts";
import "./style/element";

document.documentElement.toggleAttribute("data-large", recall("duban.large") === "1");
await startLanguage();
createApp(App).use(i18n).use(VueQueryPlugin, { queryClient: queries }).use(router).mount("#app");

// Kept for the next visit, once this one has what it needs.
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  window.addEventListener("load", () => setTimeout(() => void navigator.serviceWorker.register("/sw.js").catch(() => undefined), 3000), { once: true });
}
