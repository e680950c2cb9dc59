"""What somebody reports to the moderators: only what they can see."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.exceptions import NotFoundException

from webapp import clock
from webapp.meeting_place.members import Member, met_by
from webapp.tables import Contact, Message, Note, Reply, RoundTable
from webapp.tables.meeting_place.care import Subject
from webapp.web.numbers import small


@dataclass(frozen=True)
class Reported:
    """What a report is about."""

    about: Subject
    context: str
    tag: str
    """Of its author; empty: it is nobody's."""
    name: str
    own: bool


async def what_is_reported(member: Member, kind: str, thing: str) -> Reported:
    """What this member can see, and so can report. Raises NotFoundException for all else.

    `thing`: a tag where the kind is a person, or their request to become contacts; else a number.
    """
    number = small(thing) or 0
    reported = None
    match kind:
        case "person":
            reported = await _person(member, thing)
        case "request":
            reported = await _request(member, thing)
        case "message":
            reported = await _message(member, number)
        case "table":
            reported = await _round_table(member, number)
        case "note":
            reported = await _note(member, number)
        case "reply":
            reported = await _reply(member, number)
    if reported is None:
        raise NotFoundException("This is not here, or not any more.")
    return reported


async def _person(member: Member, tag: str) -> Reported:
    other = await met_by(member, tag)
    line = other["line"] if other["shows_line"] else ""
    return Reported({"accused": other["id"]}, line, other["tag"], other["name"], own=False)


async def _request(member: Member, tag: str) -> Reported | None:
    other = await met_by(member, tag)
    for request in await Contact.waiting_for(member.profile, clock.now()):
        if request["asker"] == other["id"] and request["text"]:
            context = f"A request to become contacts: {request['text']}"
            return Reported({"accused": other["id"]}, context, other["tag"], other["name"], own=False)
    return None


async def _message(member: Member, number: int) -> Reported | None:
    message = await Message.read_by(member.profile, number)
    if message is None:
        return None
    about: Subject = {"accused": message["author"]}
    return Reported(about, message["text"], message["tag"], message["name"], own=False)


async def _round_table(member: Member, number: int) -> Reported | None:
    rows = await RoundTable.seen_by(member.profile, clock.now(), RoundTable.id == number)
    if not rows:
        return None
    [row] = rows
    about: Subject = {"round_table": number, "accused": row["host"]}
    own = row["host"] == member.profile
    return Reported(about, f"A table: {row['title']}", "", row["host_name"] or "", own)


async def _note(member: Member, number: int) -> Reported | None:
    row = await Note.one_seen_by(member.profile, number)
    if row is None:
        return None
    about: Subject = {"note": row["id"], "accused": row["author"]}
    context = f"{row['title']}\n{row['text']}".strip()
    own = row["author"] == member.profile
    return Reported(about, context, row["tag"] or "", row["name"] or "", own)


async def _reply(member: Member, number: int) -> Reported | None:
    row = await Reply.one_seen_by(member.profile, number)
    if row is None:
        return None
    about: Subject = {"reply": row["id"], "accused": row["author"]}
    own = row["author"] == member.profile
    return Reported(about, row["text"], row["tag"] or "", row["name"] or "", own)
