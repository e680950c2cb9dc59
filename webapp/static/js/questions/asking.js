// Asking: one sees that a question is on its way and where it is then, and finds back to the box from a long list.

import { root } from "../live/cards.js";
import { stream } from "../live/page.js";
import { say } from "../page/say.js";
import { showDraft } from "./draft.js";

const ON_ITS_WAY = "Your question is on its way.";
const thanks = () => document.querySelector("[data-thanks]");
let untilTold;

function noMoreOnItsWay() {
  if (document.getElementById("status").textContent === ON_ITS_WAY) say("");
}

// A guest's first question is held for some seconds. What is typed stays meanwhile as it is sent.
function showSending(form, isSending) {
  const button = form.querySelector(".actions .button");
  button.dataset.says ??= button.textContent;
  button.textContent = isSending ? "Sending …" : button.dataset.says;
  if (isSending) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
  for (const field of form.querySelectorAll("textarea, input[type=text]")) field.readOnly = isSending;
  if (isSending) say(ON_ITS_WAY, { quietly: true, lasting: true });
  else noMoreOnItsWay();
}

for (const name of ["htmx:before:request", "htmx:finally:request"]) {
  document.addEventListener(name, ({ detail: { ctx } }) => {
    if (ctx.sourceElement?.matches?.("form[data-draft]")) showSending(ctx.sourceElement, name === "htmx:before:request");
  });
}
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx?.sourceElement?.id !== "ask" && ctx?.target?.id !== "ask") return;
  noMoreOnItsWay();
  showDraft();
  // Who asks for the first time is known to the stream only from the next connection on.
  if (thanks()) untilTold = setTimeout(stream.reconnect, 500);
});
root.addEventListener("htmx:sse:before:message", ({ detail: { message } }) => {
  if (message.data.includes('hx-target="#mine"')) clearTimeout(untilTold);
});
// The thanks say where the question is: once it is elsewhere, they are not true any more.
for (const name of ["plenum:cards", "htmx:after:swap"]) {
  document.addEventListener(name, () => {
    if (!thanks()) return;
    const [question, state] = thanks().dataset.thanks.split(" ");
    const own = document.getElementById(`my-question-${question}`);
    if (own) thanks().dataset.seen = "";
    if (own ? own.dataset.state === state : !("seen" in thanks().dataset)) return;
    if (thanks().contains(document.activeElement)) document.querySelector(".ask-box summary")?.focus({ preventScroll: true });
    thanks().remove();
  });
}
document.addEventListener("toggle", ({ target }) => {
  const isOpened = target.matches(".ask-box[open]") && document.activeElement === target.querySelector("summary");
  if (isOpened) target.querySelector("textarea").focus();
}, true);

// A way back to the box where one asks, for a thumb at the end of a long list
const again = document.querySelector(".ask-again");
if (again && document.querySelector(".ask-box")) {
  new IntersectionObserver(([entry]) => {
    const isClosed = !document.getElementById("ask").getClientRects().length;
    again.hidden = entry.isIntersecting || entry.boundingClientRect.top > 0 || isClosed;
  }).observe(document.querySelector(".room-own"));
  again.addEventListener("click", (event) => {
    event.preventDefault();
    const box = document.querySelector(".ask-box");
    box.open = true;
    box.querySelector("textarea").focus({ preventScroll: true });
    document.getElementById("ask").scrollIntoView({ block: "start" });
  });
}
