// The question as large as the wall allows.

const LARGEST = 8; // rem
const SMALLEST = 2;
const STEP = 0.1; // finer than anybody sees

/** The largest of so many steps that fits; the smallest where none does. */
export function largest(fits, low, high) {
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Sets `--size` of the wall, which the text in `[data-fit]` has for its size. */
export function fit(wall) {
  const box = wall.querySelector("[data-fit]");
  const text = box?.firstElementChild;
  if (!text) return;
  const set = (step) => wall.style.setProperty("--size", `${step * STEP}rem`);
  const fits = (step) => {
    set(step);
    return text.scrollHeight <= box.clientHeight && text.scrollWidth <= box.clientWidth;
  };
  set(largest(fits, SMALLEST / STEP, LARGEST / STEP));
}
