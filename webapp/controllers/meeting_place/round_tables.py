"""Tables in the venue: inviting to one, taking a seat, and the screen in the foyer."""

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
from webapp.controllers.meeting_place.profile import TAG, place_page, press_calmly, save_calmly
from webapp.live.announced import FOYER, MEETING
from webapp.live.feeds import Feeds
from webapp.live.meeting_feeds import draw_tables
from webapp.meeting_place.calendar import tables_calendar
from webapp.meeting_place.forms import MINUTES, TableForm
from webapp.meeting_place.views import Member, TableCard, is_archive
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.tables import Meeting, Note, Planner, Profile, Report, RoundTable, Seat
from webapp.web.numbers import small
from webapp.web.pages import CALENDAR, COMPRESSED, Page
from webapp.web.rendering import page
from webapp.web.signing import foyer_token, opens_foyer, tables_owner, tables_path
from webapp.web.wants import wants_after

GONE = "This table is not here, or not any more. The list shows those there are."


class TablesController(Controller):
    path = "/meeting-place/tables"

    @get("/")
    async def tables(
        self,
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
    ) -> Template:
        revision = await Meeting.present()
        archived = is_archive(programme)
        rows = await RoundTable.seen_by(member.profile, now, long_over=archived)
        cards = [TableCard.of(row, programme) for row in rows]
        return await place_page(
            "meeting_place/round_tables/index.html",
            programme,
            member,
            revision=revision,
            tables=Markup(draw_tables(cards)),  # noqa: S704 - drawn by a template, which escapes
            mine=(await Seat.tables_of(member.profile))[member.profile],
            calendar=settings().url + tables_path(member.tag, member.row["calendar"]),
            foyer=f"/meeting-place/foyer/{foyer_token(await Meeting.foyers())}"
            if member.moderates and not archived
            else "",
            # What is live there are the tables of today.
            stream="/meeting-place/live" if archived else "/meeting-place/tables/live",
        )

    @get("/live", opt={COMPRESSED: True})
    async def live(
        self, request: HTMXRequest, feeds: NamedDependency[Feeds], member: NamedDependency[Member]
    ) -> ASGIApp:
        """The tables, and how many seats are left at each."""
        after = wants_after(request)
        board, bell = await feeds.meeting.board(member.profile, after)
        tables = await feeds.meeting.tables(member.profile)
        return feeds.stream(board, bell, tables, after=after, reader=member.reads())

    @get("/new")
    async def form(
        self, request: HTMXRequest, programme: NamedDependency[Programme], member: NamedDependency[Member]
    ) -> Template:
        form = TableForm()
        about = small(request.query_params.get("note"))
        if about is not None:
            note = await Note.one_seen_by(member.profile, about)
            if note:
                form.note, form.title = note["id"], note["title"] if note["author"] else note["text"][:100]
        return await _form(programme, member, form)

    @post("/")
    async def lay(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
    ) -> Template | Redirect:
        form = TableForm.read(await request.form(), programme, member.name, now)
        if form.note is not None and not await Note.one_seen_by(member.profile, form.note):
            form.note = None
        if form.errors:
            return await _form(programme, member, form, status=422)
        try:
            await save_calmly(redis, member)
            laid = RoundTable.lay(member.profile, form.key, form.laid(programme), now)
            table = await Report.with_names(
                form.check.quoted, laid, "round_table", member.profile, f"A table: {form.title}", now
            )
        except Refused as refusal:
            form.errors["place"] = refusal.reason
            return await _form(programme, member, form, status=409)
        await feeds.announce(MEETING)
        return Redirect(f"/meeting-place/tables/{table}", status_code=303)

    @get("/{table:int}")
    async def show(
        self,
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        table: FromPath[int],
    ) -> Template:
        revision = await Meeting.present()
        row = await _seen(member, table, now)
        card = TableCard.of(row, programme)
        return await place_page(
            "meeting_place/round_tables/table.html",
            programme,
            member,
            revision=revision,
            table=card,
            people=await Seat.at(table, member.profile),
            place=await Seat.place_of(table, member.profile),
            clashes=await _clashes(member, programme, row),
            own=row["host"] == member.profile,
            calendar=settings().url + tables_path(member.tag, member.row["calendar"]),
            stream="/meeting-place/tables/live",
        )

    @get("/{table:int}/edit")
    async def edit(
        self,
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        table: FromPath[int],
    ) -> Template:
        row = await _own(member, table, now)
        return await _edit_page(programme, member, row, TableForm.of(row, programme))

    @post("/{table:int}")
    async def move(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        table: FromPath[int],
    ) -> Template | Redirect:
        row = await _own(member, table, now)
        form = TableForm.read_change(await request.form(), row, programme, now)
        if form.errors:
            return await _edit_page(programme, member, row, form, status=422)
        try:
            await save_calmly(redis, member)
            await RoundTable.move(table, member.profile, form.setting(programme), now)
        except Refused as refusal:
            form.errors["place"] = refusal.reason
            return await _edit_page(programme, member, row, form, status=409)
        await feeds.announce(MEETING)
        return Redirect(f"/meeting-place/tables/{table}", status_code=303)

    @post("/{table:int}/{act:str}")
    async def act(
        self,
        feeds: NamedDependency[Feeds],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        table: FromPath[int],
        act: FromPath[str],
    ) -> Redirect:
        await _seen(member, table, now)
        await press_calmly(redis, member)
        match act:
            case "seat":
                await Seat.take(table, member.profile, now)
            case "leave":
                await Seat.leave(table, member.profile, now)
            case "cancel":
                await RoundTable.cancel(table, member.profile, now)
            case _:
                raise NotFoundException()
        await feeds.announce(MEETING)
        return Redirect(f"/meeting-place/tables/{table}", status_code=303)

    @get("/{table:int}/table.ics", opt={COMPRESSED: True})
    async def one_calendar(
        self,
        request: HTMXRequest,
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        table: FromPath[int],
    ) -> Response[bytes]:
        row = await _seen(member, table, now)
        return _calendar(request, programme, [row])

    @get("/calendar/{file:str}", opt={COMPRESSED: True})
    async def calendar(
        self, request: HTMXRequest, programme: NamedDependency[Programme], file: FromPath[str]
    ) -> Response[bytes]:
        """Somebody's tables for their calendar program, which follows changes and does not sign in."""
        tag, renewed = (
            (tables_owner(file.removesuffix(".ics")) or ("", 0)) if file.endswith(".ics") else ("", 0)
        )
        profile = (
            await Profile.select(Profile.id).where(Profile.tag == tag, Profile.calendar == renewed).first()
            if TAG.fullmatch(tag)
            else None
        )
        if profile is None:
            raise NotFoundException(
                "This calendar does not exist. The page of the tables shows the address of yours."
            )
        return _calendar(request, programme, await RoundTable.of(profile["id"]))

    @post("/calendar/renewal")
    async def renew_calendar(
        self, redis: NamedDependency[Redis], member: NamedDependency[Member]
    ) -> Redirect:
        """Another address for one's calendar, when the one there is has gone further than it should."""
        await press_calmly(redis, member)
        await Profile.renew_calendar(member.profile)
        return Redirect("/meeting-place/tables", status_code=303)


