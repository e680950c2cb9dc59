"""The board: notes, and what others say to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from litestar.types import ASGIApp
from markupsafe import Markup
from redis.asyncio import Redis

from webapp.conference.programme import Programme
from webapp.live.announced import MEETING
from webapp.live.feeds import Feeds
from webapp.meeting_place.filters import WHOSE, Filters, by_name
from webapp.meeting_place.forms import NoteForm, ReplyForm
from webapp.meeting_place.members import Member, press_calmly, save_calmly
from webapp.meeting_place.page import place_page
from webapp.meeting_place.views import KINDS, NoteView, ReplyView, counted_without
from webapp.tables import Block, Follow, Meeting, MeToo, Note, Reply, Report
from webapp.tables.meeting_place.board import NoteRow
from webapp.tables.meeting_place.withdrawal import withdraw_note
from webapp.text.words import words
from webapp.web.limits import MINUTE, QUARTER, Limit
from webapp.web.pages import COMPRESSED
from webapp.web.rendering import PRIVATE, draw, fragment
from webapp.web.wants import wants_after

NOTES_ON_A_PAGE = 40
NOTES = Limit("note", 6, QUARTER)
REPLIES = Limit("reply", 8, MINUTE)
NO_NOTE = "This note is not here, or not any more. The board shows those that are."


class BoardController(Controller):
    path = "/meeting-place"

    @get("/")
    async def board(
        self, request: HTMXRequest, programme: NamedDependency[Programme], member: NamedDependency[Member]
    ) -> Template:
        return await _board(request, programme, member)

    @get("/live", opt={COMPRESSED: True})
    async def live(
        self, request: HTMXRequest, feeds: NamedDependency[Feeds], member: NamedDependency[Member]
    ) -> ASGIApp:
        """What is new on the board, and what is one's own."""
        after = wants_after(request)
        board, bell = await feeds.meeting.board(member.profile, after)
        return feeds.stream(board, bell, after=after, reader=member.reads())

    @post("/notes")
    async def write(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
    ) -> Template | Redirect:
        form = NoteForm.read(await request.form(), programme, member.name)
        if form.errors:
            return await _board(request, programme, member, form, status=422)
        if not await NOTES.allows(redis, member.person):
            form.errors["text"] = (
                f"Those were {NOTES.times} notes in a quarter of an hour. This one is kept: please send it later."
            )
            return await _board(request, programme, member, form, status=429)
        with form.errors.beside("text"):
            written = Note.write(member.profile, form.key, form.content, now)
            note = await Report.with_names(
                form.check.quoted, written, "note", member.profile, form.content.whole, now
            )
        if form.errors:
            return await _board(request, programme, member, form, status=409)
        await feeds.announce(MEETING)
        return Redirect(f"/meeting-place/notes/{note}", status_code=303)

    @get("/notes/{note:int}")
    async def show(
        self, programme: NamedDependency[Programme], member: NamedDependency[Member], note: FromPath[int]
    ) -> Template:
        return await _note(programme, member, note)

    @get("/notes/{note:int}/edit")
    async def edit_form(
        self, programme: NamedDependency[Programme], member: NamedDependency[Member], note: FromPath[int]
    ) -> Template:
        row = await _own(member, note)
        return await _edit_page(programme, member, row, NoteForm.from_row(row, programme))

    @post("/notes/{note:int}")
    async def edit(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        note: FromPath[int],
    ) -> Template | Redirect:
        row = await _own(member, note)
        form = NoteForm.read(await request.form(), programme, member.name)
        if form.errors:
            return await _edit_page(programme, member, row, form, status=422)
        with form.errors.beside("text"):
            await save_calmly(redis, member)
            written = Note.change(note, member.profile, form.content, now)
            await Report.with_names(
                form.check.quoted, written, "note", member.profile, form.content.whole, now
            )
        if form.errors:
            return await _edit_page(programme, member, row, form, status=409)
        await feeds.announce(MEETING)
        return Redirect(f"/meeting-place/notes/{note}", status_code=303)

    @post("/notes/{note:int}/replies")
    async def reply(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        note: FromPath[int],
    ) -> Response[Any]:
        row = await _seen(member, note)
        form = ReplyForm.read(await request.form(), await _known_in(programme, member, row))
        if form.errors:
            return await _replied(request, programme, member, note, form, 422)
        if not await REPLIES.allows(redis, member.person):
            form.errors["text"] = (
                "That was quick. Please wait a minute before the next reply; this one is kept."
            )
            return await _replied(request, programme, member, note, form, 429)
        with form.errors.beside("text"):
            written = Reply.write(note, member.profile, form.key, form.text, now)
            reply = await Report.with_names(
                form.check.quoted, written, "reply", member.profile, form.text, now
            )
        if form.errors:
            return await _replied(request, programme, member, note, form, 409)
        await feeds.announce(MEETING)
        if request.htmx:
            return await _replied(request, programme, member, note, ReplyForm(), 200)
        return Redirect(f"/meeting-place/notes/{note}#reply-{reply}", status_code=303)

    @post("/replies/{reply:int}/withdrawal")
    async def withdraw_reply(
        self, feeds: NamedDependency[Feeds], member: NamedDependency[Member], reply: FromPath[int]
    ) -> Redirect:
        note = await Reply.withdraw(reply, member.profile)
        await feeds.announce(MEETING)
        return Redirect(f"/meeting-place/notes/{note}", status_code=303)

    @post("/notes/{note:int}/{act:str}")
    async def act(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        note: FromPath[int],
        act: FromPath[str],
    ) -> Response[Any]:
        """What is done with one press. Doing it again changes nothing."""
        row = await _seen(member, note)
        await press_calmly(redis, member)
        match act:
            case "me-too":
                await MeToo.say(note, member.profile, now)
            case "not-me-too":
                await MeToo.take_back(note, member.profile)
            case "follow":
                await Follow.ask(row["id"], member.profile, now)
            case "unfollow":
                await Follow.end(row["id"], member.profile)
            case "close":
                await Note.close(note, member.profile, now)
            case "open":
                await Note.open_again(note, member.profile, now)
            case "withdraw":
                await withdraw_note(note, member.profile, now)
            case _:
                raise NotFoundException()
        await feeds.announce(MEETING)
        if request.htmx:
            return Response(None, status_code=204, headers=PRIVATE)
        gone = act == "withdraw"
        return Redirect("/meeting-place" if gone else f"/meeting-place/notes/{note}", status_code=303)


