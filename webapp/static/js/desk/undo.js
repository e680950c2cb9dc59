// Undo, for a minute: the last act first, and what was done before it comes up after it. An act brings the form that undoes
// it along in its answer.

import { $ } from "./lists.js";
import { want } from "./resting.js";
import { refocus } from "./selection.js";
import { isTold, rise, tell } from "./speech.js";

const MINUTE = 60_000 - 1500; // milliseconds: the server counts from earlier on
const bar = $("undo");
const until = new WeakMap(); // form -> when it goes
const deeds = () => [...bar.children].filter((form) => !("undoing" in form.dataset));
let ticking;

export function undo() {
  const last = deeds().at(-1);
  if (last) last.requestSubmit();
  else tell("There is nothing to undo: an act can be undone for a minute.");
}

/** After an answer has come. */
export function remember() {
  isTold();
  for (const form of deeds()) if (!until.has(form)) until.set(form, performance.now() + MINUTE);
  tick();
  if (deeds().length) rise();
}

function tick() {
  clearTimeout(ticking);
  const hadFocus = bar.contains(document.activeElement);
  for (const form of deeds()) if (until.get(form) <= performance.now()) form.remove();
  const last = deeds().at(-1);
  for (const form of bar.children) form.hidden = form !== last;
  if (last) {
    last.querySelector(".undo-left").textContent = `${Math.ceil((until.get(last) - performance.now()) / 1000)} s`;
    ticking = setTimeout(tick, 1000);
  } else if (hadFocus) {
    refocus();
  }
}

bar.addEventListener("htmx:before:request", ({ target: form }) => {
  form.dataset.undoing = "";
  want(+form.dataset.about, +form.dataset.revision); // the stream may be quicker than the answer
  tick();
});
bar.addEventListener("htmx:finally:request", ({ target: form, detail: { ctx } }) => {
  form.remove();
  if (!(ctx.response?.status < 400)) want(0);
});
