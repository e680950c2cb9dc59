// For who stands at the computer: the time, light or dark, the whole screen; and that it stays awake and shows no pointer.

const STILL = 3000; // milliseconds
const KEPT = "plenum:screen-theme";
const { now, zone } = document.body.dataset;
const dark = matchMedia("(prefers-color-scheme: dark)");
const page = document.documentElement;

// The server's time in the conference's zone, whatever the computer thinks
const ahead = new Date(now) - Date.now();
const format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
const clock = document.querySelector("[data-clock]");
function showTime() {
  const text = format.format(new Date(Date.now() + ahead));
  if (clock.textContent !== text) clock.textContent = text;
}

function setTheme(theme) {
  if (theme) page.dataset.theme = localStorage[KEPT] = theme;
}

function switchTheme() {
  const isDark = (page.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  setTheme(isDark ? "light" : "dark");
}

function switchFullScreen() {
  const done = document.fullscreenElement ? document.exitFullscreen() : page.requestFullscreen?.();
  done?.catch(() => {});
}

let resting;
function stir() {
  document.body.classList.remove("is-still");
  clearTimeout(resting);
  resting = setTimeout(() => document.body.classList.add("is-still"), STILL);
}

async function stayAwake() {
  try {
    if (!document.hidden) await navigator.wakeLock?.request("screen");
  } catch {
    // then the computer's own settings decide
  }
}

const KEYS = { f: switchFullScreen, t: switchTheme, l: () => setTheme("light"), d: () => setTheme("dark") };
document.addEventListener("keydown", (event) => {
  if (!event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat) KEYS[event.key]?.();
});
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-theme-button]")) switchTheme();
  else if (!target.closest("a")) switchFullScreen();
});
for (const name of ["pointermove", "pointerdown", "keydown"]) addEventListener(name, stir, { passive: true });
document.addEventListener("visibilitychange", stayAwake);

setTheme(localStorage[KEPT]);
stir();
stayAwake();
showTime();
setInterval(showTime, 1000);
