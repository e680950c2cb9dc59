// What the desk is told: this is on the wall, for so long.

const KEPT = "plenum:screen";
const id = (sessionStorage[KEPT] ??= Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(36)).join(""));
const pixels = (length) => Math.round(length * devicePixelRatio);

/** Says that a question (0: none) has been visible for so many milliseconds. If it gets lost, it is said again soon. */
export function report(question, ms) {
  fetch(document.body.dataset.shown, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    signal: AbortSignal.timeout?.(4000),
    body: JSON.stringify({ screen: id, name: `${pixels(innerWidth)}×${pixels(innerHeight)}`, question, ms: Math.round(ms) }),
  }).catch(() => {});
}
