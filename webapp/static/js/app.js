// What the pages do beyond HTML and HTMX. Everything works without it, only with more page loads.
(() => {
  "use strict";

  const OFFLINE = "You seem to be offline. Nothing typed is lost; we try again when you do.";
  const LOST = "That did not get through. Nothing typed is lost; please try again.";
  const BROKEN = "That did not work, on our side. Nothing typed is lost; please try again in a moment.";
  const brokenBy = (answer) => {
    const number = answer.headers.get("Error-Number");
    return number ? `${BROKEN} If it stays like this, tell the organisers the number ${number}.` : BROKEN;
  };
  const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);

  // The status line

  let hush;
  function say(text, { quietly = false, lasting = false } = {}) {
    const status = document.getElementById("status");
    status.classList.toggle("is-quiet", quietly);
    status.textContent = text;
    clearTimeout(hush);
    if (!lasting) hush = setTimeout(() => (status.textContent = ""), 8000);
  }
  /** For the scripts of the pages. */
  window.plenumSay = say;

  // My programme: the cookie says which sessions are in it, so that pages can be the same for everyone

  function marked() {
    const cookie = document.cookie.split("; ").find((part) => part.startsWith("plenum_marks="));
    return new Set(cookie ? decodeURIComponent(cookie.slice(13)).replaceAll('"', "").split(".") : []);
  }

  function showMarks() {
    const slugs = marked();
    each("form[data-mark]", (form) => {
      const isMarked = slugs.has(form.dataset.mark);
      form.classList.toggle("is-marked", isMarked);
      form.action = `/programme/${form.dataset.mark}/${isMarked ? "unmark" : "mark"}`;
      form.querySelector("[data-mark-label]").textContent = isMarked ? "In my programme" : "Add to my programme";
    });
  }

  async function mark(form) {
    const wasMarked = form.classList.contains("is-marked");
    const button = form.querySelector("button");
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
      showMarks();
      say(wasMarked ? "Taken out of my programme." : "Added to my programme.");
    } catch {
      say(navigator.onLine ? BROKEN : OFFLINE);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  // Whoever has signed in is told what they mark on their other devices, while this page is looked at

  let others;
  function followMarks() {
    const list = document.querySelector("[data-marks]");
    if (document.hidden || !(list || document.querySelector("form[data-mark]")) || !document.cookie.includes("plenum_marks=")) {
      others?.close();
      others = undefined;
      return;
    }
    if (others) return;
    others = new EventSource("/my-programme/live");
    others.addEventListener("nobody", () => {
      others.close();
      if (list && "signedIn" in list.dataset) location.reload(); // signed out from elsewhere
    });
    others.addEventListener("marks", async ({ data }) => {
      const marks = data.slice(1);
      if ([...marked()].join(".") !== marks) {
        const secure = location.protocol === "https:" ? "; secure" : "";
        document.cookie = `plenum_marks=${marks}; path=/; max-age=31536000; samesite=lax${secure}`;
        showMarks();
      }
      if (!list?.isConnected || list.dataset.marks === marks) return;
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
      const fresh = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-marks]");
      if (!fresh) return;
      list.replaceChildren(...fresh.childNodes);
      list.dataset.marks = fresh.dataset.marks;
      look();
    });
  }

  // The visitor's own time, where it is another than the conference's

  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short" });

  function isElsewhere(iso) {
    const [, sign, hours, minutes] = iso.match(/([+-])(\d\d):(\d\d)$/) ?? [null, "+", "00", "00"];
    const there = (sign === "-" ? -1 : 1) * (60 * hours + +minutes);
    return there !== -new Date(iso).getTimezoneOffset();
  }

  function showOwnTimes() {
    each("[data-times]:not(:has(.own-time))", (times) => {
      const instants = [...times.querySelectorAll("time")].map((time) => time.dateTime);
      if (!instants.some(isElsewhere)) return;
      const own = document.createElement("span");
      own.className = "own-time";
      const otherDay = new Date(instants[0]).getDate() !== +instants[0].slice(8, 10);
      const text = instants.map((instant) => clock.format(new Date(instant))).join("–");
      own.textContent = ` ${otherDay ? `${weekday.format(new Date(instants[0]))} ` : ""}${text} your time`;
      times.append(own);
    });
  }

  // Seats left, as the server tells them

  function followSeats() {
    const page = document.querySelector("[data-seats-from]");
    if (!page) return;
    new EventSource(page.dataset.seatsFrom).onmessage = (event) => {
      const left = JSON.parse(event.data);
      each("[data-seats]", (place) => {
        const seats = left[place.dataset.seats];
        if (seats === undefined) return;
        place.textContent = seats === 0 ? "Fully booked" : `${seats} ${seats === 1 ? "seat" : "seats"} left`;
        const input = place.closest(".choice")?.querySelector("input");
        if (input && !input.checked) input.disabled = seats === 0;
      });
    };
  }

  // Forms

  // A bar at the foot of a phone must not hide what is being filled in; and it opens only when asked to.
  const narrow = matchMedia("(max-width: 61.99rem)");
  let priceIsOpen = !narrow.matches;

  function showPrice() {
    each(".price-panel", (panel) => (panel.open = !narrow.matches || priceIsOpen));
  }

  let pressed = null;

  function keepInSight(field) {
    const bar = document.querySelector(".price-column");
    if (!bar || !narrow.matches || bar.contains(field)) return;
    // A button that moves between pressing and letting go is not pressed. Whoever points at it sees it, too.
    if (field.contains(pressed) && !field.matches(":focus-visible")) return;
    if (priceIsOpen) {
      priceIsOpen = false;
      showPrice();
    }
    const hidden = field.getBoundingClientRect().bottom + 16 - bar.getBoundingClientRect().top;
    if (hidden > 0) scrollBy({ top: hidden });
  }

  // Above a form that came back: what has been mended goes from the list of what is wrong.
  function followErrors() {
    const summary = document.querySelector("#error-summary:has(li a)");
    if (!summary) return;
    each("li a", (link) => {
      const slot = document.getElementById(`error-${link.hash.slice(1)}`);
      if (!slot) return;
      const wrong = slot.textContent.trim();
      link.closest("li").hidden = !wrong;
      if (wrong) link.querySelector("[data-says]").textContent = wrong;
    }, summary);
    const left = summary.querySelectorAll("li:not([hidden])").length;
    const title = summary.querySelector(".notice-title");
    title.dataset.says ??= title.textContent;
    const says = left ? title.dataset.says : "Everything here is in order now. Please confirm.";
    if (title.textContent !== says) title.textContent = says;
  }

  function linkErrors() {
    each(".error[id^='error-']", (slot) => {
      const field = document.getElementById(slot.id.slice(6));
      if (!field?.matches("input, select, textarea")) return;
      if (slot.textContent.trim()) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    });
  }

  // Where reading goes on: at what the page says (`data-focus`), else at what stands where the pressed button was.
  function moveFocus(swapped) {
    const wanted = document.querySelector("[data-focus]");
    const place = wanted ?? (document.activeElement === document.body && swapped?.id && document.getElementById(swapped.id));
    if (!place) return;
    if (wanted) wanted.removeAttribute("data-focus");
    else place.tabIndex = -1;
    place.focus({ preventScroll: !wanted });
  }

  // A form that leads back to its own page leaves everybody where they were: who has a long list before them, and who
  // has come to its button by keyboard.
  const PLACE = "plenum:place";
  const buttonsNear = (id) => [...(document.getElementById(id)?.querySelectorAll("button, summary") ?? [])];

  function keepPlace(button) {
    const near = button?.closest("main [id]:not(form, button)");
    if (!near) return;
    const kept = {
      path: location.pathname,
      until: Date.now() + 20_000,
      near: near.id,
      index: buttonsNear(near.id).indexOf(button),
      top: button.getBoundingClientRect().top,
      focus: button.matches(":focus-visible"),
    };
    sessionStorage.setItem(PLACE, JSON.stringify(kept));
  }

  function returnToPlace() {
    const { path, until, near, index, top, focus } = JSON.parse(sessionStorage.getItem(PLACE) ?? "{}");
    sessionStorage.removeItem(PLACE);
    if (path !== location.pathname || until < Date.now() || location.hash || document.querySelector("[data-focus]")) return;
    const buttons = buttonsNear(near);
    const button = buttons[Math.min(index, buttons.length - 1)];
    if (!button) return;
    scrollBy({ top: button.getBoundingClientRect().top - top, behavior: "instant" });
    if (focus) button.focus({ preventScroll: true });
  }

  // After the page has come, and after each part of it that HTMX brings

  function look() {
    showMarks();
    showOwnTimes();
    showPrice();
    linkErrors();
    followErrors();
    each("[data-print]", (button) => (button.hidden = false));
    each("form[data-sent]", (form) => {
      delete form.dataset.sent;
      form.querySelector("[data-once]")?.removeAttribute("aria-busy");
    });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!navigator.onLine) {
      // The browser would leave the page, and what is typed on it, for its own page about the connection.
      event.preventDefault();
      say(OFFLINE);
    } else if (form.matches("form[data-mark]")) {
      event.preventDefault();
      mark(form);
    } else if (event.submitter?.matches("[data-once]")) {
      // The server books once however often it is asked; a second press would only lose the first answer.
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
      event.submitter.setAttribute("aria-busy", "true");
    }
    if (form.method === "post" && !form.hasAttribute("hx-post") && !event.defaultPrevented) keepPlace(event.submitter);
  });
  document.addEventListener("keydown", (event) => {
    const opened = event.key === "Escape" && !event.defaultPrevented && event.target.closest?.("details[open]:not(.price-panel, .desk details)");
    if (!opened) return;
    opened.open = false;
    opened.querySelector("summary").focus();
  });
  document.addEventListener("pointerdown", (event) => (pressed = event.target));
  document.addEventListener("click", (event) => {
    pressed = null;
    if (event.target.closest("[data-print]")) print();
    const mend = event.target.closest("[data-mend]");
    if (mend) {
      event.preventDefault();
      const field = document.getElementById(mend.dataset.mend);
      field.value = mend.textContent;
      field.dispatchEvent(new Event("change", { bubbles: true }));
      field.focus();
    }
    if (event.target.closest(".price-panel > summary") && narrow.matches) priceIsOpen = !priceIsOpen;
  });
  document.addEventListener("focusin", (event) => keepInSight(event.target));
  narrow.addEventListener("change", showPrice);

  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    // An address says only what was chosen: no `?category=&speaker=`.
    const body = ctx.request.body;
    if (ctx.request.method !== "GET" || !body) return;
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
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    look();
    const news = ctx?.target?.querySelector?.("[data-announce]");
    if (news) say(news.textContent, { quietly: true });
    moveFocus(ctx?.target);
  });
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    const { status } = ctx.response;
    if (status === 401 && !isSteady(ctx)) say("You have been signed out. Nothing typed is lost: press the button, sign in, and you are back in this form.", { lasting: true });
    else if (status === 429) say("That was a little fast. Nothing typed is lost; please try again in a moment.");
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
  addEventListener("pageshow", look); // also when the browser goes back to a page that it kept
  document.addEventListener("visibilitychange", followMarks);

  document.querySelector("form[data-on-it-goes]")?.submit();

  look();
  followMarks();
  followSeats();
  returnToPlace();
  moveFocus();
})();
