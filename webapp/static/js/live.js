// Lists that follow the database: what the stream of `hx-sse:connect` tells becomes cards in `[data-list]`, numbers and
// parts of the page. Cards are questions, or what `data-cards` of the root calls them (`note`: `<li id="note-1" data-note="1">`).
// A list that shows a choice takes the cards that `data-only` selects, and no new ones where it says `data-no-new`;
// the first page of a long list takes those newer than its `data-oldest`. While a list with `data-hold` is touched or read, it keeps still and says how much waits.
(() => {
  "use strict";

  const root = document.querySelector("[hx-sse\\:connect]");
  if (!root) return;

  const REST = 4000; // after the last touch, milliseconds
  const CALM = 2000; // between two orders of a list that only votes have changed
  const SILENCE = 40_000; // without a beat, after which a connection is dead
  const MOST_MOVING = 60; // cards that move visibly at once
  const MANY = 150; // cards that change at once, from which on they are not morphed one by one

  const KEPT = ["data-selected", "tabindex"]; // attributes of the page's own, which a card keeps when it is drawn anew

  const KIND = root.dataset.cards ?? "question";
  const CARD = `[data-${KIND}]`;
  const { only, noNew, oldest = 0 } = root.dataset;

  const smooth = matchMedia("(prefers-reduced-motion: no-preference)");
  const now = () => performance.now();

  // What is shown. A card: {id, li, state, votes, tally, position, source, pressed, least, most}

  const lists = [...root.querySelectorAll("[data-list]")];
  const home = new Map(lists.flatMap((list) => list.dataset.list.split(" ").map((state) => [state, list])));
  const cards = new Map();

  // What a card says, but for its numbers: those have their own way, and change much more often.
  function read(li) {
    const { state, votes = 0, tally = 0, position = 0 } = li.dataset;
    const card = { id: +li.dataset[KIND], state, votes: +votes, tally: +tally, position: +position };
    li.dataset.votes = li.dataset.tally = "";
    const count = li.querySelector("[data-count]");
    if (count) count.textContent = "";
    card.source = li.outerHTML;
    return card;
  }

  function showNumbers(card, li = card.li) {
    li.dataset.votes = card.votes;
    li.dataset.tally = card.tally;
    const count = li.querySelector("[data-count]");
    if (!count) return;
    const shown = String(Math.min(Math.max(card.votes, card.least ?? 0), card.most ?? Infinity));
    if (count.textContent !== shown) count.textContent = shown;
    if (card.pressed !== undefined) li.querySelector("[data-vote] button")?.setAttribute("aria-pressed", card.pressed);
  }

  function learn(card, { state, votes, tally, position, source }) {
    Object.assign(card, { state, position, source });
    if (tally >= card.tally) Object.assign(card, { votes, tally });
  }

  for (const li of root.querySelectorAll(`[data-list] > ${CARD}`)) {
    const card = { ...read(li), li };
    cards.set(card.id, card);
    showNumbers(card);
  }

  // Order

  const RANK = { on_screen: 0, next: 1 };
  const ORDERS = {
    votes: (a, b) => b.votes - a.votes || a.id - b.id,
    newest: (a, b) => b.id - a.id,
    answered: (a, b) => b.position - a.position || b.id - a.id,
    oldest: (a, b) => a.id - b.id,
    position: (a, b) => a.position - b.position || a.id - b.id,
  };

  function inOrder(list) {
    const order = ORDERS[list.dataset.sort] ?? ORDERS.oldest;
    return (a, b) => {
      const rank = (RANK[a.state] ?? 2) - (RANK[b.state] ?? 2);
      return rank || (a.state === "next" ? ORDERS.position(a, b) : order(a, b));
    };
  }

  // The cards of a list as they should stand, and those of them that can stay where they are.
  function plan(list, members) {
    const wanted = members.sort(inOrder(list));
    const place = new Map();
    let at = 0;
    for (let li = list.firstElementChild; li; li = li.nextElementSibling) place.set(li, at++);
    return { list, wanted, staying: longestRun(wanted.map((card) => place.get(card.li) ?? -1)) };
  }

  function plans() {
    const members = new Map(lists.map((list) => [list, []]));
    for (const card of cards.values()) {
      const list = home.get(card.state);
      if (list) members.get(list).push(card);
      else card.li.remove();
    }
    return lists.map((list) => plan(list, members.get(list)));
  }

  // Indexes of the longest run of rising places (-1: not there yet), so that as few cards as possible move.
  function longestRun(places) {
    const ends = [];
    const before = new Array(places.length);
    places.forEach((place, index) => {
      if (place < 0) return;
      let low = 0;
      let high = ends.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (places[ends[middle]] < place) low = middle + 1;
        else high = middle;
      }
      before[index] = ends[low - 1];
      ends[low] = index;
    });
    const run = new Set();
    for (let index = ends.at(-1); index !== undefined; index = before[index]) run.add(index);
    return run;
  }

  // News: what has come and is not shown yet

  const news = new Map(); // id -> {li, ...} or null: gone
  const parts = new Map(); // id of an element -> its HTML
  let reordered = false; // votes have changed what comes first
  let settledAt = -Infinity;
  let jumped = new Map(); // the cards that were elsewhere on the screen just before
  let busy = false;
  let timer;

  function parse(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  }

  function hear(html, all) {
    const told = new Set();
    for (const li of [...parse(html).querySelectorAll(`${CARD}, [data-gone][id^="${KIND}-"]`)]) {
      const id = +(li.dataset[KIND] ?? li.id.replace(`${KIND}-`, ""));
      told.add(id);
      const foreign = (only && !li.matches(only)) || (!all && !cards.has(id) && (noNew !== undefined || id < oldest));
      if (foreign || "gone" in li.dataset) {
        if (cards.has(id)) news.set(id, null);
        else news.delete(id);
        continue;
      }
      const card = { ...read(li), li };
      const known = cards.get(id);
      const waiting = news.get(id);
      if (waiting && waiting.tally > card.tally) Object.assign(card, { votes: waiting.votes, tally: waiting.tally });
      if (known && known.source === card.source) {
        news.delete(id);
        count(id, card.votes, card.tally);
      } else {
        news.set(id, card);
      }
    }
    if (all) {
      for (const id of cards.keys()) if (!told.has(id)) news.set(id, null);
      for (const [id, card] of news) if (card && !told.has(id)) news.delete(id);
    }
    for (const [id, card] of news) cards.get(id)?.li.classList.toggle("is-gone", card === null);
  }

  function count(id, votes, tally) {
    const waiting = news.get(id);
    if (waiting && tally >= waiting.tally) Object.assign(waiting, { votes, tally });
    const card = cards.get(id);
    if (!card || tally < card.tally) return;
    if (card.votes !== votes) reordered = true;
    Object.assign(card, { votes, tally });
    showNumbers(card);
  }

  // When it may show: at once, unless somebody's finger, eye or keyboard is on a list that holds

  const reading = lists.find((list) => "hold" in list.dataset);
  let restUntil = -Infinity;
  let pressed = false;

  const isHeld = () => (pressed || now() < restUntil) && reading?.children.length > 0;
  const isWaiting = () => news.size > 0 || parts.size > 0 || reordered;

  function touch() {
    restUntil = now() + REST;
  }

  function schedule() {
    clearTimeout(timer);
    if (busy) return;
    if (!isWaiting()) return tellChanges();
    if (isHeld()) {
      tellChanges();
      timer = setTimeout(schedule, pressed ? REST : Math.max(50, restUntil - now()));
      return;
    }
    const calm = news.size || parts.size ? 0 : settledAt + CALM - now();
    timer = setTimeout(settle, Math.max(0, calm));
  }

  const button = root.querySelector("[data-changes]");
  let counting;

  function tellChanges() {
    if (!button) return;
    if (!isWaiting() || !isHeld()) {
      button.hidden = true;
      return;
    }
    counting ??= setTimeout(() => {
      counting = undefined;
      if (!isWaiting() || !isHeld()) return;
      const changes = new Set(news.keys());
      for (const { wanted, staying } of plans()) {
        wanted.forEach((card, index) => staying.has(index) || changes.add(card.id));
      }
      if (changes.size + parts.size === 0) return (button.hidden = true);
      const number = changes.size || parts.size;
      const text = `${number} ${number === 1 ? "change" : "changes"}`;
      if (button.textContent !== text) button.textContent = text;
      button.hidden = false;
    }, 250);
  }

  // Show all that waits

  async function settle() {
    clearTimeout(timer);
    if (busy) return;
    busy = true;
    try {
      do await apply();
      while (isWaiting() && !isHeld());
    } finally {
      busy = false;
      settledAt = now();
      schedule();
    }
  }

  async function apply() {
    const coming = [...news];
    const swaps = [...parts].filter(([id]) => document.getElementById(id));
    news.clear();
    parts.clear();
    reordered = false;

    if (!coming.length && !swaps.length && plans().every(({ wanted, staying }) => wanted.length === staying.size)) return;
    const motion = document.hidden ? null : startMotion();
    const ids = { come: [], changed: [], gone: [] };
    const morph = (id, html) => `<hx-partial hx-target="#${CSS.escape(id)}" hx-swap="outerMorph">${html}</hx-partial>`;
    let text = swaps.map(([id, html]) => morph(id, html)).join("");
    const fresh = [];
    for (const [id, next] of coming) {
      const card = cards.get(id);
      if (next === null) {
        card?.li.remove();
        if (cards.delete(id)) ids.gone.push(id);
      } else if (!card) {
        cards.set(id, next);
        showNumbers(next);
        fresh.push(next.li);
        ids.come.push(id);
      } else {
        learn(card, next);
        showNumbers(card, next.li); // so that the old card becomes it, own marks and all
        ids.changed.push(id);
        if (coming.length < MANY || card.li.matches(":focus-within, :has([open], textarea)")) {
          text += morph(card.li.id, next.li.outerHTML);
        } else {
          for (const name of KEPT) if (card.li.hasAttribute(name)) next.li.setAttribute(name, card.li.getAttribute(name));
          card.li.replaceWith(next.li);
          card.li = next.li;
          fresh.push(card.li);
        }
      }
    }

    if (text) await htmx.swap({ sourceElement: root, target: root, swap: "none", text });
    for (const { list, wanted, staying } of plans()) {
      let after = null;
      for (let index = wanted.length - 1; index >= 0; index--) {
        const { li } = wanted[index];
        if (!staying.has(index)) {
          if (li.isConnected && list.moveBefore) list.moveBefore(li, after);
          else list.insertBefore(li, after);
          motion?.moved.add(li);
        }
        after = li;
      }
      showSize(list, wanted.length);
    }
    for (const changed of fresh.length < MANY ? fresh : lists) htmx.process(changed);
    if (motion) endMotion(motion);
    document.dispatchEvent(new CustomEvent("plenum:cards", { detail: ids }));
  }

  function showSize(list, size) {
    for (const place of root.querySelectorAll(`[data-size-of="${list.id}"]`)) {
      if (place.textContent !== String(size)) place.textContent = size || "";
    }
  }

  // Motion: what is read stays where it is on the screen, the rest glides to its new place

  function startMotion() {
    const seen = new Map();
    for (const list of lists) {
      if (!list.getClientRects().length) continue;
      for (const li of list.children) {
        const { top, bottom, left } = li.getBoundingClientRect();
        if (bottom > -innerHeight && top < 2 * innerHeight) seen.set(li, { top, bottom, left });
      }
    }
    return { seen, moved: new Set() };
  }

  function endMotion({ seen, moved }) {
    const first = lists[0]?.getBoundingClientRect();
    const anchor = first?.top < 0 && [...seen].find(([li, at]) => at.bottom > 0 && li.isConnected && !moved.has(li));
    if (anchor) {
      const by = anchor[0].getBoundingClientRect().top - anchor[1].top;
      if (Math.abs(by) > 1) scrollBy({ top: by, behavior: "instant" });
    }
    jumped = new Map();
    for (const list of lists) {
      for (const li of list.children) {
        const before = seen.get(li);
        const after = li.getBoundingClientRect();
        if (after.bottom < 0 || after.top > innerHeight) continue;
        const [x, y] = before ? [before.left - after.left, before.top - after.top] : [0, 12];
        if (Math.abs(x) + Math.abs(y) > 2) jumped.set(li, { transform: `translate(${x}px, ${y}px)`, opacity: before ? 1 : 0 });
      }
    }
    if (!smooth.matches || jumped.size > MOST_MOVING) return;
    const still = { transform: "none", opacity: 1 };
    for (const [li, from] of jumped) {
      li.animate([from, still], { duration: 320, easing: "cubic-bezier(.2, .7, .2, 1)" });
    }
  }

  // The stream's words

  const on = (name, act) =>
    root.addEventListener(name, (event) => {
      if (event.target !== root) return;
      act(event.detail ?? {});
    });

  on("all", ({ data }) => (hear(data, true), schedule()));
  on("cards", ({ data }) => (hear(data, false), schedule()));
  on("votes", ({ data }) => {
    for (const [id, [votes, tally]] of Object.entries(JSON.parse(data))) count(+id, votes, tally);
    schedule();
    document.dispatchEvent(new CustomEvent("plenum:votes"));
  });
  function showPart(html) {
    const id = parse(html).firstElementChild?.id;
    if (id) parts.set(id, html);
    schedule();
  }
  for (const name of ["panel", "mine", "screens", "bell", "desk", "thread", "tables", "foyer"]) on(name, ({ data }) => showPart(data));
  // What was missed is more than is remembered: this very page, read again, says what there is now.
  async function reread() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer?.redirected) return isOver(401);
    if (!answer?.ok) return answer?.status === 404 ? location.reload() : undefined;
    const page = parse(await answer.text());
    hear([...page.querySelectorAll(`[data-list] > ${CARD}`)].map((li) => li.outerHTML).join(""), true);
    for (const part of page.querySelectorAll("[data-part], [data-note-shown] .note-whole > li")) showPart(part.outerHTML);
    schedule();
  }
  on("stale", () => setTimeout(reread, Math.random() * 1500));

  // Touch

  const holds = (target) => target instanceof Element && target.closest("[data-hold]");
  for (const name of ["pointerdown", "pointermove", "touchmove", "wheel", "keydown", "focusin"]) {
    root.addEventListener(
      name,
      (event) => {
        if (!holds(event.target)) return;
        if (name === "pointerdown") pressed = true;
        touch();
      },
      { passive: true, capture: true },
    );
  }
  for (const name of ["pointerup", "pointercancel", "touchend", "blur"]) {
    addEventListener(name, () => {
      if (pressed) touch();
      pressed = false;
    });
  }
  addEventListener(
    "scroll",
    () => {
      if (now() - settledAt < 400) return; // our own, in keeping what is read where it is
      for (const list of lists) {
        if (!("hold" in list.dataset)) continue;
        const { top, bottom } = list.getBoundingClientRect();
        if (top < innerHeight * 0.6 && bottom > 0) return touch();
      }
    },
    { passive: true },
  );
  // A tap that was meant for the card that has just moved away is nobody's.
  root.addEventListener(
    "click",
    (event) => {
      if (event.detail === 0 || now() - settledAt > 300 || !jumped.has(event.target.closest(CARD))) return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
  function settleNow() {
    pressed = false;
    restUntil = -Infinity;
    return settle();
  }
  button?.addEventListener("click", async () => {
    const had = document.activeElement === button;
    await settleNow();
    if (had) lists.find((list) => "hold" in list.dataset)?.querySelector("button, a")?.focus({ preventScroll: true });
  });

  for (const choice of root.querySelectorAll("[data-sort-of]")) {
    const list = document.getElementById(choice.dataset.sortOf);
    const kept = `plenum:sort:${location.pathname}:${list.id}`;
    const take = (order) => {
      list.dataset.sort = order;
      reordered = true;
      settleNow();
    };
    choice.hidden = false;
    choice.addEventListener("change", (event) => {
      sessionStorage.setItem(kept, event.target.value);
      take(event.target.value);
    });
    const before = choice.querySelector(`[value="${sessionStorage.getItem(kept)}"]`);
    if (before && !before.checked) {
      before.checked = true;
      take(before.value);
    }
  }

  // The connection: the extension keeps it; here it is begun, watched and spoken of

  const said = root.querySelector("[data-connection]");
  let connection;
  let asked = false;
  let connected = false;
  let ever = false;
  let lastId = "";
  let heardAt = Date.now();
  let failures = 0;
  let over = false;
  let saying;
  let retry;

  function isLost() {
    connected = false;
    saying ??= setTimeout(() => {
      if (said && !over) said.textContent = ever ? "Reconnecting …" : "Connecting …";
      root.dataset.connected = "no";
    }, 2000);
  }

  function isThere() {
    connected = ever = true;
    over = false;
    failures = 0;
    heardAt = Date.now();
    clearTimeout(saying);
    saying = undefined;
    if (said) said.textContent = "";
    root.dataset.connected = "yes";
  }

  function begin() {
    clearTimeout(retry);
    retry = undefined;
    if (connection) return;
    asked = false;
    isLost();
    root.dispatchEvent(new Event("connect"));
    if (asked) return;
    htmx.process(root); // htmx was ready before its extension was
    root.dispatchEvent(new Event("connect"));
  }

  // The extension tries again by itself once it has had a connection; a first one that fails, or one that ended, is ours.
  function beginLater() {
    isLost();
    retry ??= setTimeout(begin, Math.random() * Math.min(2000 * 2 ** failures++, 9000));
  }

  const hurry = (most) => setTimeout(() => connection?.delayCanceller?.(), 50 + Math.random() * most);

  function reconnect() {
    if (connection) {
      connection.reader?.cancel();
      hurry(0);
    } else begin();
  }

  root.addEventListener("htmx:config:request", (event) => {
    if (event.target !== root) return;
    asked = true;
    if (!lastId) return;
    const address = new URL(event.detail.ctx.request.action, location);
    address.searchParams.set("after", lastId);
    event.detail.ctx.request.action = address.pathname + address.search;
  });
  on("htmx:sse:before:connection", (detail) => {
    connection = detail.connection;
    isLost();
  });
  on("htmx:sse:after:connection", isThere);
  on("htmx:sse:before:message", ({ message }) => {
    heardAt = Date.now();
    if (message.id) lastId = message.id;
  });
  on("htmx:sse:close", () => {
    connection = undefined;
    if (root.isConnected) beginLater();
  });
  on("htmx:finally:request", () => {
    if (!connection) beginLater();
  });
  // What was followed is not for this visitor any more, and then nor is what the page shows: it says so itself.
  // Only once it was followed, or a page whose stream alone is gone would load for ever. Nor while something is typed:
  // then it is said here, and goes on as soon as somebody is signed in again.
  function isOver(status) {
    if (!ever || ![401, 403, 404].includes(status)) return;
    if (!isTyped()) return location.reload();
    if (over || !said) return;
    over = true;
    if (status !== 401) return (said.textContent = "This is not open to you any more. What you have typed is still here: you may want to copy it.");
    const link = Object.assign(document.createElement("a"), { href: "/sign-in", target: "_blank", textContent: "Sign in in another tab" });
    said.replaceChildren("You are signed out. What you have typed is still here. ", link, ", then send it.");
  }
  const isTyped = () =>
    Boolean(document.getElementById("error-summary")) || [...document.querySelectorAll("main :is(input, textarea)")].some((field) => field.value !== field.defaultValue);
  addEventListener(
    "submit",
    (event) => {
      if (!over || event.target.method !== "post") return;
      event.preventDefault();
      event.stopPropagation();
      said.scrollIntoView({ block: "center" });
    },
    true,
  );
  on("htmx:response:error", ({ ctx }) => isOver(ctx.response.status));
  on("htmx:sse:error", ({ status }) => isOver(status));
  // Nobody asked for the stream, so its failing is not told as that of a form.
  for (const name of ["htmx:response:error", "htmx:error"]) {
    root.addEventListener(name, (event) => {
      if (event.target === root) event.stopPropagation();
    });
  }

  setInterval(() => {
    if (document.hidden || !connected || Date.now() - heardAt < SILENCE) return;
    heardAt = Date.now();
    isLost();
    connection?.reader?.cancel();
  }, 2500);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(saying);
      saying = undefined;
      return;
    }
    heardAt = Date.now();
    hurry(0); // it pauses while hidden, and is wanted now
  });
  addEventListener("online", () => (connection ? hurry(1500) : beginLater()));

  htmx.config.morphIgnore.push(...KEPT);

  /** For the scripts of the pages: the cards as they are, showing one's numbers anew, a part of the page, the page read again, all that waits, a new connection. */
  window.plenumLive = { root, cards, showNumbers, showPart, reread, settle: settleNow, reconnect };
  for (const { list, wanted } of plans()) showSize(list, wanted.length);
  const ready = () => setTimeout(begin); // after htmx's own beginning
  if (document.readyState === "complete") ready();
  else addEventListener("DOMContentLoaded", ready);
})();
