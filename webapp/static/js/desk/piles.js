// The same words many times are one question: the first stands for all, in the lists that say `data-piled`.

import { lists } from "../live/cards.js";
import { askerOf, cardsOf, desk, isFiltered, isThere, wordsOf } from "./lists.js";
import { select } from "./selection.js";
import { exactly, gist } from "./words.js";

const piled = lists.filter((list) => "piled" in list.dataset);
const unfolded = new Set(); // what the piles say that are unfolded
const gists = new WeakMap(); // card -> [its words, their gist]

function gistOf(li) {
  const words = wordsOf(li);
  const [known, is] = gists.get(li) ?? [];
  if (known === words) return is;
  gists.set(li, [words, gist(words)]);
  return gist(words);
}

const isSame = (one, other) => exactly(wordsOf(one)) === exactly(wordsOf(other));
export const pile = (li) => [...li.parentElement.children].filter((other) => !isFiltered(other) && gistOf(other) === gistOf(li));

/** Those that are decided about with a card, where it stands for them: they say exactly the same. */
export function copiesOf(li) {
  if (li.dataset.state !== "waiting" || unfolded.has(gistOf(li))) return [];
  return pile(li).filter((other) => other !== li && isSame(other, li));
}

/** All in these states of whom this card is; none, where nobody knows. */
export function ofTheSameAsker(li, ...states) {
  return askerOf(li) ? cardsOf(...states).filter((other) => askerOf(other) === askerOf(li)) : [];
}

export function pileUp() {
  for (const list of piled) {
    const piles = new Map();
    for (const li of list.children) {
      const says = isFiltered(li) ? li : gistOf(li);
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
  for (const li of desk.querySelectorAll("[data-copy]")) if (!piled.includes(li.parentElement)) li.removeAttribute("data-copy");
}

function showPile(head, copies, isUnfolded) {
  head.removeAttribute("data-copy");
  let button = head.querySelector(".copies");
  if (!copies.length) return button?.remove();
  if (!button) {
    button = Object.assign(document.createElement("button"), { type: "button", className: "copies" });
    head.querySelector(".acts").before(button);
  }
  const words = copies.every((li) => isSame(li, head)) ? "the same words" : "nearly the same words";
  const text = `${copies.length} more with ${words}`;
  if (button.textContent !== text) button.textContent = text;
  button.setAttribute("aria-expanded", isUnfolded);
}

/** Shows all with the same words, or one for all. */
export function unfold(li) {
  const says = gistOf(li);
  if (!unfolded.delete(says)) unfolded.add(says);
  pileUp();
  if (!isThere(li)) select(pile(li)[0]);
}

desk.addEventListener("click", ({ target }) => target.closest(".copies") && unfold(target.closest("[data-question]")));
