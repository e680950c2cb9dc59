// My card renews its square. While we are offline the last one stays, and is good for some time.

const square = document.querySelector("[data-renew]");
if (square) {
  const { renew, good } = square.dataset; // seconds
  const source = square.src;
  const says = document.querySelector("[data-square-says]");
  let goodUntil = Date.now() + 1000 * good;

  function look() {
    const isOld = Date.now() > goodUntil;
    const until = new Date(goodUntil).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    square.classList.toggle("is-old", isOld);
    if (isOld) says.textContent = "This square is too old now. It renews itself as soon as you are online.";
    else says.textContent = navigator.onLine ? "" : `You are offline. This square can be scanned until ${until}.`;
    if (navigator.onLine && !document.hidden) draw();
  }

  function draw() {
    const next = new Image();
    const until = Date.now() + 1000 * good;
    next.onload = () => {
      square.src = next.src;
      goodUntil = until;
      square.classList.remove("is-old");
      says.textContent = "";
    };
    next.src = `${source}?${Date.now()}`;
  }

  setInterval(look, 1000 * renew);
  for (const name of ["online", "offline"]) addEventListener(name, look);
  document.addEventListener("visibilitychange", look);
}
