// The moderator's desk by keyboard: a selected card, acts that answer at once, and undoing them for a minute. Lists follow
// the database by live.js; here nothing is moved, a card only dims until the stream says what became of it.
(() => {
  "use strict";

  const live = window.plenumLive;
  const desk = document.querySelector(".desk");
  if (!live || !desk) return;

  const base = `/panels/${desk.dataset.panel}`;
  const $ = (id) => document.getElementById(id);
  const now = () => performance.now();
  htmx.config.morphIgnore.push("open"); // what somebody has unfolded stays so when it is drawn anew

  // Lists, cards, and the one that is selected

  const ACTS = JSON.parse(desk.dataset.acts); // what can be done in each state, the likeliest first, and where it leads
  const STATES = Object.keys(ACTS);
  const COLUMNS = [...desk.querySelectorAll(".desk-list:not(.desk-folded)")].map((list) => list.dataset.view);
  const obvious = (state) => Object.keys(ACTS[state])[0];
  const listOf = (state) => $(`list-${state}`);
  const stateOf = (list) => list.dataset.list;
  const cardOf = (id) => live.cards.get(id)?.li;
  const idOf = (li) => +li.dataset.question;
  const isThere = (li) => !("filtered" in li.dataset) && !("copy" in li.dataset) && !("leaving" in li.dataset);
  const shown = (list) => [...list.children].filter(isThere);

  let selected = null; // id of a card
  let place = { list: listOf("waiting"), at: 0 }; // where it stands, so that the next one there takes over
  let wanted = null; // {id, after}: a card that is selected when it comes, later than at this revision

  // `moved`: what has moved the selection, where it was no key and no click of one's own.
  function select(li, { focus = true, scroll = true, moved = "" } = {}) {
    const before = selected !== null && cardOf(selected);
    selected = li ? idOf(li) : null;
    rest(moved);
    if (li) {
      place = { list: li.parentElement, at: Math.max(0, shown(li.parentElement).indexOf(li)) };
      hasSaid = said(li);
      mark(li, { focus, scroll });
    }
    if (before && before !== li) {
      before.removeAttribute("data-selected");
      before.removeAttribute("tabindex");
    }
  }

  function mark(li, { focus, scroll }) {
    li.setAttribute("data-selected", "");
    li.setAttribute("tabindex", "0");
    reveal(li.parentElement);
    if (focus) li.focus({ preventScroll: true });
    if (scroll) li.scrollIntoView({ block: "nearest" });
  }

  // A key decides about what has been read, and about nothing else: not about a card that has only just taken the place of
  // another, nor one that says something else than when it was selected, nor one that is out of sight.

  const MOMENT = 1500; // milliseconds in which one sees that the selection is another
  let resting = { why: "", until: 0 };
  let hasSaid = ""; // the selected card, when it was selected

  function rest(why) {
    resting = { why, until: why ? now() + MOMENT : 0 };
    return why;
  }

  const said = (li) =>
    [li.dataset.state, ...[...li.querySelectorAll(".desk-text, .desk-about > :not(.desk-votes)")].map((part) => part.textContent.trim())].join("\n");

  function isInSight(li) {
    const { left, top, bottom, height } = li.querySelector(".desk-text").getBoundingClientRect();
    const isSeen = (y) => li.contains(document.elementFromPoint(left + 8, y));
    return isSeen(top + 8) && (isSeen(bottom - 8) || height > innerHeight / 2);
  }

  function whyNotYet(li) {
    if (wanted !== null) return "A question is on its way here.";
    if (now() < resting.until) return resting.why;
    if (said(li) !== hasSaid) {
      hasSaid = said(li);
      return rest("This question has changed since you selected it.");
    }
    if (isInSight(li)) return "";
    mark(li, { focus: true, scroll: true });
    return rest("The selected question was out of sight.");
  }

  // The list must be in sight: unfolded, and the one that a telephone or a tablet shows.
  const narrow = matchMedia("(max-width: 47.99rem)");
  function reveal(list) {
    const section = list.closest(".desk-list");
    if (section.matches("details")) section.open = true;
    const state = stateOf(list);
    const isMain = state === "waiting" || state === "listed";
    if (!isMain && !narrow.matches) return;
    $(`view-${state === "answered" || state === "declined" ? "done" : state}`).checked = true;
  }

  function selectAt(list, at, options) {
    const cards = shown(list);
    place = { list, at };
    select(cards[Math.min(at, cards.length - 1)] ?? null, options);
  }

  function step(by) {
    const cards = shown(place.list);
    if (!cards.length) {
      const state = STATES.find((other) => shown(listOf(other)).length);
      return state ? goTo(state) : tell("No question is in sight.");
    }
    const at = cards.findIndex((li) => idOf(li) === selected);
    select(cards[at < 0 ? 0 : Math.min(Math.max(at + by, 0), cards.length - 1)] ?? null);
  }

  function goTo(state) {
    const list = listOf(state);
    reveal(list);
    if (shown(list).length) selectAt(list, 0);
    else {
      select(null);
      place = { list, at: 0 };
      list.closest(".desk-list").scrollIntoView({ block: "nearest" });
      tell(`${titleOf(state)}: nothing there.`, "done");
    }
  }

  const titleOf = (state) => $(`title-${state}`).firstChild.textContent.trim();

  function aside(by) {
    const from = Math.max(0, COLUMNS.indexOf(stateOf(place.list)));
    for (let at = from + by; at >= 0 && at < COLUMNS.length; at += by) {
      if (shown(listOf(COLUMNS[at])).length) return goTo(COLUMNS[at]);
    }
  }

  desk.addEventListener("focusin", ({ target }) => {
    const li = target.closest("[data-question]");
    if (li && idOf(li) !== selected) select(li, { focus: false, scroll: false });
  });
  desk.addEventListener("click", ({ target }) => {
    const li = target.closest("[data-question]");
    if (!li || target.closest("a, button, summary, input, label") || getSelection().toString()) return;
    select(li, { scroll: false });
  });
  for (const view of desk.querySelectorAll(".views input")) {
    view.addEventListener("change", () => {
      const list = listOf(view.value === "done" ? "answered" : view.value);
      if (view.value === "done") for (const folded of desk.querySelectorAll(".desk-folded")) folded.open = true;
      selectAt(list, 0, { focus: false, scroll: false });
      scrollTo({ top: Math.min(scrollY, desk.querySelector(".views").offsetTop) });
    });
  }

  // Words: what went wrong stays a while; what was done is in the bar that undoes it

  // Above whatever is open: what opened last stands on top.
  const speech = desk.querySelector(".desk-says");
  function rise() {
    if (speech.matches(":popover-open") && !desk.querySelector(".sheet:popover-open, .bring:popover-open")) return;
    speech.hidePopover();
    speech.showPopover();
  }

  let hush;
  function tell(text, kind = "warning") {
    const says = $("says");
    says.dataset.kind = kind;
    says.textContent = text;
    rise();
    clearTimeout(hush);
    hush = setTimeout(() => (says.textContent = ""), kind === "done" ? 4000 : 9000);
  }

  // Undo, for a minute. The last act first; what was done before it comes up after it.

  const MINUTE = 60_000;
  const NOT_UNDONE = ["up", "down"];
  let done = []; // {act, says, id, revision, until}
  let ticking;

  function remember(deed) {
    done.push({ ...deed, until: now() + MINUTE - 1500 });
    tick();
    rise();
  }

  function tick() {
    clearTimeout(ticking);
    done = done.filter(({ until }) => until > now());
    const last = done.at(-1);
    const bar = $("undo");
    if (!last) {
      if (bar.contains(document.activeElement)) refocus();
      bar.hidden = true;
      return;
    }
    const text = $("undo-text");
    if (text.textContent !== last.says) text.textContent = last.says;
    bar.querySelector(".undo-left").textContent = `${Math.ceil((last.until - now()) / 1000)} s`;
    bar.hidden = false;
    ticking = setTimeout(tick, 1000);
  }

  async function undo() {
    const last = done.pop();
    tick();
    if (!last) return tell("There is nothing to undo: an act can be undone for a minute.");
    want(last.id, last.revision); // the stream may be quicker than the answer
    const answer = await send(`${base}/desk/acts/${last.act}/undo`);
    if (!answer.ok) {
      wanted = null;
      return tell(answer.says);
    }
    tell(`${answer.says}.`, answer.says === "Undone" ? "done" : "warning");
    followUp();
  }

  function want(id, after) {
    const one = id ? { id, after } : null;
    wanted = one;
    setTimeout(() => wanted === one && (wanted = null), 3000);
  }

  $("undo").querySelector("[data-undo]").addEventListener("click", undo);

  // Sending

  const made = new Set(); // revisions that one has made oneself
  async function send(address, fields = {}) {
    try {
      const response = await fetch(address, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(fields),
      });
      const isJSON = response.headers.get("content-type")?.includes("json");
      const { done: says, reason, errors, ...more } = isJSON ? await response.json() : {};
      if (more.revision) made.add(more.revision);
      if (response.ok && isJSON) return { ok: true, says: says.replace(/\.$/, ""), ...more };
      if (errors) return { errors };
      if (reason) return { says: reason };
      const { status } = response;
      if (status === 401 || status === 403) return { says: "You are no longer signed in as a moderator here. Sign in in another tab, then repeat it." };
      if (status === 429) return { says: "That was a little fast. Please repeat it in a moment." };
      return { says: "That did not work, on our side. Please repeat it in a moment." };
    } catch {
      return { says: navigator.onLine ? "The server did not answer. Please repeat it." : "You are offline. Please repeat it when you are back." };
    }
  }

  const LATE = "Saved. It reaches the others in a few seconds: a part of the server is restarting.";

  // What else a moderator has in front of them
  const newest = () => Math.max(0, ...[...live.cards.values()].map(({ li }) => +li.dataset.revision));
  const onScreen = () => (listOf("on_screen").firstElementChild ? idOf(listOf("on_screen").firstElementChild) : 0);

  // What was done: said, and kept for undoing
  function report({ act, says, told, delayed, question, revision }, about = "", isUndone = true) {
    if (told || delayed) tell(told || LATE);
    else tell(`${says}.`, "done");
    if (act && isUndone) remember({ act, id: question, revision, says: about ? `${says}: ${about}` : says });
  }

  // An act is about the card as the moderator has seen it, and as one's own act before it has made it since.
  const own = new Map(); // id of a card -> promise of the revision that one's last act on it has made
  const changedAt = new Map(); // id of a card -> when the stream last changed it

  // What one has changed oneself is no news to oneself.
  async function recognise(id) {
    const revision = await own.get(id);
    if (id === selected && revision && +cardOf(id)?.dataset.revision === revision) hasSaid = said(cardOf(id));
  }

  // What leaves its list, as far as one knows: it dims until the stream says so, and the next one is selected.
  function leave(cards, verb) {
    for (const li of cards) li.dataset.leaving = verb;
    if (selected === null || !cardOf(selected) || isThere(cardOf(selected))) return;
    selectAt(place.list, place.at, { focus: desk.contains(document.activeElement) || document.activeElement === document.body });
  }

  function stay(cards) {
    for (const { dataset } of cards) {
      const li = cardOf(+dataset.question);
      if (li) delete li.dataset.leaving;
    }
  }

  async function act(li, verb, fields = {}, seen = +li.dataset.revision) {
    const id = idOf(li);
    if ("leaving" in li.dataset) return;
    const { state } = li.dataset;
    const stays = (ACTS[state][verb] ?? state) === state && !(verb === "mute" && state === "waiting");
    const text = li.querySelector(".desk-text").textContent;
    const asker = li.querySelector(".desk-pseudonym")?.textContent ?? "the asker";
    const copies = ["approve", "next"].includes(verb) ? copiesOf(li) : [];
    const along = verb === "mute" ? waitingWith(li) : [];
    if (!stays || along.length) leave(stays ? along : [li, ...copies, ...along], verb);
    li.querySelector(".more[open]")?.removeAttribute("open");
    const before = own.get(id) ?? Promise.resolve(0);
    const sees = { newest: newest(), on_screen: onScreen(), copies: copies.map(idOf).join(" ") };
    const sent = before.then((revision) => send(`${base}/questions/${id}/acts/${verb}`, { ...fields, ...sees, seen: Math.max(seen, revision) }));
    own.set(id, sent.then(async ({ revision }) => revision ?? (await before)));
    const answer = await sent;
    if (!answer.ok) {
      stay([li, ...copies, ...along]);
      return tell(`${answer.says} “${text.length > 80 ? `${text.slice(0, 79).trim()}…` : text}”`);
    }
    recognise(id);
    if (verb === "mute" || verb === "unmute") answer.says = answer.says.replace("whoever asked", asker);
    report(answer, text, !NOT_UNDONE.includes(verb));
    followUp();
  }

  // Where the stream is slower than the answer, it is asked for anew.
  let following;
  function followUp() {
    clearTimeout(following);
    following = setTimeout(() => {
      if (desk.querySelector("[data-leaving]")) live.reconnect();
    }, 6000);
  }

  function can(li, verb) {
    return li.querySelector(`[data-act="${verb}"]`);
  }

  const CANNOT = {
    approve: "This question is approved already.",
    show: "Approve it first: only what everybody can read comes on the screen.",
    next: "It cannot be put up next from here.",
    answer: "Approve it first.",
    decline: "Take it back to the list first.",
    return: "It waits already. Approve it, or decline it.",
    up: "Only questions up next have an order of their own.",
    down: "Only questions up next have an order of their own.",
    mute: "Nobody asked this by telephone.",
  };

  function perform(verb, many = false) {
    const li = selected !== null && cardOf(selected);
    if (!li || !isThere(li)) return tell("No question is selected. j selects the next one.");
    const why = whyNotYet(li);
    if (why) return tell(`${why} Read it, then press the key again.`);
    if (verb === "mute" && can(li, "unmute")) verb = "unmute";
    if (!can(li, verb)) return tell(CANNOT[verb]);
    if (verb === "decline") return decline(li, many);
    act(li, verb);
  }

  // The same words many times are one question, and whoever asks many times is one person

  const PILED = ["waiting", "listed", "declined"];
  const unfolded = new Set(); // what the piles say that are unfolded
  const gist = (text) => text.normalize("NFKD").toLowerCase().replace(/\P{L}/gu, "") || text;
  const exactly = (text) => text.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "") || text;
  const wordsOf = (li) => li.querySelector(".desk-text").textContent;
  const pile = (li) => [...li.parentElement.children].filter((other) => !("filtered" in other.dataset) && textsOf(other).gist === textsOf(li).gist);

  // Those that are decided about with a card, where it stands for them: they say exactly the same.
  function copiesOf(li) {
    if (stateOf(li.parentElement) !== "waiting" || unfolded.has(textsOf(li).gist)) return [];
    return pile(li).filter((other) => other !== li && exactly(wordsOf(other)) === exactly(wordsOf(li)));
  }

  const askerOf = (li) => (li.querySelector(".desk-pseudonym, [data-signed]") ?? {}).textContent;
  const ofTheSame = (li, states) => {
    const asker = askerOf(li);
    return asker ? states.flatMap((state) => [...listOf(state).children]).filter((other) => askerOf(other) === asker) : [];
  };

  // What goes along when its asker is muted. Names are no proof: two people may have signed with the same.
  const waitingWith = (li) => (li.querySelector(".desk-pseudonym") ? ofTheSame(li, ["waiting"]) : []);

  function pileUp() {
    for (const state of PILED) {
      const piles = new Map();
      for (const li of listOf(state).children) {
        const says = "filtered" in li.dataset ? li : textsOf(li).gist;
        if (piles.has(says)) piles.get(says).push(li);
        else piles.set(says, [li]);
      }
      for (const [says, [head, ...copies]] of piles) {
        const isUnfolded = unfolded.has(says);
        showPile(head, copies, isUnfolded);
        for (const li of copies) {
          if (isUnfolded === "copy" in li.dataset) li.toggleAttribute("data-copy", !isUnfolded);
          li.querySelector(".copies")?.remove();
        }
      }
    }
    for (const li of desk.querySelectorAll("[data-copy]")) if (!PILED.includes(stateOf(li.parentElement))) li.removeAttribute("data-copy");
  }

  function showPile(head, copies, isUnfolded) {
    head.removeAttribute("data-copy");
    let button = head.querySelector(".copies");
    if (!copies.length) return button?.remove();
    if (!button) {
      button = Object.assign(document.createElement("button"), { type: "button", className: "copies" });
      head.querySelector(".acts").before(button);
    }
    const isSame = copies.every((li) => exactly(wordsOf(li)) === exactly(wordsOf(head)));
    const text = `${copies.length} more ${isSame ? "with the same words" : "with nearly the same words"}`;
    if (button.textContent !== text) button.textContent = text;
    button.setAttribute("aria-expanded", isUnfolded);
  }

  function unfold(li) {
    const says = textsOf(li).gist;
    if (!unfolded.delete(says)) unfolded.add(says);
    pileUp();
    if (!isThere(li)) select(pile(li)[0]);
  }

  // Declined, and why: one, or all that say the same, are of one person or match the filter

  let declining = null;
  const numberOf = (button) => +button.querySelector("kbd").textContent;

  function choices(li) {
    const open = ["waiting", "listed"].flatMap((state) => [...listOf(state).children]);
    const asker = askerOf(li);
    return [
      { name: "one", text: "Only this question", cards: [li] },
      { name: "same", text: "with these words, or nearly these", cards: PILED.slice(0, 2).includes(li.dataset.state) ? pile(li) : [] },
      { name: "asker", text: `from ${asker}, waiting or listed`, cards: ofTheSame(li, ["waiting", "listed"]) },
      { name: "filter", text: `that match “${filter.value.trim()}”, waiting or listed`, cards: words.length ? open.filter((other) => !("filtered" in other.dataset)) : [] },
    ].filter(({ name, cards }) => name === "one" || cards.length > 1);
  }

  function decline(li, many = false) {
    const dialog = $("decline");
    const all = choices(li);
    const names = all.map(({ name }) => name);
    const isHead = Boolean(li.querySelector(".copies[aria-expanded=false]"));
    const chosen = (many && ["filter", "asker", "same"].find((name) => names.includes(name))) || (isHead ? "same" : "one");
    declining = { li, seen: +li.dataset.revision, newest: newest(), choices: all };
    const scope = dialog.querySelector("[data-scope]");
    scope.hidden = all.length < 2;
    scope.querySelector("[data-choices]").replaceChildren(
      ...all.map(({ name, text, cards }) => {
        const label = document.createElement("label");
        const input = Object.assign(document.createElement("input"), { type: "radio", name: "scope", value: name, checked: name === chosen });
        label.append(input, name === "one" ? text : `All ${cards.length} ${text}`);
        return label;
      }),
    );
    showDeclining(chosen);
    $("decline-reason").value = "";
    dialog.returnValue = "";
    // The likeliest reason stands first, and each keeps its number.
    const named = li.querySelector("[data-may-name]");
    const place = (button) => (named && button.matches("[data-names-somebody]") ? 0 : numberOf(button) || 10);
    const presets = dialog.querySelector(".presets");
    presets.append(...[...presets.children].sort((one, other) => place(one) - place(other)));
    dialog.showModal();
    presets.querySelector("button").focus();
  }

  const MOST_TEXTS = 100;

  function showDeclining(name) {
    const dialog = $("decline");
    declining.chosen = declining.choices.find((choice) => choice.name === name);
    const { cards } = declining.chosen;
    const texts = cards.slice(0, MOST_TEXTS).map(wordsOf);
    if (cards.length > MOST_TEXTS) texts.push(`… and ${cards.length - MOST_TEXTS} more`);
    const items = texts.map((text) => Object.assign(document.createElement("li"), { textContent: text, dir: "auto" }));
    dialog.querySelector("[data-declined-texts]").replaceChildren(...items);
    dialog.querySelector("h2").textContent = cards.length === 1 ? "Why is it declined?" : `Why are these ${cards.length} declined?`;
    dialog.querySelector("[data-own-words]").textContent = cards.length === 1 ? "Decline" : `Decline ${cards.length}`;
  }

  $("decline").addEventListener("change", ({ target }) => target.name === "scope" && showDeclining(target.value));
  $("decline").addEventListener("submit", (event) => {
    event.preventDefault();
    const own = event.submitter === null || event.submitter.matches("[data-own-words]");
    const reason = own ? $("decline-reason").value.trim() : event.submitter.value;
    if (own && !reason) return $("decline-reason").focus();
    $("decline").close();
    const { li, seen, newest, chosen } = declining;
    if (chosen.name !== "one") return declineAll(chosen.cards, newest, reason);
    const here = cardOf(idOf(li));
    if (here) act(here, "decline", { reason }, seen);
    else tell("Its asker has withdrawn this question meanwhile.");
  });

  async function declineAll(cards, newest, reason) {
    const text = wordsOf(cards[0]);
    const known = cards.filter((li) => cardOf(idOf(li))).map((li) => cardOf(idOf(li)));
    const unchanged = known.filter((li) => +li.dataset.revision <= newest);
    leave(unchanged, "decline");
    const answer = await send(`${base}/desk/declined`, { questions: cards.map(idOf).join(" "), newest, reason });
    if (!answer.ok) {
      stay(unchanged);
      return tell(answer.says);
    }
    if (answer.told) stay(unchanged); // the stream says which are gone
    report(answer, text);
    followUp();
  }

  $("decline").addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = $("decline-reason");
    if (target === field) {
      if (key === "Enter") {
        event.preventDefault();
        $("decline").querySelector("[data-own-words]").click();
      }
      return;
    }
    const isChoosing = target.name === "scope";
    if (isChoosing && key.startsWith("Arrow")) return;
    if (/^\d$/.test(key)) {
      const presets = [...$("decline").querySelectorAll(".presets button")];
      const preset = presets.find((button) => numberOf(button) === +key);
      event.preventDefault();
      preset?.click();
    } else if (key === "ArrowDown" || key === "ArrowUp") {
      const buttons = [...$("decline").querySelectorAll(".presets button"), field];
      const at = buttons.indexOf(target) + (key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
      buttons[Math.min(Math.max(at, 0), buttons.length - 1)].focus();
    } else if (key.length === 1 && key !== " ") {
      field.focus(); // and what was typed goes there
    }
  });
  for (const dialog of desk.querySelectorAll("dialog")) {
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => setTimeout(refocus));
  }

  const covers = [...document.querySelectorAll("dialog, [popover]")].filter((cover) => cover !== speech);
  const isCovered = () => covers.some((cover) => cover.isConnected && cover.matches("[open], :popover-open"));

  function refocus() {
    if (isCovered()) return;
    const li = selected !== null && cardOf(selected);
    if (li && li.getClientRects().length) li.focus({ preventScroll: true });
  }

  // Questions from elsewhere

  const bring = $("bring");
  const bringForm = bring.querySelector("form");

  if ("cameBack" in bring.dataset) {
    bring.setAttribute("popover", ""); // the page was drawn with what is to be mended
    bring.querySelector(".sheet-head .tool").hidden = false;
    bring.showPopover();
    bring.querySelector("[aria-invalid]")?.focus();
  }

  function openBring(source) {
    const choice = bringForm.querySelector(`[name="source"][value="${source}"]`);
    if (choice) choice.checked = true;
    bring.showPopover();
    $("text").focus();
  }

  bring.addEventListener("toggle", (event) => {
    if (event.newState === "closed") refocus();
    else if (!bring.contains(document.activeElement)) $("text").focus();
  });

  const HOSTS = { twitter: /(^|\.)(twitter\.com|x\.com)$/, facebook: /(^|\.)(facebook\.com|fb\.com)$/ };
  $("link").addEventListener("input", ({ target }) => {
    const host = URL.canParse(target.value) ? new URL(target.value).hostname : "";
    for (const [source, pattern] of Object.entries(HOSTS)) {
      if (pattern.test(host)) bringForm.querySelector(`[value="${source}"]`).checked = true;
    }
  });
  bringForm.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) bringForm.requestSubmit();
  });

  function showErrors(errors) {
    let first;
    for (const slot of bringForm.querySelectorAll(".error")) {
      const name = slot.id.slice(6);
      const field = bringForm.elements[name];
      slot.textContent = errors[name] ?? "";
      if (!(field instanceof HTMLElement)) continue;
      if (errors[name]) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
      if (errors[name]) first ??= field;
    }
    first?.focus();
  }

  async function submitBrought(submitter) {
    if ("sending" in bringForm.dataset) return;
    bringForm.dataset.sending = "";
    const fields = { ...Object.fromEntries(new FormData(bringForm)), on_screen: onScreen(), state: submitter?.value ?? "listed" };
    if (fields.source === "floor") fields.link = "";
    const answer = await send(bringForm.action, fields);
    delete bringForm.dataset.sending;
    if (answer.errors) return showErrors(answer.errors);
    if (!answer.ok) return showErrors({ text: answer.says });
    showErrors({});
    bringForm.reset();
    bringForm.querySelector(`[value="floor"]`).checked = true;
    bring.hidePopover();
    const li = cardOf(answer.question);
    if (li) select(li);
    else want(answer.question, 0);
    report({ ...answer, question: null }, fields.text.trim()); // undone, it does not come back
  }

  // Settings

  let dark = $("desk-bar").dataset.blackout;
  let darkened = { by: dark, until: 0 }; // what one has wished oneself, and how long one has to see what a colleague has done

  function seeBlackout() {
    const { blackout } = $("desk-bar").dataset;
    if (blackout !== dark && blackout !== darkened.by) darkened.until = now() + MOMENT;
    dark = blackout;
  }

  function darken() {
    if (now() < darkened.until) return tell("A colleague has just changed the screen. Look at it, then press the key again.");
    $("desk-bar").querySelector("[data-blackout-button]").click();
  }

  async function set(form, value) {
    if (form.dataset.sure && !confirm(form.dataset.sure)) return;
    if (form.dataset.setting === "blackout") darkened.by = value;
    const answer = await send(form.getAttribute("action"), { ...Object.fromEntries(new FormData(form)), value });
    if (!answer.ok) return tell(answer.says);
    report(answer);
  }

  desk.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (form.method === "dialog") return;
    event.preventDefault();
    event.stopPropagation();
    if (form === bringForm) submitBrought(submitter);
    else if (form.dataset.setting) set(form, submitter.value);
    else {
      const li = submitter?.closest("[data-question]");
      const verb = submitter?.dataset.act;
      if (!li || !verb) return;
      const hasJustChanged = now() - (changedAt.get(idOf(li)) ?? -MOMENT) < MOMENT / 2;
      if (hasJustChanged && !made.has(+li.dataset.revision)) return tell("This question has just changed. Read it, then press again.");
      if (verb === "decline") decline(li);
      else act(li, verb);
    }
  });

  desk.addEventListener("click", async ({ target }) => {
    if (target.closest("[data-help]")) return $("help").showModal();
    if (target.closest(".copies")) return unfold(target.closest("[data-question]"));
    const copy = target.closest("[data-copy]");
    if (!copy) return;
    const link = $(copy.dataset.copy);
    try {
      await navigator.clipboard.writeText(link.href);
      copy.textContent = "Copied";
      tell("The link is copied.", "done");
      setTimeout(() => (copy.textContent = "Copy the link"), 3000);
    } catch {
      prompt("Copy the link from here:", link.href);
    }
  });

  // An unfolded menu is all in sight, and folds when one looks elsewhere
  desk.addEventListener("toggle", ({ target }) => {
    if (!target.matches(".more[open]")) return;
    const mute = target.querySelector("[data-act=mute]");
    const waiting = waitingWith(target.closest("[data-question]")).length;
    if (mute && waiting) mute.firstChild.textContent = `Mute ${askerOf(mute.closest("[data-question]"))} and decline ${waiting} waiting`;
    target.lastElementChild.scrollIntoView({ block: "nearest" });
  }, true);
  document.addEventListener("click", ({ target }) => {
    for (const more of desk.querySelectorAll(".more[open]")) if (!more.contains(target)) more.open = false;
  });

  // Filter

  const filter = $("filter");
  let words = [];
  const plain = (text) => text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
  const texts = new WeakMap(); // card -> what it says, once somebody asks

  function textsOf(li) {
    let known = texts.get(li);
    if (known?.revision !== li.dataset.revision) {
      known = { revision: li.dataset.revision, gist: gist(wordsOf(li)), text: plain(`${wordsOf(li)} ${li.children[1].textContent}`) };
      texts.set(li, known);
    }
    return known;
  }

  // What is on the screen is there whatever one looks for.
  function sift(li) {
    const isIn = li.dataset.state === "on_screen" || words.every((word) => textsOf(li).text.includes(word));
    if (isIn === "filtered" in li.dataset) li.toggleAttribute("data-filtered", !isIn);
  }

  function siftAll() {
    words = plain(filter.value).split(/\s+/).filter(Boolean);
    for (const { li } of live.cards.values()) sift(li);
    pileUp();
    showMatches();
    const li = selected !== null && cardOf(selected);
    if (!li || !isThere(li)) selectAt(place.list, 0, { focus: false, scroll: false, moved: "The filter has moved the selection." });
  }

  // Numbers are of all there are; beside them stands how many of these are shown.
  function showMatches() {
    const found = [];
    for (const state of STATES) {
      const list = listOf(state);
      const all = list.children.length;
      const fit = state === "on_screen" ? 0 : [...list.children].filter((li) => !("filtered" in li.dataset)).length;
      if (fit && words.length) found.push([fit, titleOf(state).toLowerCase()]);
      const place = list.nextElementSibling;
      place.dataset.empty ??= place.textContent;
      const text = all && words.length ? `None of the ${all} here ${all === 1 ? "matches" : "match"}.` : place.dataset.empty;
      if (place.textContent !== text) place.textContent = text;
    }
    const sum = found.reduce((most, [fit]) => most + fit, 0);
    const parts = found.map(([fit, title]) => `${fit} ${title}`).join(", ");
    const text = words.length ? `${sum} of ${live.cards.size} match${parts && `: ${parts}`}` : "";
    if ($("found").textContent !== text) $("found").textContent = text;
  }

  let sifting;
  filter.addEventListener("input", () => {
    clearTimeout(sifting);
    sifting = setTimeout(siftAll, 120);
  });
  filter.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      filter.value = "";
      siftAll();
    } else if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    event.preventDefault();
    siftAll();
    const full = shown(place.list).length ? place.list : STATES.map(listOf).find((list) => shown(list).length);
    if (full) selectAt(full, 0);
    else filter.blur();
  });

  // What the stream has changed

  document.addEventListener("plenum:cards", ({ detail: { come, changed } }) => {
    for (const id of [...come, ...changed]) if (words.length && cardOf(id)) sift(cardOf(id));
    pileUp();
    showMatches();
    for (const id of changed) {
      delete cardOf(id)?.dataset.leaving;
      changedAt.set(id, now());
      recognise(id);
    }
    showDone();
    showOnScreen();
    showHost();
    showHealth();
    seeBlackout();
    const active = document.activeElement;
    const free = active === document.body || active === null;
    const arrived = wanted && cardOf(wanted.id);
    if (arrived && +arrived.dataset.revision > wanted.after) {
      const li = arrived;
      wanted = null;
      return select(li, { focus: free || desk.contains(active), moved: "The question has just come here." });
    }
    const li = selected !== null && cardOf(selected);
    if (li && li.isConnected && li.parentElement === place.list && isThere(li)) {
      place.at = shown(place.list).indexOf(li);
      if (!("selected" in li.dataset)) mark(li, { focus: free, scroll: false });
      else if (free) li.focus({ preventScroll: true });
      return;
    }
    // It has gone elsewhere: the next one in its place. An empty list waits for its first.
    const onCard = free || active.closest?.("[data-question]");
    const moved = selected === null ? "This question has just come." : "The question you were on has gone, and this one stands in its place.";
    if (shown(place.list).length) selectAt(place.list, place.at, { focus: Boolean(onCard), scroll: Boolean(onCard), moved });
    else select(null);
  });

  function showDone() {
    const place = desk.querySelector("[data-done-count]");
    const count = String(listOf("answered").children.length + listOf("declined").children.length);
    if (place.textContent !== count) place.textContent = count;
  }

  // On a telephone, which shows one list at a time, a line says what is on the screen.
  function showOnScreen() {
    const line = desk.querySelector("[data-on-wall]");
    const li = listOf("on_screen").firstElementChild;
    line.hidden = !li;
    const text = li ? wordsOf(li) : "";
    if (line.lastElementChild.textContent !== text) line.lastElementChild.textContent = text;
  }
  desk.querySelector("[data-on-wall]").addEventListener("click", () => goTo("on_screen"));

  function showHost() {
    for (const place of desk.querySelectorAll("[data-host]")) if (!place.textContent) place.textContent = location.host;
  }

  // Screens: what they last said, counted on

  let toldAt = now();
  const lost = new Set();
  live.root.addEventListener("screens", (event) => {
    if (event.target === live.root) toldAt = now();
  });

  const seconds = (s) => (s < 10 ? `${s.toFixed(1)} s` : s < 120 ? `${Math.round(s)} s` : `${Math.floor(s / 60)} min`);

  function showHealth() {
    if (document.hidden) return;
    const screens = desk.querySelectorAll(".screen-health");
    const current = listOf("on_screen").firstElementChild;
    const id = current && $("desk-bar").dataset.blackout === "no" ? idOf(current) : 0;
    const since = (now() - toldAt) / 1000;
    for (const screen of screens) {
      const heard = +screen.dataset.heard + since;
      const shows = +screen.dataset.shows;
      const isLost = heard > 5;
      const isBehind = !isLost && shows !== id;
      const length = seconds(+screen.dataset.ms / 1000 + heard);
      let text = `on screen for ${length}`;
      if (isLost) text = `has not answered for ${seconds(Math.floor(heard))}`;
      else if (isBehind) text = shows ? "still shows another question" : "does not show it yet";
      else if (!shows) text = $("desk-bar").dataset.blackout === "yes" ? `dark for ${length}` : `invites to ask for ${length}`;
      screen.classList.toggle("is-lost", isLost);
      screen.classList.toggle("is-behind", isBehind);
      const place = screen.querySelector("[data-health]");
      if (place.textContent !== text) place.textContent = text;
      const name = screen.querySelector(".screen-name").textContent;
      const which = screen.dataset.screen; // two may have the same name
      if (isLost && !lost.has(which)) tell(`A screen (${name}) does not answer. It shows what it showed last.`);
      if (isLost) lost.add(which);
      else lost.delete(which);
    }
  }
  setInterval(showHealth, 500);

  // Keys

  const KEPT = "plenum:desk-keys";
  const keysBox = desk.querySelector("[data-keys]");
  let keysOn = localStorage.getItem(KEPT) !== "off";
  function showKeys() {
    keysBox.checked = keysOn;
    document.documentElement.dataset.keys = keysOn ? "on" : "off";
  }
  keysBox.addEventListener("change", () => {
    keysOn = keysBox.checked;
    localStorage.setItem(KEPT, keysOn ? "on" : "off");
    showKeys();
  });
  showKeys();

  const KEYS = {
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    h: () => aside(-1),
    l: () => aside(1),
    ArrowLeft: () => aside(-1),
    ArrowRight: () => aside(1),
    D: () => perform("decline", true),
    o: () => {
      const li = selected !== null && cardOf(selected);
      if (li && li.querySelector(".copies")) unfold(li);
      else tell("No other question has the same words.");
    },
    u: undo,
    f: () => openBring("floor"),
    t: () => openBring("twitter"),
    c: () => openBring("facebook"),
    e: () => openBring("email"),
    b: darken,
    "/": () => filter.select(),
    "?": () => $("help").showModal(),
  };
  STATES.forEach((state, index) => (KEYS[index + 1] = () => goTo(state)));
  for (const [key, verb] of Object.entries(JSON.parse(desk.dataset.keys))) KEYS[key] = () => perform(verb);

  const TYPED = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";
  const ONCE = "adDnsxrmuofbtce/?".split("");

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (target.closest?.(TYPED) || isCovered()) return;
    const arrow = key.startsWith("Arrow");
    const onCard = target.matches?.("[data-question]");
    if (arrow && !onCard && target !== document.body) return;
    if (key === "Enter") {
      if (!onCard || event.repeat) return;
      event.preventDefault();
      return perform(obvious(target.dataset.state));
    }
    if (key === "Escape") return tell("", "done");
    if (!arrow && !keysOn) return;
    if (!KEYS[key] || (event.repeat && ONCE.includes(key))) return;
    event.preventDefault();
    KEYS[key]();
  });

  // Begin: the first that waits

  pileUp();
  showMatches();
  showDone();
  showOnScreen();
  showHost();
  showHealth();
  const first = STATES.slice(0, 4).map(listOf).find((list) => list.children.length);
  if (first && first.getClientRects().length) select(first.children[0], { focus: false, scroll: false, moved: "The desk has only just opened." });
})();
