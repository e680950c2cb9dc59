"""The name check, as whoever is asked answers that it is all right."""

from __future__ import annotations

import html
import re


def asked_about(page: str) -> str:
    """The names that a form that came back asks about, as its box would send them; empty: it asks about none."""
    found = re.search(r'name="nobody_to_protect" value="([^"]*)"', page)
    return html.unescape(found[1]) if found else ""
