"""Where requests come from, as a proxy on this machine says it, which is trusted. Else nobody is told from anybody."""

from __future__ import annotations

import secrets


def a_source() -> dict[str, str]:
    """The headers of requests from somewhere that nobody else is at."""
    return {"X-Forwarded-For": f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::7"}
