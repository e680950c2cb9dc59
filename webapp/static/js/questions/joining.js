// Who wants to vote and is not in the room is led to where one joins; if need be, on the page as it is now.

import { say } from "../page/say.js";

const KEPT = "plenum:to-joining"; // that the page was loaded anew for it
const box = document.getElementById("join");

export function toJoining() {
  if (!box) {
    sessionStorage.setItem(KEPT, "yes");
    history.scrollRestoration = "manual";
    return location.reload();
  }
  sessionStorage.removeItem(KEPT);
  say("To vote, please join first.");
  box.scrollIntoView({ block: "start" });
  box.querySelector("input, a")?.focus({ preventScroll: true });
}

if (box && sessionStorage.getItem(KEPT)) toJoining();
