// Where reading goes on when a page, or a part of it, has come anew.

const KEPT = "plenum:place";
const FOR = 20_000; // milliseconds
const buttonsNear = (id) => [...(document.getElementById(id)?.querySelectorAll("button, summary") ?? [])];

/** Where a form that leads back to its own page leaves everybody: who has a long list before them, and who came by keyboard. */
export function keepPlace(button) {
  const near = button?.closest("main [id]:not(form, button)");
  if (!near) return;
  const kept = {
    path: location.pathname,
    until: Date.now() + FOR,
    near: near.id,
    index: buttonsNear(near.id).indexOf(button),
    top: button.getBoundingClientRect().top,
    focus: button.matches(":focus-visible"),
  };
  sessionStorage.setItem(KEPT, JSON.stringify(kept));
}

export function returnToPlace() {
  const { path, until, near, index, top, focus } = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  sessionStorage.removeItem(KEPT);
  if (path !== location.pathname || until < Date.now() || location.hash || document.querySelector("[data-focus]")) return;
  const buttons = buttonsNear(near);
  const button = buttons[Math.min(index, buttons.length - 1)];
  if (!button) return;
  scrollBy({ top: button.getBoundingClientRect().top - top, behavior: "instant" });
  if (focus) button.focus({ preventScroll: true });
}

/** To what the page says (`data-focus`), else to what stands where the pressed button was. */
export function moveFocus(swapped) {
  const wanted = document.querySelector("[data-focus]");
  const place = wanted ?? (document.activeElement === document.body && swapped?.id && document.getElementById(swapped.id));
  if (!place) return;
  if (wanted) wanted.removeAttribute("data-focus");
  else place.tabIndex = -1;
  place.focus({ preventScroll: !wanted });
}
