// My programme: a cookie says which sessions are in it, so that pages can be the same for everyone. Who has signed in is
// told what they mark on their other devices, while the page is looked at.

import { say } from "./say.js";

const list = () => document.querySelector("[data-marks]");
const forms = () => document.querySelectorAll("form[data-mark]");
const cookie = () => document.cookie.split("; ").find((part) => part.startsWith("plenum_marks="));
const marked = () => decodeURIComponent(cookie()?.slice(13) ?? "").replaceAll('"', "");

export function showMarks() {
  const slugs = new Set(marked().split("."));
  for (const form of forms()) {
    const isMarked = slugs.has(form.dataset.mark);
    form.classList.toggle("is-marked", isMarked);
    form.action = `/programme/${form.dataset.mark}/${isMarked ? "unmark" : "mark"}`;
    form.setAttribute("hx-post", form.action);
    form.querySelector("[data-mark-label]").textContent = isMarked ? "In my programme" : "Add to my programme";
  }
}

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const form = ctx?.sourceElement;
  if (!form?.matches?.("form[data-mark]") || ctx.response.status >= 400) return;
  showMarks();
  say(form.classList.contains("is-marked") ? "Added to my programme." : "Taken out of my programme.");
});

let others;

export function followMarks() {
  if (document.hidden || !(list() || forms().length) || !cookie()) {
    others?.close();
    others = undefined;
  } else if (!others) {
    others = new EventSource("/my-programme/live");
    others.addEventListener("marks", ({ data }) => take(data.slice(1)));
    others.addEventListener("nobody", () => {
      others.close();
      if (list() && "signedIn" in list().dataset) location.reload(); // signed out from elsewhere
    });
  }
}

function take(marks) {
  if (marked() !== marks) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `plenum_marks=${marks}; path=/; max-age=31536000; samesite=lax${secure}`;
    showMarks();
  }
  if (!list() || list().dataset.marks === marks) return;
  htmx.ajax("GET", location.href, { target: "[data-marks]", select: "[data-marks]", swap: "outerHTML" });
}

document.addEventListener("visibilitychange", followMarks);
