// What is wrong in a form that came back: fields say so to those who listen, and what has been mended goes from the list
// above the form.

export function showErrors() {
  for (const slot of document.querySelectorAll(".error[id^='error-']")) {
    const field = document.getElementById(slot.id.slice(6));
    if (!field?.matches("input, select, textarea")) continue;
    if (slot.textContent.trim()) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  const summary = document.querySelector("#error-summary:has(li a)");
  if (summary) follow(summary);
}

function follow(summary) {
  for (const link of summary.querySelectorAll("li a")) {
    const slot = document.getElementById(`error-${link.hash.slice(1)}`);
    if (!slot) continue;
    const wrong = slot.textContent.trim();
    link.closest("li").hidden = !wrong;
    if (wrong) link.querySelector("[data-says]").textContent = wrong;
  }
  const title = summary.querySelector(".notice-title");
  title.dataset.says ??= title.textContent;
  const isMended = !summary.querySelector("li:not([hidden])");
  const says = isMended ? "Everything here is in order now. Please confirm." : title.dataset.says;
  if (title.textContent !== says) title.textContent = says;
}

// A slip in an address is mended with one tap.
document.addEventListener("click", (event) => {
  const mend = event.target.closest("[data-mend]");
  if (!mend) return;
  event.preventDefault();
  const field = document.getElementById(mend.dataset.mend);
  field.value = mend.textContent;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
});
