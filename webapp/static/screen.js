// The wall: always the last state, fitted to the screen, and told to the desk as shown.
(() => {
  "use strict";

  const stage = document.getElementById("stage");
  const state = document.getElementById("state");
  const mark = document.getElementById("mark");
  const clock = document.getElementById("clock");
  const { address, zone } = stage.dataset;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const LARGEST = 9;
  const SMALLEST = 2.2; // hundredths of the screen: still read from the back, and 300 wide letters fit

  // A question fits by itself: as large as there is room for

  function fit() {
    const text = state.querySelector(".wall-text");
    if (!text) return;
    let low = SMALLEST;
    let high = LARGEST;
    while (high - low > 0.05) {
      const size = (low + high) / 2;
      text.style.setProperty("--fit", size);
      const fits = text.scrollHeight <= text.clientHeight + 1 && text.scrollWidth <= text.clientWidth + 1;
      if (fits) low = size;
      else high = size;
    }
    text.style.setProperty("--fit", low);
  }

  const code = new Image();
  code.alt = "The code to scan for asking";
  code.src = `${address}/qr.svg`;

  function dress() {
    state.querySelector("[data-qr]")?.replaceChildren(code);
    fit();
  }

  // What is shown, and since when

  let shown = { key: "", since: performance.now() };
  const screen = (sessionStorage.plenumScreen ??= crypto.randomUUID?.() ?? String(Math.random()).slice(2));

  function tell() {
    const wall = document.getElementById("wall");
    const body = JSON.stringify({
      screen,
      name: `${innerWidth} × ${innerHeight}`,
      question: +wall.dataset.question,
      ms: Math.round(performance.now() - shown.since),
    });
    fetch(`${address}/shown`, { method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive: true }).catch(() => {});
  }

  function settled() {
    const wall = document.getElementById("wall");
    const key = `${wall.dataset.look} ${wall.dataset.question}`;
    if (key === shown.key) return;
    // Painted in the frame after next at the latest: then it is on the wall.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        shown = { key, since: performance.now() };
        tell();
      }),
    );
  }

  let coming = Promise.resolve();
  function show(html) {
    coming = coming.then(async () => {
      const template = document.createElement("template");
      template.innerHTML = html;
      const next = template.content.firstElementChild;
      const now = document.getElementById("wall");
      const same = now.dataset.look === next.dataset.look && now.dataset.question === next.dataset.question;
      if (!same && !still.matches) await now.animate({ opacity: [1, 0] }, { duration: 150, fill: "forwards" }).finished;
      await htmx.swap({ sourceElement: stage, target: state, swap: "innerHTML", text: html });
      dress();
      if (!same && !still.matches) document.getElementById("wall").animate({ opacity: [0, 1] }, { duration: 150 });
      settled();
    });
  }

  // The connection. What was shown last stays; a small mark says after five seconds that it may be old.

  let heardAt = Date.now();
  let connection;
  let began = 0;
  let revoked = false;

  stage.addEventListener("screen", ({ detail }) => show(detail.data));
  stage.addEventListener("htmx:sse:before:connection", ({ detail }) => (connection = detail.connection));
  stage.addEventListener("htmx:sse:before:message", () => (heardAt = Date.now()));
  stage.addEventListener("htmx:sse:close", () => (connection = undefined));
  for (const name of ["htmx:sse:error", "htmx:response:error"]) {
    stage.addEventListener(name, ({ detail }) => {
      if ((detail.status ?? detail.ctx?.response?.status) === 404) revoked = true;
    });
  }

  function begin() {
    began = Date.now();
    htmx.process(stage);
    stage.dispatchEvent(new Event("connect"));
  }

  setInterval(() => {
    const silent = Date.now() - heardAt;
    mark.hidden = !revoked && silent < 5000;
    mark.toggleAttribute("data-final", revoked);
    const text = revoked
      ? "This screen’s code has been renewed. The moderator’s desk shows the new one."
      : "No connection: this may be old";
    if (mark.textContent !== text) mark.textContent = text;
    if (revoked) {
      connection?.abortController?.abort();
      return;
    }
    if (!connection && Date.now() - began > 3000) begin();
    if (connection && silent > 8000 && Date.now() - began > 8000) {
      began = Date.now();
      connection.reader?.cancel();
      connection.delayCanceller?.();
    }
  }, 1000);

  // The conference's clock, which in a rehearsal is not that of this computer

  const ahead = new Date(stage.dataset.now) - Date.now();
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  function tick() {
    const text = time.format(new Date(Date.now() + ahead));
    if (clock.textContent !== text) clock.textContent = text;
  }

  // The room it is in: full screen, no pointer, no sleep

  let idle;
  function stir() {
    document.documentElement.classList.remove("is-idle");
    clearTimeout(idle);
    idle = setTimeout(() => document.documentElement.classList.add("is-idle"), 3000);
  }
  function fill() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => {});
  }
  async function stayAwake() {
    try {
      await navigator.wakeLock?.request("screen");
    } catch {} // it is a kindness, and not every computer has it
  }
  addEventListener("pointermove", stir);
  addEventListener("click", fill);
  addEventListener("keydown", ({ key }) => {
    if (key === "f") fill();
    if (key === "l" || key === "d") localStorage.plenumScheme = document.documentElement.dataset.scheme = key === "l" ? "light" : "dark";
  });
  if (localStorage.plenumScheme) document.documentElement.dataset.scheme = localStorage.plenumScheme;
  document.addEventListener("visibilitychange", () => document.hidden || stayAwake());
  addEventListener("resize", fit);

  dress();
  tick();
  stir();
  stayAwake();
  settled();
  setInterval(tick, 1000);
  setInterval(tell, 2000);
  setTimeout(begin);
  document.fonts?.ready.then(fit);
})();
