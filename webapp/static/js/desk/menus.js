// Menus, dialogs and links of the desk.

import { waitingWith } from "./acts.js";
import { $, askerOf, desk } from "./lists.js";
import { refocus } from "./selection.js";
import { tell } from "./speech.js";

for (const dialog of desk.querySelectorAll("dialog")) {
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => setTimeout(refocus));
}
desk.querySelector("[data-help]").addEventListener("click", () => $("help").showModal());

// An unfolded menu is all in sight, says what else it does, and folds when one looks elsewhere.
desk.addEventListener("toggle", ({ target }) => {
  if (!target.matches(".more[open]")) return;
  const li = target.closest("[data-question]");
  const mute = target.querySelector("[data-act=mute]");
  const waiting = waitingWith(li).length;
  if (mute && waiting) mute.firstChild.textContent = `Mute ${askerOf(li)} and decline ${waiting} waiting`;
  target.lastElementChild.scrollIntoView({ block: "nearest" });
}, true);
document.addEventListener("click", ({ target }) => {
  for (const more of desk.querySelectorAll(".more[open]")) if (!more.contains(target)) more.open = false;
});

desk.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]:not([data-question])");
  if (!button) return;
  const link = $(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(link.href);
    button.textContent = "Copied";
    tell("The link is copied.", "done");
    setTimeout(() => (button.textContent = "Copy the link"), 3000);
  } catch {
    prompt("Copy the link from here:", link.href);
  }
});
