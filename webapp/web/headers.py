"""What every answer tells the browser about how careful to be."""

from __future__ import annotations

from litestar.types import Message, Scope

from webapp.settings import settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    # Addresses of bookings and sign-in links are secrets: nobody else is told where a visitor comes from.
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
OVER_HTTPS = [(b"strict-transport-security", b"max-age=31536000")]


async def protect(message: Message, _: Scope) -> None:
    """Add them to whatever is answered, errors included."""
    if message["type"] == "http.response.start":
        own = {name for name, _ in message["headers"]}
        ours = HEADERS + OVER_HTTPS if settings().secure else HEADERS
        message["headers"] = [*message["headers"], *(header for header in ours if header[0] not in own)]
