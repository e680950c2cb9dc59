// The desk by keyboard: a selected question, one key for each act, and what came of it told at once.
(() => {
  "use strict";

  const desk = document.querySelector(".desk");
  if (!desk) return;
  const panel = `/panels/${desk.dataset.panel}`;
  const wide = matchMedia("(min-width: 62rem)");
  const find = (selector) => desk.querySelector(selector);
  const LOST = "The desk could not be reached, so nothing was done. Please try again.";

  // What is said, and undoing it

  const said = find("[data-said]");
  const undoButton = find("[data-undo]");
  let lastAct;
  let undoUntil = 0;
  let ticking;

  function say(text, { refused = false, act } = {}) {
    said.hidden = false;
    said.classList.toggle("is-refused", refused);
    find("[data-said-text]").textContent = text;
    if (act || !refused) {
      lastAct = act;
      undoUntil = act ? Date.now() + 60_000 : 0;
    }
    clearInterval(ticking);
    const hideAt = Date.now() + (refused ? 12_000 : 6000);
    const tick = () => {
      const left = Math.ceil((undoUntil - Date.now()) / 1000);
      undoButton.hidden = !lastAct || left <= 0;
      find("[data-undo-left]").textContent = left > 0 ? `${left} s` : "";
      if (undoButton.hidden && Date.now() > hideAt) {
        said.hidden = true;
        clearInterval(ticking);
      }
    };
    ticking = setInterval(tick, 500);
    tick();
  }

  async function send(path, fields = {}) {
    try {
      const body = fields instanceof FormData ? new URLSearchParams(fields) : new URLSearchParams(Object.entries(fields));
      const answer = await fetch(path, { method: "POST", headers: { Accept: "application/json" }, body });
      const told = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
      if (answer.ok) {
        const slow = told.delayed ? " Live updates are slow at the moment, so screens may take a little to follow." : "";
        say(told.done + slow, { act: told.act });
      } else if (answer.status === 401 || answer.status === 403) {
        say("You are not signed in as a moderator any more. Please sign in again in another tab.", { refused: true });
      } else if (!told.errors) say(told.reason ?? LOST, { refused: true });
      return { ok: answer.ok, ...told };
    } catch {
      say(LOST, { refused: true });
      return { ok: false };
    }
  }

  function undo() {
    if (!lastAct || Date.now() > undoUntil) return say("There is nothing to undo.", { refused: true });
    const act = lastAct;
    lastAct = undefined;
    return send(`${panel}/desk/acts/${act}/undo`);
  }

  // The selected question

  const all = () => [...desk.querySelectorAll("[data-list] > [data-question]:not([hidden])")].filter((li) => li.getClientRects().length);
  const selected = () => find("[data-selected]");

  function select(li, { focus = true } = {}) {
    const before = selected();
    if (before && before !== li) {
      before.removeAttribute("data-selected");
      before.tabIndex = -1;
    }
    if (!li) return;
    li.setAttribute("data-selected", "");
    li.tabIndex = 0;
    if (focus) {
      li.focus({ preventScroll: true });
      li.scrollIntoView({ block: "nearest" });
    }
  }

  function move(by) {
    const visible = all();
    if (!visible.length) return;
    const at = visible.indexOf(selected());
    select(visible[at < 0 ? 0 : Math.min(Math.max(at + by, 0), visible.length - 1)]);
  }

  // When the selected one goes elsewhere, its neighbour is next: the work is a list from top to bottom.
  function neighbour(li) {
    const siblings = [...li.parentElement.children].filter((other) => !other.hidden);
    const at = siblings.indexOf(li);
    return siblings[at + 1] ?? siblings[at - 1];
  }

  // Acts

  const OBVIOUS = { waiting: "approve", listed: "next", next: "show", on_screen: "answer", answered: "return", declined: "return" };
  const STAYS = new Set(["up", "down", "mute", "unmute"]);

  async function act(li, verb, reason = "") {
    const form = li?.querySelector(".desk-acts");
    const button = form?.querySelector(`[data-act="${verb}"]`);
    if (!button) return li && say("That cannot be done with this question now.", { refused: true });
    const follower = STAYS.has(verb) ? li : neighbour(li);
    li.classList.add("is-acting");
    if (li === selected() && follower !== li) select(follower);
    const { ok } = await send(button.formAction, { seen: form.elements.seen.value, reason });
    if (!ok) {
      li.classList.remove("is-acting");
      if (li.isConnected) select(li);
    } else setTimeout(() => li.classList.remove("is-acting"), 1500);
  }

  const declining = document.getElementById("decline");
  let toDecline;

  function decline(li) {
    if (!li?.querySelector('[data-act="decline"]')) return act(li, "decline");
    toDecline = li;
    declining.querySelector("[name=reason]").value = "";
    declining.showModal();
  }
  function declineFor(reason) {
    declining.close();
    act(toDecline, "decline", reason);
  }

  document.addEventListener("plenum:cards", () => {
    for (const li of desk.querySelectorAll(".is-acting")) li.classList.remove("is-acting");
    if (filter.value) showFiltered();
  });

  desk.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.matches(".desk-acts")) {
      event.preventDefault();
      const li = form.closest("[data-question]");
      const verb = event.submitter.dataset.act;
      if (verb === "decline") decline(li);
      else act(li, verb);
    } else if (form.matches("[data-setting]")) {
      event.preventDefault();
      const { value, dataset } = event.submitter;
      if (dataset.sure && !confirm(dataset.sure)) return;
      event.submitter.setAttribute("aria-busy", "true");
      await send(form.action, { value });
      event.submitter.removeAttribute("aria-busy");
    } else if (form.matches("[data-bring]")) {
      event.preventDefault();
      bring(form);
    } else if (form.closest("#decline")) {
      event.preventDefault();
      declineFor(form.elements.reason.value.trim());
    }
  });

  async function bring(form) {
    const { ok, errors = {} } = await send(form.action, new FormData(form));
    for (const slot of form.querySelectorAll(".error")) {
      const name = slot.id.slice("error-".length);
      slot.textContent = errors[name] ?? "";
      form.querySelector(`#${name}`)?.toggleAttribute("aria-invalid", name in errors);
    }
    if (ok) {
      for (const name of ["text", "author", "link"]) form.elements[name].value = "";
    }
    (form.querySelector("[aria-invalid]") ?? form.elements.text).focus();
  }

  desk.addEventListener("click", (event) => {
    const { target } = event;
    if (target.closest("[data-undo]")) undo();
    else if (target.closest("[data-help]")) document.getElementById("help").showModal();
    else if (target.closest("[data-close]")) target.closest("dialog").close();
    else if (target.closest("[data-reason]")) declineFor(target.closest("[data-reason]").dataset.reason);
    else if (target.closest("[data-question]") && !target.closest("a, button")) select(target.closest("[data-question]"));
  });
  desk.addEventListener("focusin", ({ target }) => {
    const li = target.closest("[data-question]");
    if (li && li !== selected()) select(li, { focus: false });
  });

  // The filter

  const filter = document.getElementById("filter");
  filter.closest("[hidden]").hidden = false;

  function showFiltered() {
    const words = filter.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    for (const { li } of window.plenumLive.cards.values()) {
      const text = words.length ? li.textContent.toLocaleLowerCase() : "";
      li.hidden = !words.every((word) => text.includes(word));
    }
  }
  filter.addEventListener("input", showFiltered);

  // Keys

  const tabs = find(".desk-tabs");
  tabs.hidden = false;
  desk.classList.add("has-tabs");
  find("[data-help]").hidden = false;

  function toList(number) {
    const choice = tabs.querySelectorAll("input")[number - 1];
    if (!choice) return;
    choice.checked = true;
    if (choice.value === "done") find(".desk-done").open = true;
    const list = find(`[data-of="${choice.value === "done" ? "answered" : choice.value}"] [data-question]:not([hidden])`);
    if (list) select(list);
  }

  const KEYS = {
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    a: () => act(selected(), "approve"),
    d: () => decline(selected()),
    n: () => act(selected(), "next"),
    s: () => act(selected(), "show"),
    x: () => act(selected(), "answer"),
    r: () => act(selected(), "return"),
    m: () => act(selected(), selected()?.querySelector('[data-act="unmute"]') ? "unmute" : "mute"),
    "+": () => act(selected(), "up"),
    "-": () => act(selected(), "down"),
    Enter: () => act(selected(), OBVIOUS[selected()?.dataset.state]),
    u: undo,
    f: () => {
      const box = find(".desk-bring");
      box.open = true;
      box.querySelector("textarea").focus();
    },
    b: () => find('[data-key="blackout"]')?.click(),
    "/": () => filter.focus(),
    "?": () => document.getElementById("help").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (declining.open) {
      const reason = declining.querySelectorAll("[data-reason]")[event.key - 1];
      if (reason && !event.target.matches("input")) {
        event.preventDefault();
        reason.click();
      }
      return;
    }
    if (event.key === "Escape" && event.target.matches("#filter, .desk-bring *")) {
      event.target.closest("details")?.removeAttribute("open");
      (selected() ?? desk).focus?.();
      return;
    }
    if (event.target.closest("input, textarea, select, dialog[open]")) return;
    if (event.target.closest("a, button, summary") && ["Enter", " "].includes(event.key)) return;
    if (/^[1-5]$/.test(event.key)) return toList(+event.key);
    const key = KEYS[event.key];
    if (!key) return;
    event.preventDefault();
    key();
  });

  // The screens' health goes on counting between two messages

  let heardAt = Date.now();
  desk.addEventListener("screens", () => (heardAt = Date.now()));
  setInterval(() => {
    const since = (Date.now() - heardAt) / 1000;
    for (const screen of desk.querySelectorAll(".desk-screen")) {
      const silent = +screen.dataset.heard + since;
      const well = silent < 6;
      screen.querySelector(".desk-light").dataset.open = well ? "yes" : "no";
      const shown = +screen.dataset.ms / 1000 + silent;
      const text = !well
        ? `has not answered for ${Math.round(silent)} s`
        : +screen.dataset.shows
          ? `on screen for ${shown < 10 ? shown.toFixed(1) : Math.round(shown)} s`
          : "no question on it";
      const place = screen.querySelector("[data-health]");
      if (place.textContent !== text) place.textContent = text;
    }
  }, 500);

  if (wide.matches) select(all()[0], { focus: false });
})();
