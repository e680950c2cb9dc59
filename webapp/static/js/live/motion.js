// While a list changes: what is read stays where it is on the screen, the rest glides to its new place.

import { lists } from "./cards.js";

const MOST_MOVING = 60; // cards that move visibly at once
const smooth = matchMedia("(prefers-reduced-motion: no-preference)");

/** Where the cards in sight stand now. `moved`: those that are put elsewhere, for `end`. */
export function begin() {
  const seen = new Map();
  for (const list of lists) {
    if (!list.getClientRects().length) continue;
    for (const li of list.children) {
      const { top, bottom, left } = li.getBoundingClientRect();
      if (bottom > -innerHeight && top < 2 * innerHeight) seen.set(li, { top, bottom, left });
    }
  }
  return { seen, moved: new Set() };
}

/** Returns the cards that were elsewhere on the screen just before. */
export function end({ seen, moved }) {
  keepWhatIsRead(seen, moved);
  const jumped = new Map();
  for (const list of lists) {
    for (const li of list.children) {
      const before = seen.get(li);
      const after = li.getBoundingClientRect();
      if (after.bottom < 0 || after.top > innerHeight) continue;
      const [x, y] = before ? [before.left - after.left, before.top - after.top] : [0, 12];
      if (Math.abs(x) + Math.abs(y) > 2) jumped.set(li, { transform: `translate(${x}px, ${y}px)`, opacity: before ? 1 : 0 });
    }
  }
  if (smooth.matches && jumped.size <= MOST_MOVING) {
    const still = { transform: "none", opacity: 1 };
    for (const [li, from] of jumped) li.animate([from, still], { duration: 320, easing: "cubic-bezier(.2, .7, .2, 1)" });
  }
  return jumped;
}

function keepWhatIsRead(seen, moved) {
  if (!(lists[0]?.getBoundingClientRect().top < 0)) return;
  const anchor = [...seen].find(([li, at]) => at.bottom > 0 && li.isConnected && !moved.has(li));
  const by = anchor ? anchor[0].getBoundingClientRect().top - anchor[1].top : 0;
  if (Math.abs(by) > 1) scrollBy({ top: by, behavior: "instant" });
}
