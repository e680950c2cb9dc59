// What moderators do. It shows at once: a card dims until the stream says what became of it. htmx swaps the answers in: what
// is to be said, and the form that undoes it.

import { stream } from "../live/page.js";
import { $, base, cardOf, cardsOf, desk, idOf, isThere, newest, onScreen, revisionOf } from "./lists.js";
import { copiesOf } from "./piles.js";
import { acknowledge, MOMENT } from "./resting.js";
import { selectedCard, selectInPlace } from "./selection.js";
import { tell } from "./speech.js";
import { remember } from "./undo.js";

const LEADS = JSON.parse(desk.dataset.acts); // from each state, by what can be done in it, to another
const PATIENCE = 6000; // milliseconds after which the stream is asked for anew, where it is slower than the answer
const REFUSED = {
  401: "You are no longer signed in as a moderator here. Sign in in another tab, then repeat it.",
  403: "You are no longer signed in as a moderator here. Sign in in another tab, then repeat it.",
  429: "That was a little fast. Please repeat it in a moment.",
};
const BROKEN = "That did not work, on our side. Please repeat it in a moment.";
const lost = () => (navigator.onLine ? "The server did not answer. Please repeat it." : "You are offline. Please repeat it when you are back.");

const made = new Set(); // revisions that one has made oneself
const own = new Map(); // id of a card -> promise of the revision that one's last act on it has made
const changedAt = new Map(); // id of a card -> when the stream last changed it

const isAnswer = (status) => status < 400 || status === 409 || status === 422;
const revisionIn = (html) => +(/data-revision="(\d+)"/.exec(html)?.[1] ?? 0);

function learn(html) {
  if (revisionIn(html)) made.add(revisionIn(html));
  clearTimeout(learn.following);
  learn.following = setTimeout(() => desk.querySelector("[data-leaving]") && stream.reconnect(), PATIENCE);
}

/** Returns the revision that it made: 0 where it was not done, which is said. */
export async function send(address, fields) {
  try {
    const body = new URLSearchParams(fields);
    const response = await fetch(address, { method: "POST", headers: { "HX-Request": "true" }, body });
    const text = await response.text();
    if (!isAnswer(response.status)) return tell(REFUSED[response.status] ?? BROKEN);
    learn(text);
    await htmx.swap({ sourceElement: desk, target: desk, swap: "none", text });
    remember();
    return response.ok && revisionIn(text);
  } catch {
    return tell(lost());
  }
}

// Forms of the desk are sent by htmx; what goes wrong with them is said here, too.
desk.addEventListener("htmx:after:request", ({ detail: { ctx } }) => ctx.request.method === "POST" && learn(ctx.text));
desk.addEventListener("htmx:after:swap", ({ target, detail: { ctx } }) => target.matches("form") && ctx.response && isAnswer(ctx.response.status) && remember());
desk.addEventListener("htmx:response:error", (event) => {
  const { status } = event.detail.ctx.response;
  event.stopPropagation();
  if (!isAnswer(status)) tell(REFUSED[status] ?? BROKEN);
});
desk.addEventListener("htmx:error", (event) => {
  event.stopPropagation();
  if (event.target !== desk) tell(lost());
});

// What leaves its list, as far as one knows; the next one is selected.
function leave(cards, verb) {
  for (const li of cards) li.dataset.leaving = verb;
  if (!selectedCard() || isThere(selectedCard())) return;
  selectInPlace({ focus: desk.contains(document.activeElement) || document.activeElement === document.body });
}

function stay(cards) {
  for (const li of cards) cardOf(idOf(li))?.removeAttribute("data-leaving");
}

// What goes along when its asker is muted. Names are no proof: two people may have signed with the same.
export function waitingWith(li) {
  const pseudonym = (one) => one.querySelector(".desk-pseudonym")?.textContent;
  return pseudonym(li) ? cardsOf("waiting").filter((other) => pseudonym(other) === pseudonym(li)) : [];
}

/** An act is about the card as the moderator has seen it, and as one's own act before it has made it since. */
export async function act(li, verb, fields = {}, seen = revisionOf(li)) {
  if ("leaving" in li.dataset) return;
  const id = idOf(li);
  const { state } = li.dataset;
  const stays = (LEADS[state][verb] ?? state) === state && !(verb === "mute" && state === "waiting");
  const copies = ["approve", "next"].includes(verb) ? copiesOf(li) : [];
  const leaving = [...(stays ? [] : [li]), ...copies, ...(verb === "mute" ? waitingWith(li) : [])];
  if (leaving.length) leave(leaving, verb);
  li.querySelector(".more[open]")?.removeAttribute("open");
  const sees = { newest: newest(), on_screen: onScreen(), copies: copies.map(idOf).join(" ") };
  const before = own.get(id) ?? Promise.resolve(0);
  const sent = before.then((revision) => send(`${base}/questions/${id}/acts/${verb}`, { ...fields, ...sees, seen: Math.max(seen, revision) }));
  own.set(id, sent.then(async (revision) => revision || (await before)));
  if (await sent) recognise(id);
  else stay(leaving);
}

/** Declines many at once: all that have not changed since `newest`. */
export async function declineAll(cards, newest, reason) {
  const unchanged = cards.map((li) => cardOf(idOf(li))).filter((li) => li && revisionOf(li) <= newest);
  leave(unchanged, "decline");
  const revision = await send(`${base}/desk/declined`, { questions: cards.map(idOf).join(" "), newest, reason });
  if (!revision || $("says").dataset.kind === "warning") stay(unchanged); // the stream says which are gone
}

async function recognise(id) {
  const revision = await own.get(id);
  const li = selectedCard();
  if (li && idOf(li) === id && revision && revisionOf(li) === revision) acknowledge(li);
}

/** The stream has changed a card. */
export function isChanged(id) {
  cardOf(id)?.removeAttribute("data-leaving");
  changedAt.set(id, performance.now());
  recognise(id);
}

/** Whether a press may have been meant for what stood there a moment ago. */
export function hasJustChanged(li) {
  const since = performance.now() - (changedAt.get(idOf(li)) ?? -MOMENT);
  return since < MOMENT / 2 && !made.has(revisionOf(li));
}
