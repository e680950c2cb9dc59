// Forms: sent once, sent when there is a connection, and what is said when something went wrong.

import { keepPlace } from "./place.js";
import { BROKEN, brokenBy, LOST, OFFLINE, say } from "./say.js";

const SIGNED_OUT = "You have been signed out. Nothing typed is lost: press the button, sign in, and you are back in this form.";
const TOO_FAST = "That was a little fast. Nothing typed is lost; please try again in a moment.";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!navigator.onLine) {
    // The browser would leave the page, and what is typed on it, for its own page about the connection.
    event.preventDefault();
    say(OFFLINE);
  } else if (event.submitter?.matches("[data-once]")) {
    // The server books once however often it is asked; a second press would only lose the first answer.
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    event.submitter.setAttribute("aria-busy", "true");
  }
  if (form.method === "post" && !form.hasAttribute("hx-post") && !event.defaultPrevented) keepPlace(event.submitter);
});

/** For a page that has come back, by the browser's own way. */
export function letSendAgain() {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[data-once]")?.removeAttribute("aria-busy");
  }
}

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  // An address says only what was chosen: no `?category=&speaker=`.
  const { body, method } = ctx.request;
  if (method !== "GET" || !body) return;
  for (const [name, value] of [...body]) if (value === "") body.delete(name);
});

// Forms that stay until the answer has come (`ui.steady`): on to where it leads; and an answer without the form, as when
// one has been signed out, does not take what is typed away.
const isSteady = (ctx) => ctx.sourceElement?.matches?.("form[hx-select]");
document.addEventListener("htmx:before:response", (event) => {
  const { ctx } = event.detail;
  if (!isSteady(ctx) || !ctx.response.raw.redirected) return;
  event.preventDefault();
  location.assign(ctx.response.raw.url);
});
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (!isSteady(ctx) || ctx.text.includes(`id="${ctx.sourceElement.id}"`)) return;
  event.preventDefault();
  const reason = new DOMParser().parseFromString(ctx.text, "text/html").querySelector("main .lead")?.textContent;
  say(reason ? `${reason} What you typed is still here.` : BROKEN, { lasting: true });
});

document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const { status } = ctx.response;
  if (status === 401 && !isSteady(ctx)) say(SIGNED_OUT, { lasting: true });
  else if (status === 429) say(TOO_FAST);
  else if (status >= 500) say(brokenBy(ctx.response.raw));
  else if ([400, 403, 404].includes(status)) say(BROKEN);
});
document.addEventListener("htmx:error", ({ detail: { error } }) => {
  say(!(error instanceof TypeError) ? BROKEN : navigator.onLine ? LOST : OFFLINE);
});
addEventListener("offline", () => say(OFFLINE, { lasting: true }));
addEventListener("online", () => {
  say("You are back online.");
  // What was changed meanwhile has its price now, and is kept.
  document.getElementById("registration")?.dispatchEvent(new Event("change"));
});
