"""What moderators set on a panel, as it is kept for undoing and told in the log."""

from __future__ import annotations

TOLD = {
    ("by_hand", "open"): "opened the panel",
    ("by_hand", "closed"): "closed the panel",
    ("by_hand", ""): "let the panel follow its schedule",
    ("post_moderated", "yes"): "let questions be listed at once",
    ("post_moderated", "no"): "let questions wait for approval",
    ("show_next", "yes"): "let the screen show what is up next",
    ("show_next", "no"): "took what is up next from the screen",
    ("blackout", "yes"): "darkened the screen",
    ("blackout", "no"): "lit the screen again",
    ("guests", "yes"): "let guests take part",
    ("guests", "no"): "let guests only read",
}
RENEWED = {
    "room_code": "made a new room code",
    "screen_code": "made a new screen code",
    "guest_key": "put all guests out",
}
"""Secrets, which the log does not tell."""


def told(setting: str, value: str) -> str:
    """What a moderator has done by setting this, after their name."""
    known = RENEWED.get(setting) or TOLD.get((setting, value))
    return known or f"set {setting.replace('_', ' ')}: {value}"


def kept(value: str | bool) -> str:
    """A value as it is kept with the act that set it."""
    return value if isinstance(value, str) else "yes" if value else "no"


def value_of(kept: str) -> str | bool:
    """The value that was kept."""
    return {"yes": True, "no": False}.get(kept, kept)
