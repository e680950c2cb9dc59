"""Whom people are sent to where only the organisers can help."""

from __future__ import annotations

from webapp.conference.file import Conference

_conference: Conference | None = None


def know(conference: Conference | None) -> None:
    """Take down, in this process, whose organisers are meant."""
    global _conference
    _conference = conference


def organisers() -> str:
    """`the organisers (conference@example.org)`: with the address, wherever a sentence sends somebody to them.

    The file has to give it where people register. Without it, they are only named.
    """
    if _conference is None or not _conference.contact_email:
        return "the organisers"
    invented = ", an example" if _conference.example else ""
    return f"the organisers ({_conference.contact_email}{invented})"
