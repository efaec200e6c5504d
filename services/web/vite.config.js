import { copyFileSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vite";

// Where `make dev` finds the API.
const api = process.env.DUBAN_API ?? "http://localhost:8080";

// Names of XML namespaces and JSON Schema dialects look like addresses, but
// are only compared, never fetched. "base…" and example.com are swagger-ui's
// stand-ins when it parses relative addresses and makes up example values.
const names = /^(www\.w3\.org|json-schema\.org|spec\.openapis\.org|example\.com|base.*)$/;

// noOutsideAddresses takes links to other hosts (validators, help pages) out of
// what is built: the networks this runs in have no internet, and a page must
// not try. web_test.go scans the result.
function noOutsideAddresses() {
  return {
    name: "no-outside-addresses",
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== "chunk") continue;
        file.code = file.code.replace(/https?:\/\/([\w.-]*\.[\w-]+)/g, (all, host) => (names.test(host) ? all : "about:blank#" + host));
      }
    },
  };
}

// licences keeps the licence texts of what is bundled beside it.
function licences() {
  return {
    name: "licences",
    apply: "build",
    closeBundle() {
      const to = resolve(import.meta.dirname, "dist/licences");
      mkdirSync(to, { recursive: true });
      for (const f of ["LICENSE", "NOTICE", "swagger-ui-es-bundle.js.LICENSE.txt"]) {
        copyFileSync(resolve(import.meta.dirname, "node_modules/swagger-ui-dist", f), resolve(to, "swagger-ui." + f.replace(/^swagger-ui-es-bundle\.js\./, "bundled.").replace(/(LICENSE|NOTICE)$/, "$1.txt")));
      }
    },
  };
}

export default defineConfig({
  appType: "mpa",
  plugins: [noOutsideAddresses(), licences()],
  build: {
    rollupOptions: {
      input: {
        start: resolve(import.meta.dirname, "index.html"),
        docs: resolve(import.meta.dirname, "docs/index.html"),
      },
    },
    // The bundled documentation is large and loaded on its own page only.
    chunkSizeWarningLimit: 2500,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": api, "/openapi.json": api, "/healthz": api, "/readyz": api } },
});
