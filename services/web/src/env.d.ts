/// <reference types="vite/client" />
import "vue-router";

declare module "*.vue" {
  import type { DefineComponent } from "vue";
  const component: DefineComponent;
  export default component;
}

declare module "vue-router" {
  interface RouteMeta {
    /** Shown without a session, and without the frame of the pages. */
    open?: boolean;
    /** The folder below src/screens whose texts the page needs. */
    texts?: string;
    /** Key of the page's title. */
    title?: string;
    /** Its place in the navigation, for whoever has one of `may` (see GET /me); everybody without it. */
    nav?: { order: number; text: string; may?: string[] };
  }
}
