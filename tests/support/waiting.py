"""Waiting for what happens in another process, in its own time but not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T], within: float = 10) -> T:
    """What `look` gives as soon as that is something; fails when it is still nothing after `within` seconds."""
    end = time.monotonic() + within
    while not (found := look()):
        name = getattr(look, "__qualname__", look)
        assert time.monotonic() < end, f"Still waiting after {within} seconds for {name}."
        time.sleep(0.02)
    return found