async def _seen(member: Member, note: int) -> NoteRow:
    """A note this member may read. Raises NotFoundException for others, as if they were not there."""
    row = await Note.one_seen_by(member.profile, note)
    if row is None:
        raise NotFoundException(NO_NOTE)
    return row


async def _known_in(programme: Programme, member: Member, note: NoteRow) -> frozenset[str]:
    """The words that name nobody to protect under a note: also the names of those who have written there."""
    replied = await Reply.signed_under(member.profile, note["id"])
    return programme.words.union(*map(words, (member.name, note["name"] or "", *replied)))


async def _own(member: Member, note: int) -> NoteRow:
    row = await _seen(member, note)
    if row["author"] != member.profile:
        raise NotFoundException("This is not a note of yours.")
    return row


async def _board(
    request: HTMXRequest,
    programme: Programme,
    member: Member,
    form: NoteForm | None = None,
    *,
    status: int = 200,
) -> Template:
    filters = Filters.read(request.query_params, programme)
    revision = await Meeting.present()  # before the notes: what is newer comes with the stream
    conditions = await filters.of_notes(member.profile)
    rows = await Note.seen_by(member.profile, *conditions, most=NOTES_ON_A_PAGE + 1)
    notes = [NoteView.from_row(row, programme) for row in rows[:NOTES_ON_A_PAGE]]
    return await place_page(
        "meeting_place/board.html",
        programme,
        member,
        status=status,
        filters=filters,
        revision=revision,
        notes=await _drawn(member, notes),
        oldest=notes[-1].id if len(rows) > NOTES_ON_A_PAGE else 0,
        kinds=list(KINDS.items()),
        whose=list(WHOSE.items()),
        countries=by_name(await Note.countries_for(member.profile)),
        sessions=[session for session in programme.sessions if session.kind != "break"],
        my_votes=await MeToo.said_by(member.profile),
        form=form or NoteForm(kind=filters.kind, session=filters.session),
    )


async def _drawn(member: Member, notes: list[NoteView]) -> Markup:
    """The cards of these notes, as this member may see them."""
    hidden = (await Block.not_met_by(member.profile))[member.profile]
    cards = (draw("meeting_place/_note.html", note=note) for note in await counted_without(hidden, notes))
    return Markup("".join(cards))  # noqa: S704 - drawn by a template, which escapes


async def _note(
    programme: Programme,
    member: Member,
    number: int,
    form: ReplyForm | None = None,
    *,
    status: int = 200,
) -> Template:
    revision = await Meeting.present()  # before the note: what is newer comes with the stream
    note = NoteView.from_row(await _seen(member, number), programme)
    replies = [ReplyView.from_row(reply, programme) for reply in await Reply.seen_by(member.profile, note.id)]
    return await place_page(
        "meeting_place/note.html",
        programme,
        member,
        status=status,
        revision=revision,
        note=note,
        card=await _drawn(member, [note]),
        replies=replies,
        my_votes=await MeToo.said_by(member.profile),
        follows=note.id in await Follow.followed_by(member.profile),
        own=note.author == member.profile,
        form=form or ReplyForm(),
    )


async def _replied(
    request: HTMXRequest, programme: Programme, member: Member, note: int, form: ReplyForm, status: int
) -> Response[Any]:
    """The form for a reply again, by itself or on its page."""
    if not request.htmx:
        return await _note(programme, member, note, form, status=status)
    return fragment(
        "meeting_place/_reply_form.html",
        # Pages swap no 429 in; here the message is in the answer.
        status=409 if status == 429 else status,
        note=NoteView.from_row(await _seen(member, note), programme),
        form=form,
        sent=status == 200,
    )


async def _edit_page(
    programme: Programme, member: Member, row: NoteRow, form: NoteForm, *, status: int = 200
) -> Template:
    return await place_page(
        "meeting_place/edit.html",
        programme,
        member,
        status=status,
        note=NoteView.from_row(row, programme),
        kinds=list(KINDS.items()),
        sessions=[session for session in programme.sessions if session.kind != "break"],
        form=form,
    )
