// The selected card: moved by keys and by clicks, and on to the next in its place when it goes.

import { lists } from "../live/cards.js";
import { $, byKey, cardOf, desk, idOf, isThere, shown, titleOf } from "./lists.js";
import { watch } from "./resting.js";
import { isCovered, tell } from "./speech.js";

const narrow = matchMedia("(max-width: 47.99rem)");
const columns = lists.filter((list) => !list.closest("details"));

let selected = null; // id of a card
let place = { list: byKey[0], at: 0 }; // where it stands, so that the next one there takes over

export const selectedCard = () => (selected === null ? undefined : cardOf(selected));

/** `moved`: what has moved the selection, where it was no key and no click of one's own. */
export function select(li, { focus = true, scroll = true, moved = "" } = {}) {
  const before = selectedCard();
  selected = li ? idOf(li) : null;
  watch(li, moved);
  if (li) {
    place = { list: li.parentElement, at: Math.max(0, shown(li.parentElement).indexOf(li)) };
    mark(li, { focus, scroll });
  }
  if (!before || before === li) return;
  before.removeAttribute("data-selected");
  before.removeAttribute("tabindex");
}

export function mark(li, { focus = true, scroll = true } = {}) {
  li.setAttribute("data-selected", "");
  li.setAttribute("tabindex", "0");
  reveal(li.parentElement);
  if (focus) li.focus({ preventScroll: true });
  if (scroll) li.scrollIntoView({ block: "nearest" });
}

// The list must be in sight: unfolded, and the one that a telephone or a tablet shows.
function reveal(list) {
  const section = list.closest(".desk-list");
  if (section.matches("details")) section.open = true;
  if (!list.closest(".column-stage") || narrow.matches) $(`view-${section.dataset.view}`).checked = true;
}

function selectAt(list, at, options) {
  const cards = shown(list);
  place = { list, at };
  select(cards[Math.min(at, cards.length - 1)] ?? null, options);
}

/** Selects what stands where the selection is, once its card is there no more. */
export const selectInPlace = (options) => selectAt(place.list, place.at, options);

export function step(by) {
  const cards = shown(place.list);
  if (!cards.length) {
    const list = byKey.find((other) => shown(other).length);
    return list ? goTo(list) : tell("No question is in sight.");
  }
  const at = cards.indexOf(selectedCard());
  select(cards[at < 0 ? 0 : Math.min(Math.max(at + by, 0), cards.length - 1)]);
}

export function goTo(list) {
  reveal(list);
  selectAt(list, 0);
  if (selected !== null) return;
  list.closest(".desk-list").scrollIntoView({ block: "nearest" });
  tell(`${titleOf(list)}: nothing there.`, "done");
}

export function aside(by) {
  const from = Math.max(0, columns.indexOf(place.list));
  const there = by < 0 ? columns.slice(0, from).reverse() : columns.slice(from + 1);
  const list = there.find((one) => shown(one).length);
  if (list) goTo(list);
}

/** To the place's own list, or the first that shows something; false: none does. */
export function selectAnything() {
  const full = [place.list, ...byKey].find((list) => shown(list).length);
  if (full) selectAt(full, 0);
  return Boolean(full);
}

export function refocus() {
  const li = selectedCard();
  if (!isCovered() && li?.getClientRects().length) li.focus({ preventScroll: true });
}

const isFree = () => [document.body, null].includes(document.activeElement);

/** After the lists have changed. It has gone elsewhere: the next one in its place. An empty list waits for its first. */
export function followSelection() {
  const li = selectedCard();
  if (li?.isConnected && li.parentElement === place.list && isThere(li)) {
    place.at = shown(place.list).indexOf(li);
    if (!("selected" in li.dataset)) mark(li, { focus: isFree(), scroll: false });
    else if (isFree()) li.focus({ preventScroll: true });
    return;
  }
  const onCard = isFree() || Boolean(document.activeElement.closest("[data-question]"));
  const moved = selected === null ? "This question has just come." : "The question you were on has gone, and this one stands in its place.";
  if (shown(place.list).length) selectInPlace({ focus: onCard, scroll: onCard, moved });
  else select(null);
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
    const list = byKey.find((one) => one.closest(".desk-list").dataset.view === view.value);
    if (list.closest("details")) for (const folded of desk.querySelectorAll(".desk-folded")) folded.open = true;
    selectAt(list, 0, { focus: false, scroll: false });
    scrollTo({ top: Math.min(scrollY, desk.querySelector(".views").offsetTop) });
  });
}
