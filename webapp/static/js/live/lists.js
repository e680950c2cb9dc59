// Lists that follow the database: what waits becomes cards in their order, and parts of the page. While a list with
// `data-hold` is touched or read, it keeps still.

import { cards, learn, lists, root, showNumbers } from "./cards.js";
import { Hold } from "./hold.js";
import * as motion from "./motion.js";
import { isWaiting, news, parts, take } from "./news.js";
import { comparing, longestRun } from "./order.js";

const CALM = 2000; // milliseconds between two orders of a list that only votes have changed
const MANY = 150; // cards that change at once, from which on they are not morphed one by one
const KEPT = ["data-selected", "tabindex"]; // attributes of the page's own, which a card keeps when it is drawn anew
htmx.config.morphIgnore.push(...KEPT);

const home = new Map(lists.flatMap((list) => list.dataset.list.split(" ").map((state) => [state, list])));
export const reading = lists.find((list) => "hold" in list.dataset);
export const hold = new Hold();
export const isHeld = () => hold.holds(performance.now()) && reading?.children.length > 0;

/** When the lists were last changed, and the cards that were elsewhere on the screen just before. */
export const settled = { at: -Infinity, jumped: new Map() };

// The cards of each list as they should stand, and those of them that can stay where they are.
export function plans() {
  const members = new Map(lists.map((list) => [list, []]));
  for (const card of cards.values()) {
    const list = home.get(card.state);
    if (list) members.get(list).push(card);
    else card.li.remove();
  }
  return lists.map((list) => {
    const { sort, first } = list.dataset;
    const wanted = members.get(list).sort(comparing(sort, first?.split(" ")));
    const place = new Map([...list.children].map((li, at) => [li, at]));
    return { list, wanted, staying: longestRun(wanted.map((card) => place.get(card.li) ?? -1)) };
  });
}

let busy = false;
let timer;

/** To be called when something has come. */
export function schedule() {
  clearTimeout(timer);
  if (busy) return;
  document.dispatchEvent(new CustomEvent("plenum:waiting"));
  if (!isWaiting()) return;
  const now = performance.now();
  if (isHeld()) timer = setTimeout(schedule, hold.left(now));
  else timer = setTimeout(settle, news.size || parts.size ? 0 : Math.max(0, settled.at + CALM - now));
}

async function settle() {
  clearTimeout(timer);
  if (busy) return;
  busy = true;
  try {
    do await apply();
    while (isWaiting() && !isHeld());
  } finally {
    busy = false;
    settled.at = performance.now();
    schedule();
  }
}

/** Shows all that waits, whoever touches what. */
export function settleNow() {
  hold.end();
  return settle();
}

async function apply() {
  const { coming, partials } = take();
  if (!coming.length && !partials && plans().every(({ wanted, staying }) => wanted.length === staying.size)) return;
  const moving = document.hidden ? null : motion.begin();
  const ids = { come: [], changed: [], gone: [] };
  const fresh = [];
  let text = partials;
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
      text += change(card, next, coming.length < MANY, fresh);
      ids.changed.push(id);
    }
  }
  if (text) await htmx.swap({ sourceElement: root, target: root, swap: "none", text });
  for (const planned of plans()) arrange(planned, moving?.moved);
  showSizes();
  for (const changed of fresh.length < MANY ? fresh : lists) htmx.process(changed);
  if (moving) settled.jumped = motion.end(moving);
  document.dispatchEvent(new CustomEvent("plenum:cards", { detail: ids }));
}

// Returns the partial that makes the old card the new one, own marks and all; empty, where it was replaced.
function change(card, next, isOneOfFew, fresh) {
  learn(card, next);
  showNumbers(card, next.li);
  if (isOneOfFew || card.li.matches(":focus-within, :has([open], textarea)")) {
    return `<hx-partial hx-target="#${card.li.id}" hx-swap="outerMorph">${next.li.outerHTML}</hx-partial>`;
  }
  for (const name of KEPT) if (card.li.hasAttribute(name)) next.li.setAttribute(name, card.li.getAttribute(name));
  card.li.replaceWith(next.li);
  card.li = next.li;
  fresh.push(card.li);
  return "";
}

function arrange({ list, wanted, staying }, moved) {
  let after = null;
  for (let index = wanted.length - 1; index >= 0; index--) {
    const { li } = wanted[index];
    if (!staying.has(index)) {
      if (li.isConnected && list.moveBefore) list.moveBefore(li, after);
      else list.insertBefore(li, after);
      moved?.add(li);
    }
    after = li;
  }
}

// How many there are, in one list or in several.
function showSizes() {
  for (const place of root.querySelectorAll("[data-size-of]")) {
    const size = place.dataset.sizeOf.split(" ").reduce((sum, id) => sum + document.getElementById(id).children.length, 0);
    if (place.textContent !== String(size || "")) place.textContent = size || "";
  }
}

showSizes();
