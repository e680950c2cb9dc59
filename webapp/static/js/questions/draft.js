// A question that is being written: counted as a person counts, and kept until it is sent.

const FEW = 20; // characters left, from which on it is spoken when one pauses
const segments = "Segmenter" in Intl ? new Intl.Segmenter("en", { granularity: "grapheme" }) : null;
const length = (text) => (segments ? [...segments.segment(text)] : [...text]).length;
const draftOf = (form) => `plenum:question:${form.dataset.draft}`;
let speaking;

function showLeft(field) {
  const place = field.form.querySelector("[data-left]");
  const left = field.dataset.longest - length(field.value.trim());
  const characters = Math.abs(left) === 1 ? "character" : "characters";
  place.textContent = left < 0 ? `${-left} ${characters} too many` : `${left} ${characters} left`;
  place.classList.toggle("is-short", left < FEW);
  place.classList.toggle("is-over", left < 0);
  place.removeAttribute("aria-live");
  clearTimeout(speaking);
  if (left >= FEW) return;
  speaking = setTimeout(() => {
    place.setAttribute("aria-live", "polite");
    place.textContent += ".";
  }, 1200);
}

function keep(form) {
  try {
    if (form.elements.text.value.trim()) sessionStorage.setItem(draftOf(form), JSON.stringify([...new FormData(form)]));
    else sessionStorage.removeItem(draftOf(form));
  } catch {
    // Then it is kept as long as the page.
  }
}

function restore(form) {
  const draft = JSON.parse(sessionStorage.getItem(draftOf(form)) ?? "null");
  if (!Array.isArray(draft) || form.elements.text.value) return;
  for (const [name, value] of draft) if (form.elements[name]) form.elements[name].value = value;
  form.closest("details").open = true;
}

/** After the form has come, and come anew: it is as it was left, or empty once the question was sent. */
export function showDraft() {
  const form = document.querySelector("form[data-draft]");
  if (form && document.querySelector("[data-thanks]")) sessionStorage.removeItem(draftOf(form));
  else if (form) restore(form);
  document.querySelectorAll("textarea[data-longest]").forEach(showLeft);
}

for (const name of ["input", "change"]) {
  document.addEventListener(name, ({ target }) => {
    if (target.matches("textarea[data-longest]")) showLeft(target);
    const form = target.closest("form[data-draft]");
    if (form) keep(form);
  });
}
showDraft();
