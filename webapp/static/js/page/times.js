// The visitor's own time, where it is another than the conference's.

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short" });

function isElsewhere(iso) {
  const [, sign, hours, minutes] = iso.match(/([+-])(\d\d):(\d\d)$/) ?? [null, "+", "00", "00"];
  const there = (sign === "-" ? -1 : 1) * (60 * hours + +minutes);
  return there !== -new Date(iso).getTimezoneOffset();
}

export function showOwnTimes() {
  for (const times of document.querySelectorAll("[data-times]:not(:has(.own-time))")) {
    const instants = [...times.querySelectorAll("time")].map((time) => time.dateTime);
    if (!instants.some(isElsewhere)) continue;
    const dates = instants.map((instant) => new Date(instant));
    const isOtherDay = dates[0].getDate() !== +instants[0].slice(8, 10);
    const text = dates.map((date) => clock.format(date)).join("–");
    const own = document.createElement("span");
    own.className = "own-time";
    own.textContent = ` ${isOtherDay ? `${weekday.format(dates[0])} ` : ""}${text} your time`;
    times.append(own);
  }
}
