// A key decides about what has been read, and about nothing else: not about a card that has only just taken the place of
// another, nor one that says something else than when it was selected, nor one that is out of sight or on its way.

import { cardOf, revisionOf } from "./lists.js";

export const MOMENT = 1500; // milliseconds in which one sees that something is another
const PATIENCE = 3000; // for which a card that was brought is waited for

let resting = { why: "", until: 0 };
let hasSaid = ""; // the selected card, when it was selected
let wanted = null; // {id, after}: a card that is selected when it comes, later than at this revision

const said = (li) =>
  [li.dataset.state, ...[...li.querySelectorAll(".desk-text, .desk-about > :not(.desk-votes)")].map((part) => part.textContent.trim())].join("\n");

function rest(why) {
  resting = { why, until: why ? performance.now() + MOMENT : 0 };
  return why;
}

/** From now on this card is the selected one. `moved`: why, where it was not one's own doing. */
export function watch(li, moved) {
  rest(moved);
  if (li) hasSaid = said(li);
}

/** What one has changed oneself is no news to oneself. */
export function acknowledge(li) {
  hasSaid = said(li);
}

function isInSight(li) {
  const { left, top, bottom, height } = li.querySelector(".desk-text").getBoundingClientRect();
  const isSeen = (y) => li.contains(document.elementFromPoint(left + 8, y));
  return isSeen(top + 8) && (isSeen(bottom - 8) || height > innerHeight / 2);
}

/** Why no key decides about the selected card now; empty: one does. `show` brings it into sight. */
export function whyNotYet(li, show) {
  if (wanted) return "A question is on its way here.";
  if (performance.now() < resting.until) return resting.why;
  if (said(li) !== hasSaid) {
    hasSaid = said(li);
    return rest("This question has changed since you selected it.");
  }
  if (isInSight(li)) return "";
  show(li);
  return rest("The selected question was out of sight.");
}

/** Waits for a card, to select it: 0 waits for none. */
export function want(id, after) {
  const one = id ? { id, after } : null;
  wanted = one;
  setTimeout(() => wanted === one && (wanted = null), PATIENCE);
}

/** The card that was wanted, once it has come. */
export function arrived() {
  const li = wanted && cardOf(wanted.id);
  if (!li || revisionOf(li) <= wanted.after) return null;
  wanted = null;
  return li;
}
