"""Seats left, live wherever a page shows them."""

from __future__ import annotations

from webapp.live.streams import Feed, event
from webapp.web.rendering import draw


class SeatsFeed(Feed):
    """Seats left, by offer. Only those are told that have changed."""

    def __init__(self) -> None:
        super().__init__()
        self.left: dict[str, int] = {}

    def show(self, left: dict[str, int]) -> None:
        if left == self.left:
            return
        changed = {offer: seats for offer, seats in left.items() if seats != self.left.get(offer)}
        self.left = left
        self.revision += 1
        if changed:
            self.push(_drawn(changed))

    def state(self) -> bytes:
        return _drawn(self.left)


def _drawn(left: dict[str, int]) -> bytes:
    return event("", draw("booking/_seats.html", left=left).encode())