class FoyerController(Controller):
    path = "/meeting-place/foyer"

    @post("/renewal")
    async def renew(
        self,
        feeds: NamedDependency[Feeds],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
    ) -> Redirect:
        """Another address for the screen: whoever has the one before does not follow any more."""
        if not member.moderates:
            raise NotFoundException("This is for moderators of the meeting place.")
        await press_calmly(redis, member)
        await Meeting.renew_foyer()
        await feeds.announce(MEETING, FOYER)
        return Redirect("/meeting-place/tables", status_code=303)

    @get("/{token:str}")
    async def show(
        self, feeds: NamedDependency[Feeds], programme: NamedDependency[Programme], token: FromPath[str]
    ) -> Template:
        """A big screen for the foyer. It says which tables are on and nobody's name."""
        await _opened(token)
        return page(
            "meeting_place/round_tables/foyer.html",
            programme=programme,
            token=token,
            address=settings().url.partition("://")[2],
            state=Markup(feeds.meeting.foyer.data.decode()),  # noqa: S704 - drawn by a template, which escapes
            page_url="",
        )

    @get("/{token:str}/live", opt={COMPRESSED: True})
    async def live(self, feeds: NamedDependency[Feeds], token: FromPath[str]) -> ASGIApp:
        await _opened(token)
        return feeds.stream(feeds.meeting.foyer)


async def _opened(token: str) -> None:
    if not opens_foyer(token, await Meeting.foyers()):
        raise NotFoundException("This is no screen’s address. Moderators find it on the page of the tables.")


async def _seen(member: Member, table: int, now: datetime) -> dict[str, Any]:
    """A table that this member sees. Raises NotFoundException for others, as if they were not there."""
    rows = await RoundTable.seen_by(member.profile, now, RoundTable.id == table, long_over=True)
    if not rows:
        raise NotFoundException(GONE)
    return rows[0]


async def _own(member: Member, table: int, now: datetime) -> dict[str, Any]:
    row = await _seen(member, table, now)
    if row["host"] != member.profile:
        raise NotFoundException("This is not a table of yours.")
    return row


async def _clashes(member: Member, programme: Programme, row: dict[str, Any]) -> list[str]:
    """What of one's own is at the same time: sessions marked or booked, and other tables."""
    planner = await Planner.owned_by(member.person)
    booked = await planner.booked() or set()
    sessions = {*await planner.marks(), *(session.slug for session in programme.admitted_by(booked))}
    starts, ends = row["starts_at"], row["ends_at"]
    found = [
        session.name
        for session in programme.sessions
        if session.slug in sessions
        and session.starts_at
        and session.ends_at
        and session.starts_at < ends
        and starts < session.ends_at
    ]
    tables = [
        other["title"]
        for other in await RoundTable.of(member.profile)
        if other["id"] != row["id"]
        and not other["cancelled"]
        and other["starts_at"] < ends
        and starts < other["ends_at"]
    ]
    return found + tables


async def _form(programme: Programme, member: Member, form: TableForm, *, status: int = 200) -> Template:
    return await place_page(
        "meeting_place/round_tables/new.html",
        programme,
        member,
        status=status,
        form=form,
        **_choices(programme),
    )


async def _edit_page(
    programme: Programme, member: Member, row: dict[str, Any], form: TableForm, *, status: int = 200
) -> Template:
    return await place_page(
        "meeting_place/round_tables/edit.html",
        programme,
        member,
        status=status,
        table=TableCard.of(row, programme),
        form=form,
        **_choices(programme),
    )


def _choices(programme: Programme) -> dict[str, Any]:
    return {
        "places": [(table.slug, f"{table.title}, {table.seats} seats") for table in programme.file.table],
        "minutes": list(MINUTES.items()),
    }


def _calendar(request: HTMXRequest, programme: Programme, rows: list[dict[str, Any]]) -> Response[bytes]:
    cards = [TableCard.of(row, programme) for row in rows]
    return Page(tables_calendar(programme, cards, rows, settings().url), CALENDAR, private=True).answer(
        request
    )
