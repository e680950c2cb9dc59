// A page that follows its stream: cards go into its lists, and htmx swaps in the partials.

import { CARD, parse, root } from "./cards.js";
import { follow } from "./connection.js";
import { reading, schedule } from "./lists.js";
import { count, hear, hearPart } from "./news.js";
import { isLost, isRefused, isThere } from "./says.js";
import "./touch.js";

const SILENCE = 40_000; // milliseconds without a beat

export const stream = follow(root, { dead: SILENCE, there: isThere, lost: isLost, refused: isRefused });

const on = (name, act) =>
  root.addEventListener(name, (event) => {
    if (event.target !== root) return;
    act(event.detail ?? {}, event);
    schedule();
  });

on("all", ({ data }) => hear(data, true));
on("cards", ({ data }) => hear(data, false));
on("votes", ({ data }) => {
  for (const [id, [votes, tally]] of Object.entries(JSON.parse(data))) count(+id, votes, tally);
  document.dispatchEvent(new CustomEvent("plenum:votes"));
});
// What stands above a list that is read would move it: it waits as the list does.
on("htmx:sse:before:message", ({ message }, event) => {
  if (message.event || !reading) return;
  event.preventDefault();
  hearPart(message.data);
});
// What was missed is more than is remembered: this very page, read again, says what there is now.
on("stale", () => setTimeout(reread, Math.random() * 1500));

/** Has a part of this page shown as it is in this element. */
export function showPart(element) {
  hearPart(`<hx-partial hx-target="#${element.id}" hx-swap="outerMorph">${element.outerHTML}</hx-partial>`);
  schedule();
}

export async function reread() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.redirected) return isRefused(401);
  if (!answer?.ok) return answer?.status === 404 ? location.reload() : undefined;
  const page = parse(await answer.text());
  hear([...page.querySelectorAll(`[data-list] > ${CARD}`)].map((li) => li.outerHTML).join(""), true);
  for (const part of page.querySelectorAll("[data-part]")) showPart(part);
  schedule();
}
