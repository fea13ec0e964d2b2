// Keeps the page that verifies without a network. KEPT, made by the server, stands above: pages by language, the data,
// files. Asks the network first, so that keys and revocations are as new as can be, and falls back on what was kept.
const CACHE = `verify-${KEPT.version}`;
const PATIENCE = 4000; // ms: where the signal is too weak for an answer, what was kept serves

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE)
      .then((cache) => cache.addAll([...Object.values(KEPT.pages), KEPT.data, ...KEPT.files]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("verify-") && name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

const own = (path) => Object.values(KEPT.pages).includes(path) || path === KEPT.data || KEPT.files.includes(path);

async function newestOf(request, path) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.ok) await cache.put(path, answer.clone());
    return answer;
  } catch {
    return (await cache.match(path)) || Response.error();
  }
}

// The address on paper, opened without a network: the page reads number and code from it.
async function paper(request) {
  try {
    return await fetch(request);
  } catch {
    const language = (self.navigator.language || "").slice(0, 2);
    const page = KEPT.pages[language] || Object.values(KEPT.pages)[0];
    return (await (await caches.open(CACHE)).match(page)) || Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event, { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (own(pathname)) event.respondWith(newestOf(request, pathname));
  else if (request.mode === "navigate") event.respondWith(paper(request));
});
