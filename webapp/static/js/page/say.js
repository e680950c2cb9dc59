// The status line of every page.

export const OFFLINE = "You seem to be offline. Nothing typed is lost; we try again when you do.";
export const LOST = "That did not get through. Nothing typed is lost; please try again.";
export const BROKEN = "That did not work, on our side. Nothing typed is lost; please try again in a moment.";

/** What broke has a number in the log, where the answer says so. */
export function brokenBy(answer) {
  const number = answer.headers.get("Error-Number");
  return number ? `${BROKEN} If it stays like this, tell the organisers the number ${number}.` : BROKEN;
}

const SHOWN = 8000; // milliseconds

let hush;

/** Says something, and to everybody unless `quietly`: to those who listen, who else see it already. */
export function say(text, { quietly = false, lasting = false } = {}) {
  const status = document.getElementById("status");
  status.classList.toggle("is-quiet", quietly);
  status.textContent = text;
  clearTimeout(hush);
  if (!lasting) hush = setTimeout(() => (status.textContent = ""), SHOWN);
}
