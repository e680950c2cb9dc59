// The moderator's desk by keyboard. Lists follow the database by the stream; here nothing is moved.

import { act, hasJustChanged, isChanged } from "./acts.js";
import { decline } from "./declining.js";
import { siftSome } from "./filter.js";
import "./keys.js";
import { byKey, cardOf, desk } from "./lists.js";
import "./menus.js";
import { pileUp } from "./piles.js";
import { arrived } from "./resting.js";
import { showOnScreen } from "./room.js";
import { followSelection, select } from "./selection.js";
import { tell } from "./speech.js";

htmx.config.morphIgnore.push("open"); // what somebody has unfolded stays so when it is drawn anew

desk.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (form.method === "dialog" || form.hasAttribute("hx-post")) return;
  event.preventDefault();
  event.stopPropagation();
  const li = submitter?.closest("[data-question]");
  const verb = submitter?.dataset.act;
  if (!li || !verb) return;
  if (hasJustChanged(li)) tell("This question has just changed. Read it, then press again.");
  else if (verb === "decline") decline(li);
  else act(li, verb);
});

document.addEventListener("plenum:cards", ({ detail: { come, changed } }) => {
  siftSome([...come, ...changed].map(cardOf).filter(Boolean));
  pileUp();
  changed.forEach(isChanged);
  showOnScreen();
  const li = arrived();
  const { activeElement } = document;
  const focus = [document.body, null].includes(activeElement) || desk.contains(activeElement);
  if (li) select(li, { focus, moved: "The question has just come here." });
  else followSelection();
});

// It begins with the first that waits.
siftSome([]);
pileUp();
showOnScreen();
const first = byKey.slice(0, 4).find((list) => list.children.length);
if (first?.getClientRects().length) select(first.children[0], { focus: false, scroll: false, moved: "The desk has only just opened." });
