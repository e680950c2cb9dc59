// Whether a list keeps still: while a finger is on it, and for a while after it was last touched or read. Pure: it is told
// the time, in milliseconds.

export class Hold {
  #rest;
  #until = -Infinity;
  #pressed = false;

  constructor(rest = 4000) {
    this.#rest = rest;
  }

  touch(now) {
    this.#until = now + this.#rest;
  }

  press(now) {
    this.#pressed = true;
    this.touch(now);
  }

  release(now) {
    if (this.#pressed) this.touch(now);
    this.#pressed = false;
  }

  end() {
    this.#pressed = false;
    this.#until = -Infinity;
  }

  holds(now) {
    return this.#pressed || now < this.#until;
  }

  /** When to ask again, from now. */
  left(now) {
    return this.#pressed ? this.#rest : Math.max(50, this.#until - now);
  }
}
