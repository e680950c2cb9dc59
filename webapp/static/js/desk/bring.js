// Questions from elsewhere. htmx sends the form, and the answer brings it back: empty, or with what is to be mended.

import { $, cardOf, desk, onScreen } from "./lists.js";
import { want } from "./resting.js";
import { refocus, select } from "./selection.js";

const HOSTS = { twitter: /(^|\.)(twitter\.com|x\.com)$/, facebook: /(^|\.)(facebook\.com|fb\.com)$/ };
const bring = $("bring");
const form = () => bring.querySelector("form");

function choose(source) {
  const choice = form().querySelector(`[name="source"][value="${source}"]`);
  if (choice) choice.checked = true;
}

/** `source`: where it is from, as the form calls it. */
export function openBring(source) {
  choose(source);
  bring.showPopover();
  $("text").focus();
}

bring.addEventListener("toggle", ({ newState }) => {
  if (newState === "closed") refocus();
  else if (!bring.contains(document.activeElement)) $("text").focus();
});
bring.addEventListener("input", ({ target }) => {
  if (target.id !== "link" || !URL.canParse(target.value)) return;
  const { hostname } = new URL(target.value);
  for (const [source, pattern] of Object.entries(HOSTS)) if (pattern.test(hostname)) choose(source);
});
bring.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form().requestSubmit();
});
bring.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const { body } = ctx.request;
  body.set("on_screen", onScreen());
  if (body.get("source") === "floor") body.set("link", "");
});
desk.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!ctx.request?.action.endsWith("/desk/questions")) return;
  const { brought } = form().dataset;
  if (!brought) return bring.querySelector("[aria-invalid]")?.focus();
  bring.hidePopover();
  if (cardOf(+brought)) select(cardOf(+brought));
  else want(+brought, 0);
});

if ("cameBack" in bring.dataset) {
  bring.setAttribute("popover", ""); // the page was drawn with what is to be mended
  bring.querySelector(".sheet-head .tool").hidden = false;
  bring.showPopover();
  bring.querySelector("[aria-invalid]")?.focus();
}
