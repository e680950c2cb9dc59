// The price of a booking: on a phone a bar at its foot, which must not hide what is being filled in, and opens only when
// asked to.

const narrow = matchMedia("(max-width: 61.99rem)");
let isOpen = !narrow.matches;
let pressed = null;

export function showPrice() {
  for (const panel of document.querySelectorAll(".price-panel")) panel.open = !narrow.matches || isOpen;
}

function keepInSight(field) {
  const bar = document.querySelector(".price-column");
  if (!bar || !narrow.matches || bar.contains(field)) return;
  // A button that moves between pressing and letting go is not pressed. Who points at it sees it, too.
  if (field.contains(pressed) && !field.matches(":focus-visible")) return;
  if (isOpen) {
    isOpen = false;
    showPrice();
  }
  const hidden = field.getBoundingClientRect().bottom + 16 - bar.getBoundingClientRect().top;
  if (hidden > 0) scrollBy({ top: hidden });
}

document.addEventListener("pointerdown", ({ target }) => (pressed = target));
document.addEventListener("click", ({ target }) => {
  pressed = null;
  if (target.closest(".price-panel > summary") && narrow.matches) isOpen = !isOpen;
});
document.addEventListener("focusin", ({ target }) => keepInSight(target));
narrow.addEventListener("change", showPrice);
