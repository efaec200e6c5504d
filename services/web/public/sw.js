// The shell of the pages is kept on the device, so that they open without a
// network: the page and the scripts of this program, never an answer of the
// API. shell.json lists them; the build writes it.
const kept = "duban-shell";

async function refresh() {
  const cache = await caches.open(kept);
  const list = await (await fetch("/shell.json", { cache: "no-cache" })).json();
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname !== "/" && !list.includes(pathname)) await cache.delete(request);
  }
  for (const path of list) if (!(await cache.match(path))) await cache.add(path);
}

async function page(request) {
  const cache = await caches.open(kept);
  const before = await cache.match("/");
  try {
    const answer = await fetch(request);
    const known = before?.headers.get("ETag");
    if (answer.ok && answer.headers.get("Content-Type")?.startsWith("text/html") && answer.headers.get("ETag") !== known) {
      await cache.put("/", answer.clone());
      if (known) await refresh().catch(() => undefined);
    }
    return answer;
  } catch (e) {
    if (before) return before;
    throw e;
  }
}

async function asset(request) {
  const found = await caches.match(request);
  return found ?? fetch(request);
}

self.addEventListener("install", (e) => {
  e.waitUntil(
    caches
      .open(kept)
      .then((c) => c.add("/"))
      .then(refresh)
      .then(() => self.skipWaiting()),
  );
});
self.addEventListener("activate", (e) => e.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (e) => {
  const { origin, pathname } = new URL(e.request.url);
  if (e.request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/assets/")) e.respondWith(asset(e.request));
  else if (e.request.mode === "navigate" && !/^\/(api|docs|openapi|healthz|readyz)\b/.test(pathname)) e.respondWith(page(e.request));
});
