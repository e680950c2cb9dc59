// The big screen: follows its stream, fits the question to the wall, says what it shows, and keeps the last state whatever happens.
(() => {
  "use strict";

  const { shown: address, cursor, now: startedAt, zone } = document.body.dataset;
  const root = document.getElementById("state");
  const $ = (selector) => document.querySelector(selector);
  const scene = () => root.firstElementChild;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  // The question as large as the wall allows. Half a rem at a time is finer than anybody sees.

  const LARGEST = 8;
  const SMALLEST = 2;
  const STEP = 0.1;

  function fit() {
    const box = root.querySelector("[data-fit]");
    const text = box?.firstElementChild;
    if (!text) return;
    const fits = (size) => {
      text.style.fontSize = `${size}rem`;
      return text.scrollHeight <= box.clientHeight && text.scrollWidth <= box.clientWidth;
    };
    let low = SMALLEST / STEP;
    let high = LARGEST / STEP;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (fits(middle * STEP)) low = middle;
      else high = middle - 1;
    }
    fits(low * STEP);
  }

  // A new state. What is the same stays; another scene comes in softly.

  let lastId = +cursor || 0;
  let visibleSince = performance.now();
  let queue = Promise.resolve();

  function show(html) {
    queue = queue.then(() => change(html)).catch(() => {});
  }

  async function change(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const next = template.content.firstElementChild;
    if (!next || next.outerHTML === drawn) return;
    const other = next.dataset.scene !== scene()?.dataset.scene;
    drawn = next.outerHTML;
    const swap = async () => {
      const style = other ? "innerHTML" : "innerMorph";
      root.querySelector("[data-fit]")?.firstElementChild.removeAttribute("style"); // else htmx carries it over, against the policy
      await htmx.swap({ sourceElement: root, target: root, swap: style, text: html });
      fit();
    };
    if (other && document.startViewTransition && !calm.matches && !document.hidden) {
      const transition = document.startViewTransition(swap);
      transition.finished.catch(() => {});
      await transition.updateCallbackDone;
    } else {
      await swap();
    }
    if (!other) return;
    visibleSince = performance.now();
    painted(tell);
  }

  let drawn = scene()?.outerHTML;

  const painted = (act) => (document.hidden ? act() : requestAnimationFrame(() => setTimeout(act)));

  // What the desk is told: this is on the wall, for so long

  const KEPT = "plenum:screen";
  const screenId = (sessionStorage[KEPT] ??= Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(36)).join(""));

  function tell() {
    if (isRevoked) return;
    const size = (pixels) => Math.round(pixels * devicePixelRatio);
    fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      signal: AbortSignal.timeout?.(4000),
      body: JSON.stringify({
        screen: screenId,
        name: `${size(innerWidth)}×${size(innerHeight)}`,
        question: +(scene()?.dataset.question ?? 0),
        cursor: lastId,
        ms: Math.round(performance.now() - visibleSince),
      }),
    }).catch(() => {});
  }

  // The stream. The extension tries again once it has had a connection; a first one that fails, or one that ended, is ours.

  const SILENCE = 5000;
  let connection;
  let heardAt = Date.now();
  let isRevoked = false;
  let failures = 0;
  let retry;

  let asked = false;

  function begin() {
    clearTimeout(retry);
    retry = undefined;
    if (connection) return;
    asked = false;
    root.dispatchEvent(new Event("connect"));
    if (asked) return;
    htmx.process(root); // htmx was ready before its extension was
    root.dispatchEvent(new Event("connect"));
  }

  function beginLater() {
    const wait = isRevoked ? 20_000 : Math.min(500 * 2 ** failures++, 4000);
    retry ??= setTimeout(begin, wait * (0.5 + Math.random()));
  }

  function revoke(is) {
    isRevoked = is;
    $("[data-revoked]").hidden = !is;
    root.inert = is;
    if (is) $("[data-lost]").hidden = true;
  }

  function heard() {
    heardAt = Date.now();
    failures = 0;
    $("[data-lost]").hidden = true;
    if (isRevoked) revoke(false);
  }

  const on = (name, act) =>
    root.addEventListener(name, (event) => {
      if (event.target === root) act(event.detail ?? {});
    });

  on("htmx:config:request", () => (asked = true));
  on("htmx:sse:before:connection", (detail) => (connection = detail.connection));
  on("htmx:sse:after:connection", heard);
  on("htmx:sse:before:message", ({ message }) => {
    heard();
    if (message.id) lastId = +message.id || lastId;
  });
  on("htmx:sse:error", (detail) => {
    if (detail.status !== 404) return;
    revoke(true);
    detail.connection.config.reconnectDelay = detail.connection.config.reconnectMaxDelay = 20_000;
  });
  on("htmx:sse:close", () => {
    connection = undefined;
    beginLater();
  });
  on("htmx:response:error", ({ ctx }) => {
    if (ctx.response.status === 404) revoke(true);
  });
  on("htmx:finally:request", () => {
    if (!connection) beginLater();
  });
  on("screen", ({ data }) => show(data));

  setInterval(() => {
    const silence = Date.now() - heardAt;
    if (isRevoked || silence < SILENCE) return;
    $("[data-lost]").hidden = false;
    if (silence < 2 * SILENCE) return;
    heardAt = Date.now() - SILENCE; // a connection that says nothing is dead, though nobody has said so
    if (connection) connection.reader?.cancel();
    else begin();
  }, 500);
  addEventListener("online", () => (connection ? connection.delayCanceller?.() : begin()));

  // The clock: the server's time in the conference's zone, whatever the computer thinks

  const ahead = new Date(startedAt) - Date.now();
  const format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  function showTime() {
    const text = format.format(new Date(Date.now() + ahead));
    if ($("[data-clock]").textContent !== text) $("[data-clock]").textContent = text;
  }

  // Whoever stands at the computer

  const THEME = "plenum:screen-theme";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const setTheme = (theme) => theme && (document.documentElement.dataset.theme = theme);

  function switchTheme() {
    const now = document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
    setTheme((localStorage[THEME] = now === "dark" ? "light" : "dark"));
  }

  function switchFullScreen() {
    const done = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.();
    done?.catch(() => {});
  }

  let resting;
  function stir() {
    document.body.classList.remove("is-still");
    clearTimeout(resting);
    resting = setTimeout(() => document.body.classList.add("is-still"), 3000);
  }

  async function stayAwake() {
    try {
      if (!document.hidden) await navigator.wakeLock?.request("screen");
    } catch {
      // then the computer's own settings decide
    }
  }

  setTheme(localStorage[THEME]);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === "f") switchFullScreen();
    else if (event.key === "t") switchTheme();
    else if (event.key === "l") setTheme((localStorage[THEME] = "light"));
    else if (event.key === "d") setTheme((localStorage[THEME] = "dark"));
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-theme-button]")) switchTheme();
    else if (!target.closest("a")) switchFullScreen();
  });
  for (const name of ["pointermove", "pointerdown", "keydown"]) addEventListener(name, stir, { passive: true });
  document.addEventListener("visibilitychange", () => {
    stayAwake();
    if (!document.hidden) fit();
  });
  addEventListener("resize", fit);
  document.fonts?.ready.then(fit);

  fit();
  stir();
  stayAwake();
  showTime();
  setInterval(showTime, 1000);
  painted(tell);
  setInterval(tell, 2000);
  const ready = () => setTimeout(begin); // after htmx's own beginning
  if (document.readyState === "complete") ready();
  else addEventListener("DOMContentLoaded", ready);
})();
