// The pages of the meeting place: what they show of the stream beyond its lists.

import { parse, root } from "../live/cards.js";
import { reread, showPart } from "../live/page.js";
import "./board.js";
import "./card.js";

htmx.config.morphIgnore.push("open"); // what is unfolded stays so when it is drawn anew

// On its own page a note is a part of the page, while the cards of the list are its replies.
const note = root.dataset.noteShown;
root.addEventListener("cards", ({ detail }) => {
  const now = note && parse(detail.data).querySelector(`#note-${note}`);
  if (now && "gone" in now.dataset) location.reload();
  else if (now) showPart(now);
});

// A page that shows more of something than the stream does is read again when that has changed: `data-reread`, which
// begins with the part that it comes in (`#tables #table-6`).
const watched = document.querySelector("[data-reread]")?.dataset.reread;
const says = (element) => element?.outerHTML.replace(/ class="[^"]*"/g, "");
root.addEventListener("htmx:sse:before:message", ({ detail: { message } }) => {
  if (!watched || !message.data.includes(`hx-target="${watched.split(" ")[0]}"`)) return;
  const [told, shown] = [parse(message.data), document].map((place) => says(place.querySelector(watched.split(" ").at(-1))));
  if (told !== shown) reread();
});

// Tables at which a seat is mine, in the list that is the same for all
function showSeats() {
  for (const id of (root.dataset.myTables ?? "").split(" ").filter(Boolean)) {
    document.getElementById(`table-${id}`)?.classList.add("is-mine");
  }
}
for (const name of ["htmx:after:swap", "plenum:cards"]) document.addEventListener(name, showSeats);
showSeats();
