// The keys of the desk. They do nothing while somebody types, nor on a card that was not read.

import { act } from "./acts.js";
import { openBring } from "./bring.js";
import { decline } from "./declining.js";
import { filter } from "./filter.js";
import { $, byKey, desk, isThere } from "./lists.js";
import { unfold } from "./piles.js";
import { whyNotYet } from "./resting.js";
import { darken } from "./room.js";
import { aside, goTo, mark, selectedCard, step } from "./selection.js";
import { isCovered, tell } from "./speech.js";
import { undo } from "./undo.js";

const ACTS = JSON.parse(desk.dataset.keys); // by key: the act, and what is said where it cannot be done
const CANNOT = Object.fromEntries(Object.values(ACTS).map(({ verb, cannot }) => [verb, cannot]));

function perform(verb, many = false) {
  const li = selectedCard();
  if (!li || !isThere(li)) return tell("No question is selected. j selects the next one.");
  const why = whyNotYet(li, mark);
  if (why) return tell(`${why} Read it, then press the key again.`);
  const can = (what) => li.querySelector(`[data-act="${what}"]`);
  if (verb === "mute" && can("unmute")) return act(li, "unmute");
  if (!can(verb)) return tell(CANNOT[verb]);
  if (verb === "decline") decline(li, many);
  else act(li, verb);
}

function unfoldSelected() {
  if (selectedCard()?.querySelector(".copies")) unfold(selectedCard());
  else tell("No other question has the same words.");
}

const REPEATED = {
  j: () => step(1),
  k: () => step(-1),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  h: () => aside(-1),
  l: () => aside(1),
  ArrowLeft: () => aside(-1),
  ArrowRight: () => aside(1),
  J: () => perform("down"),
  K: () => perform("up"),
  ...Object.fromEntries(byKey.map((list) => [list.dataset.key, () => goTo(list)])),
};
const ONCE = {
  ...Object.fromEntries(Object.entries(ACTS).map(([key, { verb }]) => [key, () => perform(verb)])),
  D: () => perform("decline", true),
  o: unfoldSelected,
  u: undo,
  f: () => openBring("floor"),
  t: () => openBring("twitter"),
  c: () => openBring("facebook"),
  e: () => openBring("email"),
  b: darken,
  "/": () => filter.select(),
  "?": () => $("help").showModal(),
};

const KEPT = "plenum:desk-keys";
const box = desk.querySelector("[data-keys]");
function setKeys(are) {
  box.checked = are;
  document.documentElement.dataset.keys = are ? "on" : "off";
}
box.addEventListener("change", () => {
  localStorage.setItem(KEPT, box.checked ? "on" : "off");
  setKeys(box.checked);
});
setKeys(localStorage.getItem(KEPT) !== "off");

const TYPED = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (target.closest?.(TYPED) || isCovered()) return;
  const isArrow = key.startsWith("Arrow");
  const onCard = target.matches?.("[data-question]");
  if (isArrow && !onCard && target !== document.body) return;
  if (key === "Escape") return tell("", "done");
  if (key === "Enter") {
    if (!onCard || event.repeat) return;
    event.preventDefault();
    return perform(target.querySelector(".act-first").dataset.act);
  }
  const does = REPEATED[key] ?? (event.repeat ? undefined : ONCE[key]);
  if (!does || !(isArrow || box.checked)) return;
  event.preventDefault();
  does();
});
