// The room on a telephone: votes that get there, and a question that is not lost.
(() => {
  "use strict";

  const say = window.plenumSay;

  const live = window.plenumLive;
  const root = live?.root;

  // Votes. A wish is kept until the server has confirmed it, through lost connections and reloads.

  if (root) votes();

  function votes() {
    const kept = `plenum:votes:${root.dataset.panel}`;
    const mine = new Set(root.dataset.myVotes.split(" ").filter(Boolean).map(Number));
    const sending = new Map(); // id -> how often it was tried
    let wishes = readWishes();

    function readWishes() {
      try {
        return new Map(JSON.parse(localStorage.getItem(kept) ?? "[]"));
      } catch {
        return new Map();
      }
    }

    function keep() {
      try {
        if (wishes.size) localStorage.setItem(kept, JSON.stringify([...wishes]));
        else localStorage.removeItem(kept);
      } catch {
        // Without a store the wish lives as long as the page.
      }
    }

    // What is wished shows at once; the number never shows a vote twice, whether it is counted already or not.
    function show(id) {
      const card = live.cards.get(id);
      if (!card) return;
      const wish = wishes.get(id);
      card.pressed = wish ?? mine.has(id);
      card.least = card.most = undefined;
      if (wish === true && !mine.has(id)) card.least = (card.before ??= card.votes) + 1;
      else if (wish === false && mine.has(id)) card.most = Math.max(0, (card.before ??= card.votes) - 1);
      else card.before = undefined;
      live.showNumbers(card);
    }

    function press(id) {
      const wish = !(wishes.get(id) ?? mine.has(id));
      if (wish === mine.has(id) && !sending.has(id)) wishes.delete(id);
      else wishes.set(id, wish);
      keep();
      show(id);
      send(id);
    }

    async function send(id, tries = 0) {
      if (sending.has(id) || !wishes.has(id)) return;
      sending.set(id, tries);
      const wish = wishes.get(id);
      let wait;
      try {
        const answer = await fetch(`/panels/${root.dataset.panel}/questions/${id}/${wish ? "vote" : "unvote"}`, {
          method: "POST",
          headers: { Accept: "application/json" },
          signal: AbortSignal.timeout?.(10_000),
        });
        if (answer.ok) {
          settle(id, wish, await answer.json());
        } else if (answer.status === 429 || answer.status >= 500) {
          wait = answer.status === 429 ? 15_000 : 2000;
        } else {
          refuse(id, answer.status, (await answer.json().catch(() => ({}))).reason);
        }
      } catch {
        wait = 2000;
      }
      sending.delete(id);
      if (wait) setTimeout(() => send(id, tries + 1), Math.random() * Math.min(wait * 2 ** tries, 30_000));
      else send(id);
    }

    function settle(id, wish, answer) {
      if (answer.mine) mine.add(id);
      else mine.delete(id);
      settledAt.set(id, Date.now());
      if (wishes.get(id) === wish) wishes.delete(id);
      keep();
      root.dispatchEvent(new CustomEvent("votes", { detail: { data: JSON.stringify({ [id]: [answer.votes, answer.tally] }) } }));
      show(id);
    }

    function refuse(id, status, reason) {
      wishes.delete(id);
      keep();
      show(id);
      if (status === 401) toJoining();
      else say(reason ?? "This vote could not be taken.");
    }

    const TO_JOINING = "plenum:to-joining"; // that the page was loaded anew for it
    function toJoining() {
      const join = document.getElementById("join");
      if (!join) {
        sessionStorage.setItem(TO_JOINING, "yes");
        history.scrollRestoration = "manual";
        return location.reload();
      }
      sessionStorage.removeItem(TO_JOINING);
      say("To vote, please join first.");
      join.scrollIntoView({ block: "start" });
      join.querySelector("input, a")?.focus({ preventScroll: true });
    }

    // What one has voted for on another device. What is pressed here is newer for a moment than what is told of it.
    const MOMENT = 2000;
    const settledAt = new Map(); // id -> when the server confirmed it here
    let told;
    let later;
    function hearVotes() {
      clearTimeout(later);
      for (const id of new Set([...mine, ...told])) {
        if (mine.has(id) === told.has(id) || wishes.has(id) || sending.has(id)) continue;
        if (Date.now() - (settledAt.get(id) ?? 0) < MOMENT) {
          later = setTimeout(hearVotes, MOMENT);
          continue;
        }
        if (told.has(id)) mine.add(id);
        else mine.delete(id);
        show(id);
      }
    }
    root.addEventListener("voted", ({ detail }) => {
      told = new Set(JSON.parse(detail.data));
      hearVotes();
    });

    root.addEventListener("submit", (event) => {
      const form = event.target.closest("[data-vote]");
      if (!form) return;
      event.preventDefault();
      event.stopPropagation(); // a lost connection is no reason to stop here: the vote is kept
      if ("joined" in root.dataset) press(+form.closest("[data-question]").dataset.question);
      else toJoining();
    });
    document.addEventListener("plenum:cards", ({ detail }) => [...detail.come, ...detail.changed].forEach(show));
    // One's own questions say how many votes they have, as the list does.
    const showMine = () =>
      document.querySelectorAll("[data-votes-of]").forEach((place) => {
        const card = live.cards.get(+place.dataset.votesOf);
        if (card) place.textContent = `${card.votes} ${card.votes === 1 ? "vote" : "votes"}`;
      });
    document.addEventListener("plenum:votes", showMine);
    document.addEventListener("plenum:cards", showMine);
    const again = () => [...wishes.keys()].forEach((id) => setTimeout(send, Math.random() * 1500, id));
    addEventListener("online", again);
    addEventListener("storage", (event) => {
      if (event.key !== kept) return;
      const others = readWishes();
      // Another tab of the same person: what it wishes is wished, and what it is done with was confirmed.
      for (const [id, wish] of wishes) if (!others.has(id) && !sending.has(id)) wish ? mine.add(id) : mine.delete(id);
      wishes = others;
      live.cards.forEach((_, id) => show(id));
    });
    live.cards.forEach((_, id) => show(id));
    again();
    if (sessionStorage.getItem(TO_JOINING) && document.getElementById("join")) toJoining();
  }

  // The question: counted as a person counts, and kept until it is sent

  const segments = "Segmenter" in Intl ? new Intl.Segmenter("en", { granularity: "grapheme" }) : null;
  const length = (text) => (segments ? [...segments.segment(text)] : [...text]).length;
  let speaking;
  let toldOfMine;

  function showLeft(field) {
    const place = field.form.querySelector("[data-left]");
    const left = field.dataset.longest - length(field.value.trim());
    const characters = Math.abs(left) === 1 ? "character" : "characters";
    place.textContent = left < 0 ? `${-left} ${characters} too many` : `${left} ${characters} left`;
    place.classList.toggle("is-short", left < 20);
    place.classList.toggle("is-over", left < 0);
    // Spoken when one pauses, and only when it begins to matter.
    clearTimeout(speaking);
    place.removeAttribute("aria-live");
    if (left < 20) speaking = setTimeout(() => {
      place.setAttribute("aria-live", "polite");
      place.textContent += ".";
    }, 1200);
  }

  const draftOf = (form) => `plenum:question:${form.dataset.draft}`;
  const FIELDS = ["text", "addressee", "name", "key"];

  function store(form) {
    const data = new FormData(form);
    const draft = Object.fromEntries([...FIELDS, "signed"].map((name) => [name, data.get(name) ?? ""]));
    try {
      if (draft.text.trim()) sessionStorage.setItem(draftOf(form), JSON.stringify(draft));
      else sessionStorage.removeItem(draftOf(form));
    } catch {
      // Then it is kept as long as the page.
    }
  }

  function restore(form) {
    let draft;
    try {
      draft = JSON.parse(sessionStorage.getItem(draftOf(form)));
    } catch {
      return;
    }
    if (!draft || form.elements.text.value) return;
    for (const name of FIELDS) {
      const field = form.elements[name];
      if (field && draft[name]) field.value = draft[name];
    }
    if (draft.signed) form.elements.signed.value = draft.signed;
    form.closest("details").open = true;
  }

  function look() {
    const form = document.querySelector("form[data-draft]");
    if (form) {
      if (document.querySelector("[data-thanks]")) sessionStorage.removeItem(draftOf(form));
      else restore(form);
    }
    document.querySelectorAll("textarea[data-longest]").forEach(showLeft);
  }

  document.addEventListener("input", ({ target }) => {
    if (target.matches("textarea[data-longest]")) showLeft(target);
    const form = target.closest("form[data-draft]");
    if (form) store(form);
  });
  document.addEventListener("change", ({ target }) => {
    const form = target.closest("form[data-draft]");
    if (form) store(form);
  });
  document.addEventListener("toggle", ({ target }) => {
    if (target.matches(".ask-box[open]") && document.activeElement === target.querySelector("summary")) {
      target.querySelector("textarea").focus();
    }
  }, true);
  // A guest's first question is held for some seconds. Until it is sent one sees that it is on its way, and what is typed
  // stays as it is sent.
  const ON_ITS_WAY = "Your question is on its way.";
  function showSending(form, isSending) {
    const button = form.querySelector(".actions .button");
    button.dataset.says ??= button.textContent;
    button.textContent = isSending ? "Sending …" : button.dataset.says;
    if (isSending) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
    for (const field of form.querySelectorAll("textarea, input[type=text]")) field.readOnly = isSending;
    if (isSending) say(ON_ITS_WAY, { quietly: true, lasting: true });
    else noMoreOnItsWay();
  }
  function noMoreOnItsWay() {
    if (document.getElementById("status").textContent === ON_ITS_WAY) say("");
  }
  for (const [name, isSending] of [["htmx:before:request", true], ["htmx:finally:request", false]]) {
    document.addEventListener(name, ({ detail: { ctx } }) => {
      if (ctx.sourceElement?.matches?.("form[data-draft]")) showSending(ctx.sourceElement, isSending);
    });
  }
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx?.sourceElement?.id !== "ask" && ctx?.target?.id !== "ask") return;
    noMoreOnItsWay();
    look();
    // Who asks for the first time is known to the stream only from the next connection on.
    if (!document.querySelector("[data-thanks]")) return;
    toldOfMine = setTimeout(() => live?.reconnect(), 500);
  });
  root?.addEventListener("mine", () => clearTimeout(toldOfMine));
  // The thanks say where the question is: once it is elsewhere, they are not true any more.
  for (const name of ["plenum:cards", "htmx:after:swap"]) {
    document.addEventListener(name, () => {
      const thanks = document.querySelector("[data-thanks]");
      if (!thanks) return;
      const [question, state] = thanks.dataset.thanks.split(" ");
      const own = document.getElementById(`my-question-${question}`);
      if (own) thanks.dataset.seen = "";
      if (own ? own.dataset.state === state : !("seen" in thanks.dataset)) return;
      if (thanks.contains(document.activeElement)) document.querySelector(".ask-box summary")?.focus({ preventScroll: true });
      thanks.remove();
    });
  }
  look();

  // A way back to the box where one asks, for a thumb at the end of a long list

  const again = document.querySelector(".ask-again");
  const own = document.querySelector(".room-own");
  if (again && document.querySelector(".ask-box")) {
    new IntersectionObserver(([entry]) => {
      const closed = !document.getElementById("ask").getClientRects().length;
      again.hidden = entry.isIntersecting || entry.boundingClientRect.top > 0 || closed;
    }).observe(own);
    again.addEventListener("click", (event) => {
      event.preventDefault();
      const details = document.querySelector(".ask-box");
      details.open = true;
      details.querySelector("textarea").focus({ preventScroll: true });
      document.getElementById("ask").scrollIntoView({ block: "start" });
    });
  }
})();
