// Votes from a telephone. They show at once and are sent until they have got there, whatever the Wi-Fi does.

import { cards, root, showNumbers } from "../live/cards.js";
import { schedule } from "../live/lists.js";
import { count } from "../live/news.js";
import { say } from "../page/say.js";
import { toJoining } from "./joining.js";
import { Wishes } from "./wishes.js";

const MOMENT = 2000; // milliseconds for which what is pressed here is newer than what is told of it
const KEPT = `plenum:votes:${root.dataset.panel}`;

const wishes = new Wishes(KEPT);
const mine = new Set(root.dataset.myVotes.split(" ").filter(Boolean).map(Number));
const sending = new Set();
const confirmedAt = new Map(); // id -> when the server confirmed it here

const setMine = (id, is) => (is ? mine.add(id) : mine.delete(id));

// The number never shows a vote twice, whether it is counted already or not.
function show(id) {
  const card = cards.get(id);
  if (!card) return;
  const wish = wishes.get(id);
  card.pressed = wish ?? mine.has(id);
  card.least = card.most = undefined;
  if (wish === true && !mine.has(id)) card.least = (card.before ??= card.votes) + 1;
  else if (wish === false && mine.has(id)) card.most = Math.max(0, (card.before ??= card.votes) - 1);
  else card.before = undefined;
  showNumbers(card);
}

function press(id) {
  const wish = !(wishes.get(id) ?? mine.has(id));
  if (wish === mine.has(id) && !sending.has(id)) wishes.delete(id);
  else wishes.set(id, wish);
  show(id);
  send(id);
}

async function send(id, tries = 0) {
  if (sending.has(id) || !wishes.has(id)) return;
  sending.add(id);
  const wish = wishes.get(id);
  let wait = 0;
  try {
    const answer = await fetch(`/panels/${root.dataset.panel}/questions/${id}/${wish ? "vote" : "unvote"}`, {
      method: "POST",
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout?.(10_000),
    });
    if (answer.ok) confirm(id, wish, await answer.json());
    else if (answer.status === 429) wait = 15_000;
    else if (answer.status >= 500) wait = 2000;
    else refuse(id, answer.status, (await answer.json().catch(() => ({}))).reason);
  } catch {
    wait = 2000;
  }
  sending.delete(id);
  if (wait) setTimeout(send, Math.random() * Math.min(wait * 2 ** tries, 30_000), id, tries + 1);
  else send(id);
}

function confirm(id, wish, answer) {
  setMine(id, answer.mine);
  confirmedAt.set(id, Date.now());
  if (wishes.get(id) === wish) wishes.delete(id);
  count(id, answer.votes, answer.tally);
  schedule();
  show(id);
}

function refuse(id, status, reason) {
  wishes.delete(id);
  show(id);
  if (status === 401) toJoining();
  else say(reason ?? "This vote could not be taken.");
}

// What one has voted for on another device
let told;
let later;
function takeTold() {
  clearTimeout(later);
  for (const id of new Set([...mine, ...told])) {
    if (mine.has(id) === told.has(id) || wishes.has(id) || sending.has(id)) continue;
    if (Date.now() - (confirmedAt.get(id) ?? 0) < MOMENT) {
      later = setTimeout(takeTold, MOMENT);
      continue;
    }
    setMine(id, told.has(id));
    show(id);
  }
}

root.addEventListener("voted", ({ detail }) => {
  told = new Set(JSON.parse(detail.data));
  takeTold();
});
root.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-vote]");
  if (!form) return;
  event.preventDefault();
  event.stopPropagation(); // a lost connection is no reason to stop here: the vote is kept
  if ("joined" in root.dataset) press(+form.closest("[data-question]").dataset.question);
  else toJoining();
});
document.addEventListener("plenum:cards", ({ detail }) => [...detail.come, ...detail.changed].forEach(show));
addEventListener("storage", ({ key }) => {
  if (key !== KEPT) return;
  const before = new Map(wishes);
  wishes.read();
  // What another tab is done with was confirmed.
  for (const [id, wish] of before) if (!wishes.has(id) && !sending.has(id)) setMine(id, wish);
  cards.forEach((_, id) => show(id));
});

const sendAll = () => wishes.forEach((_, id) => setTimeout(send, Math.random() * 1500, id));
addEventListener("online", sendAll);
cards.forEach((_, id) => show(id));
sendAll();
