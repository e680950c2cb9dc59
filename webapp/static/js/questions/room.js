// The room of a panel on a telephone.

import { cards } from "../live/cards.js";
import "../live/page.js";
import "./asking.js";
import "./votes.js";

// One's own questions say how many votes they have, as the list does.
for (const name of ["plenum:votes", "plenum:cards"]) {
  document.addEventListener(name, () => {
    for (const place of document.querySelectorAll("[data-votes-of]")) {
      const card = cards.get(+place.dataset.votesOf);
      if (card) place.textContent = `${card.votes} ${card.votes === 1 ? "vote" : "votes"}`;
    }
  });
}
