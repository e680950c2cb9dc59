// What the desk says: what went wrong stays a while; what was done is in the bar that undoes it. Both stand above whatever
// is open, and what opened last stands on top.

import { $, desk } from "./lists.js";

const SHOWN = { done: 4000, warning: 9000 }; // milliseconds
export const speech = desk.querySelector(".desk-says");
const covers = [...document.querySelectorAll("dialog, [popover]")].filter((cover) => cover !== speech);
let hush;

/** Whether something lies over the lists. */
export const isCovered = () => covers.some((cover) => cover.isConnected && cover.matches("[open], :popover-open"));

export function rise() {
  if (speech.matches(":popover-open") && !desk.querySelector(".sheet:popover-open, .bring:popover-open")) return;
  speech.hidePopover();
  speech.showPopover();
}

export function tell(text, kind = "warning") {
  $("says").dataset.kind = kind;
  $("says").textContent = text;
  isTold();
}

/** What the server has said, in the answer to an act, goes as what is said here. */
export function isTold() {
  rise();
  clearTimeout(hush);
  hush = setTimeout(() => ($("says").textContent = ""), SHOWN[$("says").dataset.kind]);
}
