"""Contacts for address books: vCard 4.0 (RFC 6350)."""

from __future__ import annotations

from webapp.meeting_place.views import ContactView
from webapp.text.countries import country_name


def vcard(contact: ContactView, conference: str) -> str:
    """One contact as a vCard 4.0, with their owner's note to themselves."""
    lines = [
        "BEGIN:VCARD",
        "VERSION:4.0",
        f"UID:{_escaped(contact.tag)}",
        f"FN:{_escaped(contact.name)}",
        f"EMAIL:{_escaped(contact.email)}",
        *([f"TEL;VALUE=text:{_escaped(contact.telephone)}"] if contact.telephone else []),
        *([f"ORG:{_escaped(contact.organisation)}"] if contact.organisation else []),
        *([f"TITLE:{_escaped(contact.role)}"] if contact.role else []),
        *([f"ADR:;;;;;;{_escaped(country_name(contact.country))}"] if contact.country else []),
        f"CATEGORIES:{_escaped(conference)}",
        *([f"NOTE:{_escaped(contact.note)}"] if contact.note else []),
        "END:VCARD",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _escaped(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (",", "\\,"), (";", "\\;"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return text


def _folded(line: str) -> str:
    """Lines are of 75 bytes at most, and go on after a line break and a blank."""
    parts, size = [""], 0
    for character in line:
        length = len(character.encode())
        if size + length > 74:
            parts.append("")
            size = 0
        parts[-1] += character
        size += length
    return "\r\n ".join(parts)
