// “Me too” without leaving the page: it shows at once, and goes back where it was not taken.

import { root } from "../live/cards.js";
import { say } from "../page/say.js";

const mine = new Set(root.dataset.myVotes.split(" ").filter(Boolean).map(Number));
const idOf = (form) => +form.closest("[data-note]").dataset.note;

function show() {
  for (const form of root.querySelectorAll("form[data-vote]")) {
    const isMine = mine.has(idOf(form));
    form.setAttribute("hx-post", `/meeting-place/notes/${idOf(form)}/${isMine ? "not-me-too" : "me-too"}`);
    form.querySelector("button").setAttribute("aria-pressed", isMine);
  }
}

function turn(form) {
  if (!mine.delete(idOf(form))) mine.add(idOf(form));
  show();
}

const on = (name, act) => root.addEventListener(name, (event) => event.target.matches("form[data-vote]") && act(event.target));

on("htmx:before:request", turn);
on("htmx:response:error", (form) => {
  turn(form);
  say("That could not be taken. This note may have been closed.");
});
on("htmx:error", turn);
for (const name of ["plenum:cards", "htmx:after:swap"]) document.addEventListener(name, show);
show();
