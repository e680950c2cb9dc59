// The board: “me too” without leaving the page, and the note on its own page as it changes.
(() => {
  "use strict";

  const say = window.plenumSay;

  const live = window.plenumLive;
  if (!live) return;
  const { root } = live;
  const mine = new Set(root.dataset.myVotes.split(" ").filter(Boolean).map(Number));
  const shown = root.dataset.noteShown;
  htmx.config.morphIgnore.push("open"); // what is unfolded stays so when it is drawn anew

  const idOf = (form) => +form.closest("[data-note]").dataset.note;

  function show() {
    for (const form of root.querySelectorAll("[data-vote]")) {
      form.querySelector("button").setAttribute("aria-pressed", mine.has(idOf(form)));
    }
  }

  async function press(form) {
    const id = idOf(form);
    const was = mine.has(id);
    const button = form.querySelector("button");
    if (button.hasAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    was ? mine.delete(id) : mine.add(id);
    show();
    try {
      const answer = await fetch(`/meeting-place/notes/${id}/${was ? "not-me-too" : "me-too"}`, {
        method: "POST",
        headers: { Accept: "application/json" },
      });
      if (!answer.ok) throw new Error(answer.statusText);
    } catch {
      was ? mine.add(id) : mine.delete(id);
      say(navigator.onLine ? "That could not be taken. This note may have been closed." : "You seem to be offline. Please try again later.");
    }
    button.removeAttribute("aria-busy");
    show();
  }

  root.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-vote]")) return;
    event.preventDefault();
    press(event.target);
  });
  document.addEventListener("plenum:cards", show);
  document.addEventListener("htmx:after:swap", show);

  // On its own page a note is a part of the page, while the cards of the list are its replies.
  if (shown) {
    root.addEventListener("cards", ({ detail }) => {
      const template = document.createElement("template");
      template.innerHTML = detail.data;
      const note = template.content.querySelector(`#note-${shown}`);
      if (!note) return;
      if ("gone" in note.dataset) location.reload();
      else live.showPart(note.outerHTML);
    });
  }
  // A table on its own page is read again when its card has changed; in the list, those with a seat of mine are marked.
  const table = root.dataset.tableShown;
  if (table) {
    let last;
    root.addEventListener("tables", ({ detail }) => {
      const template = document.createElement("template");
      template.innerHTML = detail.data;
      const now = template.content.querySelector(`#table-${table}`)?.outerHTML ?? "";
      if (last !== undefined && now !== last) live.reread();
      last = now;
    });
  }
  function showSeats() {
    for (const id of (root.dataset.myTables ?? "").split(" ").filter(Boolean)) {
      document.getElementById(`table-${id}`)?.classList.add("is-mine");
    }
  }
  document.addEventListener("htmx:after:swap", showSeats);
  document.addEventListener("plenum:cards", showSeats);
  showSeats();

  // My card renews itself. While we are offline the last square stays, and is good for some time.
  const square = document.querySelector("[data-renew]");
  if (square) {
    const source = square.src;
    const says = document.querySelector("[data-square-says]");
    let goodUntil = Date.now() + 1000 * square.dataset.good;
    const renew = () => {
      const until = new Date(goodUntil).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
      square.classList.toggle("is-old", Date.now() > goodUntil);
      if (Date.now() > goodUntil) says.textContent = "This square is too old now. It renews itself as soon as you are online.";
      else says.textContent = navigator.onLine ? "" : `You are offline. This square can be scanned until ${until}.`;
      if (!navigator.onLine || document.hidden) return;
      const next = new Image();
      const good = Date.now() + 1000 * square.dataset.good;
      next.onload = () => {
        square.src = next.src;
        goodUntil = good;
        square.classList.remove("is-old");
        says.textContent = "";
      };
      next.src = `${source}?${Date.now()}`;
    };
    setInterval(renew, 1000 * square.dataset.renew);
    for (const name of ["online", "offline"]) addEventListener(name, renew);
    document.addEventListener("visibilitychange", renew);
  }

  // What is counted is listed on this page.
  if (document.querySelector("#notices, #contacts, #scanned")) {
    const counted = /data-unread="\d+" data-known="\d+"/;
    let last = counted.exec(document.getElementById("bell").outerHTML)?.[0];
    root.addEventListener("bell", ({ detail }) => {
      const now = counted.exec(detail.data)?.[0];
      if (now !== last) live.reread();
      last = now;
    });
  }
  show();
})();
