// What changes by itself on a page without a list: htmx swaps in the partials of the stream that it names. Where they say how
// many seats are left, what is full cannot be chosen any more.

export function followParts() {
  const page = document.querySelector("[data-parts-from]");
  if (!page) return;
  new EventSource(page.dataset.partsFrom).onmessage = async ({ data }) => {
    await htmx.swap({ sourceElement: document.body, target: document.body, swap: "none", text: data });
    for (const seats of document.querySelectorAll("[data-seats][data-left]")) {
      const input = seats.closest(".choice")?.querySelector("input");
      if (input && !input.checked) input.disabled = seats.dataset.left === "0";
    }
  };
}
