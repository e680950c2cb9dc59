"""Whether two entries are one person, at an address that they may have given up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from webapp.tables.people import email_key

ON_IT_ALREADY = (
    "A delegate of this name and address is on this booking already. Colleagues may share an address, and each gets a "
    "mail with their own ticket."
)


def same_person(name: str, email: str) -> tuple[str, str]:
    """What two entries have in common that are one person: a school may have one mailbox for several."""
    return " ".join(name.split()).casefold(), email_key(email)


def moved(
    known: Iterable[tuple[int, str, str]], given_up: Mapping[int, Iterable[str]]
) -> dict[tuple[str, str], str]:
    """Where people are written to now, by who they were at an address they have given up.

    `known`: each one's id, name and address. An address alone does not say who it is: somebody else may have the
    mailbox by now.
    """
    return {
        same_person(name, old): email for person, name, email in known for old in given_up.get(person, ())
    }


def elsewhere_now(email: str) -> str:
    """What is said beside an address that its owner has given up."""
    return f"This person has another address here now: {email}. Please use that one."
