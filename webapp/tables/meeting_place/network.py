"""The network afterwards: what each takes out, and what the exchange across borders comes to."""

from __future__ import annotations

from collections import Counter
from typing import Any

from webapp.refusal import Refused
from webapp.tables.meeting_place.board import Note
from webapp.tables.meeting_place.contacts import Contact, Message
from webapp.tables.meeting_place.profile import Profile
from webapp.tables.meeting_place.replies import Reply
from webapp.tables.meeting_place.round_tables import RoundTable

FEWEST = 3
"""Figures of fewer pairs of people are told to nobody: they might be somebody."""


async def everything_of(profile: int) -> dict[str, Any]:
    """All that somebody has said of themselves, and written, and their contacts with what those show them."""
    said = ("name", "organisation", "role", "country", "themes", "languages", "line", "telephone", "listed")
    row = await Profile.select().where(Profile.id == profile).first()
    if row is None:
        raise Refused("There is nothing of yours here any more.")
    notes = (
        await Note.select(
            Note.kind, Note.title, Note.text, Note.themes, Note.session, Note.state, Note.written_at
        )
        .where(Note.author == profile)
        .order_by(Note.id)
    )
    replies = (
        await Reply.select(Reply.note, Reply.text, Reply.state, Reply.written_at)
        .where(Reply.author == profile)
        .order_by(Reply.id)
    )
    under = [reply["note"] for reply in replies]
    notes_seen = await Note.seen_by(profile, Note.id.is_in(under), most=len(under)) if under else []
    titles = {note["id"]: note["title"] for note in notes_seen}
    messages = (
        await Message.select(Message.text, Message.at).where(Message.author == profile).order_by(Message.id)
    )
    tables = await RoundTable.with_seat_for(profile)
    contacts = await Contact.known_to(profile)
    return {
        "profile": {name: row[name] for name in said}
        | {"shown": [name.removeprefix("shows_") for name in row if name.startswith("shows_") and row[name]]},
        "notes": notes,
        "replies": [{"to": titles.get(reply.pop("note"), "")} | reply for reply in replies],
        "messages": messages,
        "contacts": [
            {
                "name": contact["name"],
                "email": contact["email"],
                "telephone": contact["telephone"],
                "note": contact["note"],
                "organisation": contact["organisation"] if contact["shows_organisation"] else "",
                "role": contact["role"] if contact["shows_role"] else "",
                "country": contact["country"] if contact["shows_country"] else "",
            }
            for contact in contacts
        ],
        "tables": [
            {name: table[name] for name in ("title", "place", "starts_at", "ends_at")} for table in tables
        ],
    }


async def exchange() -> dict[tuple[str, str], int]:
    """Accepted contacts, and replies that may be read, between people of each two countries, by their codes.

    Only where at least so many different pairs of people have to do with each other: however much two of them write,
    that is theirs.
    """
    rows = await Profile.raw(
        """WITH exchanged AS (
            SELECT asker AS one, asked AS other FROM contact WHERE state = 'accepted'
            UNION ALL
            SELECT reply.author, note.author FROM reply JOIN note ON note.id = reply.note
            WHERE reply.state = 'open' AND note.state IN ('open', 'closed')
        ), pair AS (
            SELECT CASE WHEN one < other THEN one ELSE other END AS first,
                CASE WHEN one < other THEN other ELSE one END AS second, count(*) AS number
            FROM exchanged WHERE one != other GROUP BY 1, 2
        )
        SELECT one.country AS one, other.country AS other, sum(pair.number) AS number, count(*) AS pairs
        FROM pair JOIN profile AS one ON one.id = pair.first JOIN profile AS other ON other.id = pair.second
        WHERE one.country != '' AND other.country != '' GROUP BY one.country, other.country"""
    )
    counts: Counter[tuple[str, str]] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for row in rows:
        one, other = sorted((row["one"], row["other"]))
        counts[one, other] += int(row["number"])
        pairs[one, other] += row["pairs"]
    return {countries: number for countries, number in counts.items() if pairs[countries] >= FEWEST}
