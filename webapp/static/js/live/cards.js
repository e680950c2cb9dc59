// The cards of a page's lists, `[data-list]`: questions, or what `data-cards` of the root calls them (`note`:
// `<li id="note-1" data-note="1">`). A card: {id, li, state, votes, tally, position, source, pressed, least, most}.

export const root = document.querySelector("[hx-sse\\:connect]");
export const lists = [...root.querySelectorAll("[data-list]")];
export const cards = new Map();

const KIND = root.dataset.cards ?? "question";
export const CARD = `[data-${KIND}]`;
export const TOLD = `${CARD}, [data-gone][id^="${KIND}-"]`; // a card, or that one is gone

export const idOf = (li) => +(li.dataset[KIND] ?? li.id.replace(`${KIND}-`, ""));

export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/** What a card says, but for its numbers: those have their own way, and change much more often. */
export function read(li) {
  const { state, votes = 0, tally = 0, position = 0 } = li.dataset;
  const card = { id: idOf(li), li, state, votes: +votes, tally: +tally, position: +position };
  li.dataset.votes = li.dataset.tally = "";
  const count = li.querySelector("[data-count]");
  if (count) count.textContent = "";
  card.source = li.outerHTML;
  return card;
}

export function showNumbers(card, li = card.li) {
  li.dataset.votes = card.votes;
  li.dataset.tally = card.tally;
  const count = li.querySelector("[data-count]");
  if (!count) return;
  const shown = String(Math.min(Math.max(card.votes, card.least ?? 0), card.most ?? Infinity));
  if (count.textContent !== shown) count.textContent = shown;
  if (card.pressed !== undefined) li.querySelector("[data-vote] button")?.setAttribute("aria-pressed", card.pressed);
}

/** Takes over what is newer. A count goes only forward: `tally` says how often it has changed. */
export function learn(card, { state, votes, tally, position, source }) {
  Object.assign(card, { state, position, source });
  if (tally >= card.tally) Object.assign(card, { votes, tally });
}

for (const li of root.querySelectorAll(`[data-list] > ${CARD}`)) {
  const card = read(li);
  cards.set(card.id, card);
  showNumbers(card);
}
