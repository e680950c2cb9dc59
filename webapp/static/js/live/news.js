// What has come and is not shown yet. A list that shows a choice takes the cards that `data-only` of the root selects, and
// no new ones where it says `data-no-new`; the first page of a long list takes those newer than its `data-oldest`.

import { cards, idOf, parse, read, root, showNumbers, TOLD } from "./cards.js";

const { only, noNew, oldest = 0 } = root.dataset;

export const news = new Map(); // id -> a card, or null: it is gone
export const parts = new Map(); // what a partial is for -> the partial, whole
let reordered = false; // votes, or a choice, have changed what comes first

export const isWaiting = () => news.size > 0 || parts.size > 0 || reordered;

export function reorder() {
  reordered = true;
}

/** All that waits, which then waits no more. */
export function take() {
  const taken = { coming: [...news], partials: [...parts.values()].join("") };
  news.clear();
  parts.clear();
  reordered = false;
  return taken;
}

export function hearPart(partial) {
  parts.set(/hx-target="([^"]+)"/.exec(partial)[1], partial);
}

/** Cards and what is gone. `all`: there are no others. */
export function hear(html, all) {
  const told = new Set();
  for (const li of parse(html).querySelectorAll(TOLD)) {
    const id = idOf(li);
    told.add(id);
    const foreign = (only && !li.matches(only)) || (!all && !cards.has(id) && (noNew !== undefined || id < oldest));
    if (!foreign && !("gone" in li.dataset)) hearCard(read(li));
    else if (cards.has(id)) news.set(id, null);
    else news.delete(id);
  }
  if (all) {
    for (const id of cards.keys()) if (!told.has(id)) news.set(id, null);
    for (const [id, card] of news) if (card && !told.has(id)) news.delete(id);
  }
  for (const [id, card] of news) cards.get(id)?.li.classList.toggle("is-gone", card === null);
}

function hearCard(card) {
  const waiting = news.get(card.id);
  if (waiting && waiting.tally > card.tally) Object.assign(card, { votes: waiting.votes, tally: waiting.tally });
  if (cards.get(card.id)?.source === card.source) {
    news.delete(card.id);
    count(card.id, card.votes, card.tally);
  } else {
    news.set(card.id, card);
  }
}

/** Votes show at once, wherever their card stands. */
export function count(id, votes, tally) {
  const waiting = news.get(id);
  if (waiting && tally >= waiting.tally) Object.assign(waiting, { votes, tally });
  const card = cards.get(id);
  if (!card || tally < card.tally) return;
  if (card.votes !== votes) reordered = true;
  Object.assign(card, { votes, tally });
  showNumbers(card);
}
