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
