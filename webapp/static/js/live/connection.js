// The connection of a page or a screen to its stream. htmx's extension keeps it and tries again; here it is begun, asked for
// what came after the last that was heard, and cut where nothing is heard any more, though nobody has said that it is dead.

const AGAIN = 4000; // milliseconds between attempts to connect at first, which the extension leaves at one

/** Follows the stream of `root`. `dead`: milliseconds of silence, longer than between two beats, after which it is cut.
 *  `there`, `lost` and `refused` (with a status) are called when it is so. Returns how to look at it and connect anew. */
export function follow(root, { dead, there = () => {}, lost = () => {}, refused = () => {} }) {
  const stream = { heardAt: Date.now(), reconnect };
  let connection;
  let connected = false;
  let lastId = "";
  let checkFrom = Date.now();

  const on = (name, act) => root.addEventListener(name, (event) => event.target === root && act(event.detail));
  const begin = () => connection || root.dispatchEvent(new Event("connect"));
  const hurry = (most) => setTimeout(() => connection?.delayCanceller?.(), 50 + Math.random() * most);

  function isHeard() {
    stream.heardAt = checkFrom = Date.now();
  }

  function isLost() {
    connected = false;
    lost();
  }

  function reconnect() {
    connection?.reader?.cancel();
    hurry(0);
  }

  on("htmx:config:request", ({ ctx }) => {
    if (!lastId) return;
    const address = new URL(ctx.request.action, location);
    address.searchParams.set("after", lastId);
    ctx.request.action = address.pathname + address.search;
  });
  on("htmx:sse:before:connection", (detail) => {
    connection = detail.connection;
    isLost();
  });
  on("htmx:sse:after:connection", () => {
    connected = true;
    isHeard();
    there();
  });
  on("htmx:sse:before:message", ({ message }) => {
    isHeard();
    if (message.id) lastId = message.id;
  });
  on("htmx:sse:close", () => {
    connection = undefined;
    isLost();
  });
  on("htmx:response:error", ({ ctx }) => refused(ctx.response.status));
  on("htmx:sse:error", ({ status }) => refused(status));
  // Nobody asked for the stream, so its failing is not told as that of a form.
  for (const name of ["htmx:response:error", "htmx:error"]) {
    root.addEventListener(name, (event) => event.target === root && event.stopPropagation());
  }

  const isPaused = () => document.hidden && connection?.config.pauseOnBackground;
  setInterval(() => {
    if (!connected || isPaused() || Date.now() - checkFrom < dead) return;
    checkFrom = Date.now();
    isLost();
    connection?.reader?.cancel();
  }, 500);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    checkFrom = Date.now();
    hurry(0); // it pauses while hidden, and is wanted now
  });
  addEventListener("online", () => (connection ? hurry(1500) : begin()));

  isLost();
  htmx.process(root); // htmx may have been ready before its extension was
  begin();
  setTimeout(() => setInterval(begin, AGAIN), Math.random() * AGAIN);
  return stream;
}
