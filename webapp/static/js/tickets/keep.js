// Keeps this ticket, and what it is drawn with, for where there is no net.

const note = document.querySelector("[data-offline]");

async function keep() {
  await navigator.serviceWorker.register("/tickets/worker.js");
  await navigator.serviceWorker.ready;
  const kept = await caches.open("tickets");
  const drawn = document.querySelectorAll("link:is([rel=stylesheet], [rel=icon], [rel=modulepreload]), script[src]");
  const addresses = [location.pathname, ...[...drawn].map((element) => element.href || element.src)];
  const missing = [];
  for (const address of addresses) if (!(await kept.match(address))) missing.push(address);
  await kept.addAll(missing);
  note.textContent = navigator.onLine
    ? "Kept on this device: it opens without a net, too."
    : "You seem to be offline. This is the ticket as it was when you last opened it.";
  note.hidden = false;
}

// Private windows may refuse to keep anything: then the ticket is as good as the net, and paper.
if ("serviceWorker" in navigator && "caches" in window) keep().catch(() => {});
