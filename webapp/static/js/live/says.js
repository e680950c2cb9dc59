// What a page says of its connection, in `[data-connection]`: that it is cut off, or that it is over.

import { root } from "./cards.js";

const said = root.querySelector("[data-connection]");
const say = (...words) => said?.replaceChildren(...words);
let ever = false;
let over = false;
let saying;

export function isThere() {
  ever = true;
  over = false;
  clearTimeout(saying);
  saying = undefined;
  say();
  root.dataset.connected = "yes";
}

export function isLost() {
  saying ??= setTimeout(() => {
    saying = undefined;
    if (document.hidden) return;
    if (!over) say(ever ? "Reconnecting …" : "Connecting …");
    root.dataset.connected = "no";
  }, 2000);
}

/** What was followed is not for this visitor any more, and then nor is what the page shows: the page, loaded again, says so
 *  itself. While something is typed it is said here, and goes on as soon as somebody is signed in again. A page that has
 *  never been followed is left alone: it would load for ever. */
export function isRefused(status) {
  if (!ever || ![401, 403, 404].includes(status)) return;
  if (!isTyped()) return location.reload();
  if (over || !said) return;
  over = true;
  if (status !== 401) return say("This is not open to you any more. What you have typed is still here: you may want to copy it.");
  const link = Object.assign(document.createElement("a"), { href: "/sign-in", target: "_blank", textContent: "Sign in in another tab" });
  say("You are signed out. What you have typed is still here. ", link, ", then send it.");
}

const isTyped = () =>
  Boolean(document.getElementById("error-summary")) ||
  [...document.querySelectorAll("main :is(input, textarea)")].some((field) => field.value !== field.defaultValue);

addEventListener(
  "submit",
  (event) => {
    if (!over || event.target.method !== "post") return;
    event.preventDefault();
    event.stopPropagation();
    said.scrollIntoView({ block: "center" });
  },
  true,
);
