// Only questions with these words. Numbers are of all there are; beside them stands how many of these are shown.

import { cards, lists } from "../live/cards.js";
import { $, isFiltered, isThere, revisionOf, titleOf, wordsOf } from "./lists.js";
import { pileUp } from "./piles.js";
import { selectAnything, selectedCard, selectInPlace } from "./selection.js";
import { plain } from "./words.js";

export const filter = $("filter");
let words = [];
let sifting;
const texts = new WeakMap(); // card -> what it says, once somebody asks

function textOf(li) {
  const known = texts.get(li);
  if (known?.revision === revisionOf(li)) return known.text;
  const text = plain(`${wordsOf(li)} ${li.children[1].textContent}`);
  texts.set(li, { revision: revisionOf(li), text });
  return text;
}

export const isFiltering = () => words.length > 0;

// What is on the screen is there whatever one looks for.
function sift(li) {
  const isIn = li.dataset.state === "on_screen" || words.every((word) => textOf(li).includes(word));
  if (isIn === isFiltered(li)) li.toggleAttribute("data-filtered", !isIn);
}

/** After cards have come or changed. */
export function siftSome(some) {
  if (isFiltering()) some.forEach(sift);
  showMatches();
}

function siftAll() {
  words = plain(filter.value).split(/\s+/).filter(Boolean);
  for (const { li } of cards.values()) sift(li);
  pileUp();
  showMatches();
  const moved = "The filter has moved the selection.";
  if (!selectedCard() || !isThere(selectedCard())) selectInPlace({ focus: false, scroll: false, moved });
}

function showMatches() {
  const found = [];
  for (const list of lists) {
    const all = list.children.length;
    const fit = list.dataset.list === "on_screen" ? 0 : [...list.children].filter((li) => !isFiltered(li)).length;
    if (fit) found.push([fit, titleOf(list).toLowerCase()]);
    const place = list.nextElementSibling;
    place.dataset.empty ??= place.textContent;
    const text = all && isFiltering() ? `None of the ${all} here ${all === 1 ? "matches" : "match"}.` : place.dataset.empty;
    if (place.textContent !== text) place.textContent = text;
  }
  const sum = found.reduce((all, [fit]) => all + fit, 0);
  const parts = found.map((part) => part.join(" ")).join(", ");
  const text = isFiltering() ? `${sum} of ${cards.size} match${parts && `: ${parts}`}` : "";
  if ($("found").textContent !== text) $("found").textContent = text;
}

filter.addEventListener("input", () => {
  clearTimeout(sifting);
  sifting = setTimeout(siftAll, 120);
});
filter.addEventListener("keydown", (event) => {
  if (!["Escape", "Enter", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  if (event.key === "Escape") filter.value = "";
  siftAll();
  if (!selectAnything()) filter.blur();
});
