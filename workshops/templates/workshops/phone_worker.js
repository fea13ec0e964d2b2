{% load static %}/* Keeps one screen for use without network: the empty roll-call, its style and its script. Nobody's data. */
"use strict";
const NAME = "kalanso-roll-call", HERE = "{% url 'phone' %}";
const FILES = [HERE, "{% static 'lms/kalanso.css' %}", "{% static 'lms/icons.svg' %}", "{% static 'lms/mark.svg' %}", "{% static 'workshops/phone.js' %}"];
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload", credentials: "omit" })))).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin) return;
  if (!FILES.includes(address.pathname)) return;
  // With network the newest screen, kept again without anybody's name in its head; else the kept one.
  event.respondWith((async () => {
    const kept = await caches.match(address.pathname, { cacheName: NAME });
    try {
      const fresh = await fetch(new Request(address.pathname, { credentials: "omit", redirect: "error" }));
      if (!fresh.ok) throw new Error(fresh.status);
      await (await caches.open(NAME)).put(address.pathname, fresh.clone());
      return fresh;
    } catch { return kept || Response.error(); }
  })());
});
