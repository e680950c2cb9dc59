"""A letter: what is said to whom, before it is a mail."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Letter:
    """A mail as it is put into the outbox."""

    event: str
    """What happened, and to whom it is told: `booking 7 confirmed, dag@example.org`. It never makes two mails."""
    template: str
    """It is drawn from `mail/{template}.txt` and `mail/{template}.html` when it leaves."""
    to: str
    subject: str
    """Without the conference's title, which is added."""
    context: dict[str, Any] = field(default_factory=dict)
    """What the templates say, beside `subject` and `programme`: as it is now, and nothing that JSON cannot hold. Of the
    tickets and invoices in it, what belongs to them is attached."""


def once() -> str:
    """The end of an event's name, for what may well happen again."""
    return secrets.token_urlsafe(12)
