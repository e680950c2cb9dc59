// Seats left, as the server tells them. What is full cannot be chosen any more.

export function followSeats() {
  const page = document.querySelector("[data-seats-from]");
  if (!page) return;
  new EventSource(page.dataset.seatsFrom).onmessage = async ({ data }) => {
    await htmx.swap({ sourceElement: document.body, target: document.body, swap: "none", text: data });
    for (const seats of document.querySelectorAll("[data-seats][data-left]")) {
      const input = seats.closest(".choice")?.querySelector("input");
      if (input && !input.checked) input.disabled = seats.dataset.left === "0";
    }
  };
}
