// The order of a list, and how few cards have to move for it. Pure: cards are {id, state, votes, position}.

const ORDERS = {
  votes: (a, b) => b.votes - a.votes || a.id - b.id,
  newest: (a, b) => b.id - a.id,
  answered: (a, b) => b.position - a.position || b.id - a.id,
  oldest: (a, b) => a.id - b.id,
  position: (a, b) => a.position - b.position || a.id - b.id,
};

/** Compares two cards: those in one of the states `first` come first, in their order and by position; the rest as `sort` says. */
export function comparing(sort, first = []) {
  const order = ORDERS[sort] ?? ORDERS.oldest;
  const rank = (card) => (first.includes(card.state) ? first.indexOf(card.state) : first.length);
  return (a, b) => rank(a) - rank(b) || (rank(a) < first.length ? ORDERS.position : order)(a, b);
}

/** The indexes of the longest run of rising places (-1: not there yet): those cards can stay where they are. */
export function longestRun(places) {
  const ends = []; // of runs by length, each the index with the lowest place
  const before = new Array(places.length);
  places.forEach((place, index) => {
    if (place < 0) return;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[ends[middle]] < place) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1];
    ends[low] = index;
  });
  const run = new Set();
  for (let index = ends.at(-1); index !== undefined; index = before[index]) run.add(index);
  return run;
}
