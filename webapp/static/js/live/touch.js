// Who reads or touches a list keeps it still. What waits meanwhile is counted on a button that shows it.

import { CARD, lists, root } from "./cards.js";
import { hold, isHeld, plans, schedule, settled, settleNow } from "./lists.js";
import { isWaiting, news, parts, reorder } from "./news.js";

const holding = lists.filter((list) => "hold" in list.dataset);
const now = () => performance.now();
const isHolding = (target) => target instanceof Element && target.closest("[data-hold]");

for (const name of ["pointerdown", "pointermove", "touchmove", "wheel", "keydown", "focusin"]) {
  const act = name === "pointerdown" ? "press" : "touch";
  root.addEventListener(name, ({ target }) => isHolding(target) && hold[act](now()), { passive: true, capture: true });
}
for (const name of ["pointerup", "pointercancel", "touchend", "blur"]) addEventListener(name, () => hold.release(now()));
addEventListener(
  "scroll",
  () => {
    if (now() - settled.at < 400) return; // our own, in keeping what is read where it is
    const isRead = ({ top, bottom }) => top < innerHeight * 0.6 && bottom > 0;
    if (holding.some((list) => isRead(list.getBoundingClientRect()))) hold.touch(now());
  },
  { passive: true },
);
// A tap that was meant for the card that has just moved away is nobody's.
root.addEventListener(
  "click",
  (event) => {
    if (event.detail === 0 || now() - settled.at > 300 || !settled.jumped.has(event.target.closest(CARD))) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

const button = root.querySelector("[data-changes]");
let counting;

function countChanges() {
  counting = undefined;
  if (!isWaiting() || !isHeld()) return;
  const changes = new Set(news.keys());
  for (const { wanted, staying } of plans()) {
    wanted.forEach((card, index) => staying.has(index) || changes.add(card.id));
  }
  const number = changes.size || parts.size;
  const text = `${number} ${number === 1 ? "change" : "changes"}`;
  button.hidden = number === 0;
  if (number && button.textContent !== text) button.textContent = text;
}

if (button) {
  document.addEventListener("plenum:waiting", () => {
    if (isWaiting() && isHeld()) counting ??= setTimeout(countChanges, 250);
    else button.hidden = true;
  });
  button.addEventListener("click", async () => {
    const had = document.activeElement === button;
    await settleNow();
    if (had) holding[0]?.querySelector("button, a")?.focus({ preventScroll: true });
  });
}

for (const choice of root.querySelectorAll("[data-sort-of]")) {
  const list = document.getElementById(choice.dataset.sortOf);
  const kept = `plenum:sort:${location.pathname}:${list.id}`;
  const take = (order) => {
    list.dataset.sort = order;
    reorder();
    settleNow();
  };
  choice.hidden = false;
  choice.addEventListener("change", ({ target }) => {
    sessionStorage.setItem(kept, target.value);
    take(target.value);
  });
  const before = choice.querySelector(`[value="${sessionStorage.getItem(kept)}"]`);
  if (before && !before.checked) {
    before.checked = true;
    take(before.value);
  }
}
