// What stands where on the desk. The page says which lists there are, and the key of each.

import { cards, lists, root } from "../live/cards.js";

export const desk = root;
export const $ = (id) => document.getElementById(id);
export const base = `/panels/${desk.dataset.panel}`;
export const byKey = [...lists].sort((a, b) => a.dataset.key - b.dataset.key);

export const listOf = (state) => $(`list-${state}`);
export const titleOf = (list) => $(list.getAttribute("aria-labelledby")).firstChild.textContent.trim();
export const cardOf = (id) => cards.get(id)?.li;
export const idOf = (li) => +li.dataset.question;
export const revisionOf = (li) => +li.dataset.revision;
export const wordsOf = (li) => li.querySelector(".desk-text").textContent;
export const askerOf = (li) => li.querySelector(".desk-pseudonym, [data-signed]")?.textContent;
export const cardsOf = (...states) => states.flatMap((state) => [...listOf(state).children]);
export const isFiltered = (li) => "filtered" in li.dataset;
export const isThere = ({ dataset }) => !("filtered" in dataset || "copy" in dataset || "leaving" in dataset);
export const shown = (list) => [...list.children].filter(isThere);

/** What a moderator has in front of them, which an act is about as much as its card. */
export const newest = () => Math.max(0, ...[...cards.values()].map(({ li }) => revisionOf(li)));
export const onScreen = () => (listOf("on_screen").firstElementChild ? idOf(listOf("on_screen").firstElementChild) : 0);
