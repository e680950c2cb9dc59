// Declined, and why: one, or all that say the same, are of one person or match the filter.

import { act, declineAll } from "./acts.js";
import { filter, isFiltering } from "./filter.js";
import { $, askerOf, cardOf, cardsOf, idOf, isFiltered, newest, revisionOf, wordsOf } from "./lists.js";
import { ofTheSameAsker, pile } from "./piles.js";
import { tell } from "./speech.js";

const MOST_TEXTS = 100;
const dialog = $("decline");
const ownWords = $("decline-reason");
const presets = dialog.querySelector(".presets");
const numberOf = (button) => +button.querySelector("kbd").textContent;
const make = (tag, attributes) => Object.assign(document.createElement(tag), attributes);

let declining; // {li, seen, newest, choices, chosen}, as it was when the dialog was opened

function choices(li) {
  const matching = isFiltering() ? cardsOf("waiting", "listed").filter((other) => !isFiltered(other)) : [];
  return [
    { name: "one", text: "Only this question", cards: [li] },
    { name: "same", text: "with these words, or nearly these", cards: ["waiting", "listed"].includes(li.dataset.state) ? pile(li) : [] },
    { name: "asker", text: `from ${askerOf(li)}, waiting or listed`, cards: ofTheSameAsker(li, "waiting", "listed") },
    { name: "filter", text: `that match “${filter.value.trim()}”, waiting or listed`, cards: matching },
  ].filter(({ name, cards }) => name === "one" || cards.length > 1);
}

/** Asks why. `many`: of all choices, the widest. */
export function decline(li, many = false) {
  const all = choices(li);
  const likely = many ? ["filter", "asker", "same"] : [];
  if (li.querySelector(".copies[aria-expanded=false]")) likely.push("same");
  const chosen = [...likely, "one"].find((name) => all.some((choice) => choice.name === name));
  declining = { li, seen: revisionOf(li), newest: newest(), choices: all };
  dialog.querySelector("[data-scope]").hidden = all.length < 2;
  dialog.querySelector("[data-choices]").replaceChildren(
    ...all.map(({ name, text, cards }) => {
      const label = make("label");
      label.append(make("input", { type: "radio", name: "scope", value: name, checked: name === chosen }), name === "one" ? text : `All ${cards.length} ${text}`);
      return label;
    }),
  );
  show(chosen);
  ownWords.value = "";
  // The likeliest reason stands first, and each keeps its number.
  const isNamed = li.querySelector("[data-may-name]");
  const place = (button) => (isNamed && button.matches("[data-names-somebody]") ? 0 : numberOf(button) || 10);
  presets.append(...[...presets.children].sort((one, other) => place(one) - place(other)));
  dialog.showModal();
  presets.querySelector("button").focus();
}

function show(name) {
  declining.chosen = declining.choices.find((choice) => choice.name === name);
  const { cards } = declining.chosen;
  const texts = cards.slice(0, MOST_TEXTS).map(wordsOf);
  if (cards.length > MOST_TEXTS) texts.push(`… and ${cards.length - MOST_TEXTS} more`);
  dialog.querySelector("[data-declined-texts]").replaceChildren(...texts.map((textContent) => make("li", { textContent, dir: "auto" })));
  const isOne = cards.length === 1;
  dialog.querySelector("h2").textContent = isOne ? "Why is it declined?" : `Why are these ${cards.length} declined?`;
  dialog.querySelector("[data-own-words]").textContent = isOne ? "Decline" : `Decline ${cards.length}`;
}

dialog.addEventListener("change", ({ target }) => target.name === "scope" && show(target.value));
dialog.addEventListener("submit", (event) => {
  event.preventDefault();
  const isOwn = event.submitter === null || event.submitter.matches("[data-own-words]");
  const reason = isOwn ? ownWords.value.trim() : event.submitter.value;
  if (isOwn && !reason) return ownWords.focus();
  dialog.close();
  const { li, seen, newest, chosen } = declining;
  const here = cardOf(idOf(li));
  if (chosen.name !== "one") declineAll(chosen.cards, newest, reason);
  else if (here) act(here, "decline", { reason }, seen);
  else tell("Its asker has withdrawn this question meanwhile.");
});
dialog.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const buttons = [...presets.children];
  const isArrow = key === "ArrowDown" || key === "ArrowUp";
  if (target === ownWords) {
    if (key !== "Enter") return;
    event.preventDefault();
    dialog.querySelector("[data-own-words]").click();
  } else if (/^\d$/.test(key)) {
    event.preventDefault();
    buttons.find((button) => numberOf(button) === +key)?.click();
  } else if (isArrow && target.name !== "scope") {
    event.preventDefault();
    const places = [...buttons, ownWords];
    const at = places.indexOf(target) + (key === "ArrowDown" ? 1 : -1);
    places[Math.min(Math.max(at, 0), places.length - 1)].focus();
  } else if (key.length === 1 && key !== " ") {
    ownWords.focus(); // and what was typed goes there
  }
});
