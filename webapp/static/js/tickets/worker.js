// Tickets without a net: what was opened once is shown again. The net goes first, so that a ticket is never older than
// it must be, and one that is no more is forgotten. What a ticket is drawn with is kept by the page (tickets.js).
"use strict";

const KEPT = "tickets";

async function ask(request) {
  const kept = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (answer.ok) await kept.put(request, answer.clone());
    else if (answer.status === 404) await kept.delete(request);
    return answer;
  } catch (error) {
    const before = await kept.match(request);
    if (before) return before;
    throw error;
  }
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  const drawn = pathname.startsWith("/tickets/") || pathname.startsWith("/static/");
  if (event.request.method === "GET" && origin === self.location.origin && drawn) event.respondWith(ask(event.request));
});
