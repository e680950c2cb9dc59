"""Slips in the domain of an e-mail address: `gmial.com`. They are suggested away, and never refused."""

from __future__ import annotations

KNOWN = frozenset(
    """aol.com bluewin.ch broadpark.no comhem.se email.com free.fr getmail.no gmail.com gmx.at gmx.ch gmx.com gmx.de
    gmx.net googlemail.com hotmail.co.uk hotmail.com hotmail.de hotmail.dk hotmail.fi hotmail.fr hotmail.it hotmail.no
    hotmail.se icloud.com kolumbus.fi laposte.net libero.it live.co.uk live.com live.dk live.fi live.fr live.no live.se
    luukku.com mail.com mac.com me.com msn.com online.no orange.fr outlook.com outlook.de outlook.dk outlook.es
    outlook.fr outlook.it pm.me proton.me protonmail.com rocketmail.com simnet.is suomi24.fi t-online.de telia.com
    tele2.se tdcadsl.dk web.de yahoo.co.uk yahoo.com yahoo.de yahoo.dk yahoo.fr yahoo.it yahoo.no yahoo.se ymail.com
    zoho.com""".split()  # noqa: SIM905
)
"""Where many people have their mailboxes."""
OFTEN = (
    "gmail.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "yahoo.com",
    "live.com",
    "online.no",
    "protonmail.com",
)
"""The likeliest of them, first."""
SHORTEST = 8
"""Characters of a domain below which one letter more or less is as likely to be another domain."""


def suggestion(address: str) -> str:
    """The address as it was probably meant, or nothing when it may well be right."""
    mailbox, _, typed = address.strip().rpartition("@")
    domain = typed.lower()
    if not mailbox or domain in KNOWN or len(domain) < SHORTEST:
        return ""
    meant = [*OFTEN, *sorted(KNOWN.difference(OFTEN))]
    near = next((known for known in meant if len(known) >= SHORTEST and _is_one_slip(domain, known)), "")
    return f"{mailbox}@{near}" if near else ""


def _is_one_slip(typed: str, meant: str) -> bool:
    """Whether one letter is missing, too much or another one, or two have changed places."""
    start = next(
        (at for at, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b),
        min(len(typed), len(meant)),
    )
    one, other = typed[start:], meant[start:]
    return (
        one[1:] == other
        or one == other[1:]
        or one[1:] == other[1:]
        or (one[:2] == other[:2][::-1] and one[2:] == other[2:])
    )
