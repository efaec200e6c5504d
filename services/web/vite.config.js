import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import vue from "@vitejs/plugin-vue";
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
  const packages = new Set(["swagger-ui-dist"]);
  return {
    name: "licences",
    apply: "build",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        for (const id of chunk.moduleIds ?? []) {
          const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
          if (name) packages.add(name);
        }
      }
    },
    closeBundle() {
      const to = resolve(import.meta.dirname, "dist/licences");
      mkdirSync(to, { recursive: true });
      for (const name of packages) {
        const from = resolve(import.meta.dirname, "node_modules", name);
        for (const file of existsSync(from) ? readdirSync(from, { withFileTypes: true }) : []) {
          if (!/^(licen[cs]e|notice)|\.license\.txt$/i.test(file.name) || /\.(js|cjs|mjs)$/.test(file.name)) continue;
          // A folder holds those of what the package took from others.
          const files = file.isDirectory() ? readdirSync(resolve(from, file.name)).map((f) => `${file.name}/${f}`) : [file.name];
          for (const f of files) copyFileSync(resolve(from, f), resolve(to, `${name.replace("/", "+")}.${f.replace("/", ".").replace(/\.(md|txt)$/i, "")}.txt`));
        }
      }
    },
  };
}

// shell lists what the pages are made of, without the API documentation, for
// the service worker that keeps it (public/sw.js). Charts are drawn from answers
// of the API, which it does not keep: they stay out, too.
function shell() {
  return {
    name: "shell",
    apply: "build",
    generateBundle(_, bundle) {
      const docs = new Set();
      for (const f of Object.values(bundle))
        if (f.type === "chunk" && f.facadeModuleId?.endsWith("docs/index.html")) for (const name of [f.fileName, ...(f.viteMetadata?.importedCss ?? [])]) docs.add(name);
      const all = Object.keys(bundle).filter((name) => /^assets\/.*\.(js|css)$/.test(name) && !docs.has(name) && !/^assets\/(docs|DayChart)-/.test(name));
      this.emitFile({ type: "asset", fileName: "shell.json", source: JSON.stringify(all.sort().map((name) => "/" + name)) });
    },
  };
}

export default defineConfig({
  plugins: [vue(), noOutsideAddresses(), licences(), shell()],
  define: { __VUE_OPTIONS_API__: "false", __VUE_I18N_LEGACY_API__: "false", __INTLIFY_DROP_MESSAGE_COMPILER__: "false" },
  build: {
    rollupOptions: {
      input: {
        app: resolve(import.meta.dirname, "index.html"),
        docs: resolve(import.meta.dirname, "docs/index.html"),
      },
    },
    // The bundled documentation is large and loaded on its own page only.
    chunkSizeWarningLimit: 2500,
    modulePreload: { polyfill: false },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"] },
  server: { proxy: { "/api": api, "/openapi.json": api, "/healthz": api, "/readyz": api } },
});
