"""Somebody who has a keyboard and nothing else."""

from __future__ import annotations

import re

from playwright.sync_api import ElementHandle, Locator, Page, expect

MOST_STOPS = 150
"""More presses of Tab than it takes to cross any page of ours."""

WHERE = """
(target) => {
  const it = document.activeElement;
  const name = `${it.tagName} ${it.id} ${it.textContent.trim().slice(0, 40)}`;
  if (it === document.body) return { name: "nothing", there: false, seen: true, marked: true };
  const label = it.closest("label");
  const box = (it.getClientRects()[0] && it.offsetWidth > 4 ? it : label ?? it).getBoundingClientRect();
  const middle = (Math.max(0, box.top) + Math.min(innerHeight, box.bottom)) / 2;
  const top = document.elementFromPoint(box.left + box.width / 2, middle);
  const outlined = (one) => {
    const { outlineStyle, outlineWidth } = one ? getComputedStyle(one) : {};
    return outlineStyle && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  };
  return {
    name,
    there: it === target,
    seen: box.bottom > 0 && box.top < innerHeight && !!top
      && (it.contains(top) || top.contains(it) || !!label?.contains(top)),
    marked: [it, label, label?.querySelector("span"), it.parentElement].some(outlined),
  };
}
"""


class Keyboard:
    """The keys of one page. At each place to which Tab leads it looks whether one sees where one is."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def tab_to(self, target: Locator) -> None:
        """Press Tab until this has the focus."""
        expect(target).to_be_attached()
        element = target.element_handle()
        seen: list[str] = []
        while len(seen) < MOST_STOPS:
            if self.look(element, seen):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {target}, but to:\n" + "\n".join(seen))

    def look(self, target: ElementHandle | None = None, seen: list[str] | None = None) -> bool:
        """Assert that the focus is seen: marked, on the screen, under nothing. Returns whether it is there."""
        at = self.page.evaluate(WHERE, target)
        if seen is not None:
            seen.append(at["name"])
        assert at["seen"], f"{at['name']} has the focus and is not to be seen"
        assert at["marked"], f"{at['name']} has the focus and does not show it"
        return bool(at["there"])

    def press(self, target: Locator, key: str = "Enter") -> None:
        """Go there and press it."""
        self.tab_to(target)
        self.page.keyboard.press(key)

    def type(self, target: Locator, text: str) -> None:
        """Go there and write."""
        self.tab_to(target)
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(text)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name).locator("visible=true").first

    def link(self, name: str | re.Pattern[str], exact: bool = False) -> Locator:
        return self.page.get_by_role("link", name=name, exact=exact).locator("visible=true").first
