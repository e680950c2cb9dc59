"""What moderators set on a panel: how the desk sends it, how it is kept for undoing, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass, field

from webapp.questions.codes import ROOM, SCREEN, new_code

YES, NO = "yes", "no"
SWITCHED = {
    "post_moderated": ("Questions are listed at once.", "Questions wait to be approved."),
    "blackout": ("The screen is dark.", "The screen is back."),
    "guests": ("Guests may take part with the room code.", "Only delegates may take part."),
    "show_next": ("The screen shows what is up next.", "The screen keeps what is up next to itself."),
}
"""What is on or off, and what the desk says when it has been switched on, and off."""
SET_BY_HAND = {
    "open": "The panel is open.",
    "closed": "The panel is closed.",
    "": "The panel follows its schedule.",
}
RENEWED = {
    "room_code": "There is a new room code. Guests who are in stay in.",
    "guest_key": "All guests are out, and come in again with the new room code.",
    "screen_code": "There is a new screen code. Screens with the old one have gone dark.",
}
IN_THE_LOG = {
    ("by_hand", "open"): "opened the panel",
    ("by_hand", "closed"): "closed the panel",
    ("by_hand", ""): "let the panel follow its schedule",
    ("post_moderated", YES): "let questions be listed at once",
    ("post_moderated", NO): "let questions wait for approval",
    ("show_next", YES): "let the screen show what is up next",
    ("show_next", NO): "took what is up next from the screen",
    ("blackout", YES): "darkened the screen",
    ("blackout", NO): "lit the screen again",
    ("guests", YES): "let guests take part",
    ("guests", NO): "let guests only read",
}
RENEWED_IN_THE_LOG = {
    "room_code": "made a new room code",
    "screen_code": "made a new screen code",
    "guest_key": "put all guests out",
}
"""Secrets, which the log does not tell."""


@dataclass(frozen=True)
class Setting:
    """What a moderator wants set."""

    values: dict[str, str | bool]
    """By column."""
    says: str
    """What the desk says when it is done."""
    seen: dict[str, str] = field(default_factory=dict)
    """What the panel must still have, as its moderator saw it."""


def read(name: str, typed: str, seen: str) -> Setting | None:
    """What the desk sends. `seen`: the code that was on it. None: there is no such setting."""
    if name in SWITCHED and typed in (YES, NO):
        return Setting({name: typed == YES}, SWITCHED[name][0 if typed == YES else 1])
    if name == "by_hand" and typed in SET_BY_HAND:
        return Setting({name: typed}, SET_BY_HAND[typed])
    if name == "screen_code" and typed == "renew":
        return Setting({name: new_code(SCREEN)}, RENEWED[name], {name: seen})
    if name in RENEWED and typed == "renew":
        key: dict[str, str | bool] = {name: new_code(ROOM)} if name == "guest_key" else {}
        return Setting({**key, "room_code": new_code(ROOM)}, RENEWED[name], {"room_code": seen})
    return None


def told(setting: str, value: str) -> str:
    """What a moderator has done by setting this, after their name."""
    known = RENEWED_IN_THE_LOG.get(setting) or IN_THE_LOG.get((setting, value))
    return known or f"set {setting.replace('_', ' ')}: {value}"


def kept(value: str | bool) -> str:
    """A value as it is kept with the act that set it."""
    return value if isinstance(value, str) else YES if value else NO


def value_of(kept: str) -> str | bool:
    """The value that was kept."""
    return {YES: True, NO: False}.get(kept, kept)
