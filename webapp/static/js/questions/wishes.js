// What somebody wishes to have voted for, by question, kept until the server has confirmed it: through lost connections and
// reloads. Without a store a wish lives as long as the page.

export class Wishes extends Map {
  #kept;

  constructor(kept) {
    super();
    this.#kept = kept;
    this.read();
  }

  /** Reads what is kept, as another tab of the same person may have changed it. */
  read() {
    this.clear();
    try {
      for (const [id, wish] of JSON.parse(localStorage.getItem(this.#kept) ?? "[]")) super.set(id, wish);
    } catch {
      // Then nothing is wished.
    }
  }

  set(id, wish) {
    super.set(id, wish);
    return this.#keep();
  }

  delete(id) {
    const was = super.delete(id);
    this.#keep();
    return was;
  }

  #keep() {
    try {
      if (this.size) localStorage.setItem(this.#kept, JSON.stringify([...this]));
      else localStorage.removeItem(this.#kept);
    } catch {
      // There is no store.
    }
    return this;
  }
}
