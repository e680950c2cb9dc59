// The big screen: follows its stream, fits the question to the wall, and keeps the last state whatever happens.

import { follow } from "../live/connection.js";
import { fit } from "./fit.js";
import "./keeper.js";
import { report } from "./report.js";

const SILENCE = 5000; // milliseconds without a beat, after which it says so

const root = document.getElementById("state");
const $ = (selector) => document.querySelector(selector);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const scene = () => root.firstElementChild;

let isRevoked = false;
let visibleSince = performance.now();

function revoke(is) {
  isRevoked = root.inert = is;
  $("[data-revoked]").hidden = !is;
}

const tell = () => isRevoked || report(+scene().dataset.question, performance.now() - visibleSince);
const painted = (act) => (document.hidden ? act() : requestAnimationFrame(() => setTimeout(act)));

const stream = follow(root, {
  dead: 2 * SILENCE,
  there: () => revoke(false),
  refused: (status) => status === 404 && revoke(true),
});
setInterval(() => ($("[data-lost]").hidden = isRevoked || Date.now() - stream.heardAt < SILENCE), 500);

// What is the same stays; another scene comes in softly. The desk is told as soon as it is there.
let isOther = false;
root.addEventListener("htmx:before:swap", ({ detail }) => {
  const task = detail.tasks.find(({ type }) => type === "partial");
  const next = task?.fragment.firstElementChild;
  if (!next || next.dataset.scene === scene().dataset.scene) return;
  isOther = true;
  task.swapSpec.transition = !calm.matches && !document.hidden;
});
root.addEventListener("htmx:after:settle", () => {
  fit(root);
  if (!isOther) return;
  isOther = false;
  visibleSince = performance.now();
  painted(tell);
});

for (const [target, name] of [[window, "resize"], [document, "visibilitychange"]]) target.addEventListener(name, () => fit(root));
document.fonts?.ready.then(() => fit(root));
fit(root);
painted(tell);
setInterval(tell, 2000);
