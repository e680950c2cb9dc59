// What else is in the room: the screens, and settings that a colleague may change at the same time.

import { $, desk, listOf, wordsOf } from "./lists.js";
import { MOMENT } from "./resting.js";
import { goTo } from "./selection.js";
import { tell } from "./speech.js";

const isDark = () => $("desk-bar").dataset.blackout;
const lost = new Set(); // screens that do not answer
const line = desk.querySelector("[data-on-wall]");
let dark = isDark();
let wished = dark; // by oneself
let lookUntil = 0; // how long one has to see what a colleague has done

export function darken() {
  if (performance.now() < lookUntil) return tell("A colleague has just changed the screen. Look at it, then press the key again.");
  desk.querySelector("[data-blackout-button]").click();
}

desk.addEventListener("htmx:config:request", ({ target, detail: { ctx } }) => {
  if (target.dataset.setting === "blackout") wished = ctx.request.body.get("value");
});
function seeDark() {
  if (isDark() !== dark && isDark() !== wished) lookUntil = performance.now() + MOMENT;
  dark = isDark();
}

function seeScreens() {
  for (const screen of desk.querySelectorAll(".screen-health")) {
    const { screen: which } = screen.dataset; // two may have the same name
    if (!screen.matches(".is-lost")) lost.delete(which);
    else if (!lost.has(which)) {
      lost.add(which);
      tell(`A screen (${screen.querySelector(".screen-name").textContent}) does not answer. It shows what it showed last.`);
    }
  }
}

for (const see of [seeDark, seeScreens]) document.addEventListener("htmx:after:swap", see);
seeScreens();

/** On a telephone, which shows one list at a time, a line says what is on the screen. */
export function showOnScreen() {
  const li = listOf("on_screen").firstElementChild;
  line.hidden = !li;
  const text = li ? wordsOf(li) : "";
  if (line.lastElementChild.textContent !== text) line.lastElementChild.textContent = text;
}
line.addEventListener("click", () => goTo(listOf("on_screen")));
