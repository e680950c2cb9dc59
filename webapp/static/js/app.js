// What all pages do beyond HTML and htmx. Everything works without it, only with more page loads.

import { showErrors } from "./page/errors.js";
import { letSendAgain } from "./page/forms.js";
import { followMarks, showMarks } from "./page/marks.js";
import { followParts } from "./page/parts.js";
import { moveFocus, returnToPlace } from "./page/place.js";
import { showPrice } from "./page/price.js";
import { say } from "./page/say.js";
import { showOwnTimes } from "./page/times.js";

/** After the page has come, and after each part of it that htmx brings. */
function look() {
  showMarks();
  showOwnTimes();
  showPrice();
  showErrors();
  letSendAgain();
  for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
}

document.addEventListener("click", ({ target }) => target.closest("[data-print]") && print());
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  const opened = event.target.closest?.("details[open]:not(.price-panel, .desk details)");
  if (!opened) return;
  opened.open = false;
  opened.querySelector("summary").focus();
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  look();
  const news = ctx?.target?.querySelector?.("[data-announce]");
  if (news) say(news.textContent, { quietly: true });
  moveFocus(ctx?.target);
});
addEventListener("pageshow", look); // also when the browser goes back to a page that it kept

document.querySelector("form[data-on-it-goes]")?.submit();
look();
followMarks();
followParts();
returnToPlace();
moveFocus();
