"""Round tables: inviting to one, and taking a seat."""

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
from webapp.live.meeting_feeds import draw_round_tables
from webapp.meeting_place.calendar import clashes, round_tables_calendar
from webapp.meeting_place.forms import MINUTES, RoundTableForm
from webapp.meeting_place.members import TAG, Member, press_calmly, save_calmly
from webapp.meeting_place.page import place_page
from webapp.meeting_place.views import RoundTableView, is_archive
from webapp.settings import settings
from webapp.tables import Meeting, Note, Profile, Report, RoundTable, Seat
from webapp.tables.meeting_place.round_tables import RoundTableRow
from webapp.web.numbers import small
from webapp.web.pages import CALENDAR, COMPRESSED, Page
from webapp.web.signing import foyer_token, tables_owner, tables_path
from webapp.web.wants import wants_after

NO_TABLE = "This table is not here, or not any more. The list shows those there are."


class RoundTablesController(Controller):
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
        cards = [RoundTableView.from_row(row, programme) for row in rows]
        return await place_page(
            "meeting_place/round_tables/index.html",
            programme,
            member,
            revision=revision,
            tables=Markup(draw_round_tables(cards)),  # noqa: S704 - drawn by a template, which escapes
            mine=(await Seat.tables_of(member.profile))[member.profile],
            calendar=settings().url + tables_path(member.tag, member.row["calendar"]),
            foyer=f"/meeting-place/foyer/{foyer_token(await Meeting.foyer_renewals())}"
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
        tables = await feeds.meeting.round_tables(member.profile)
        return feeds.stream(board, bell, tables, after=after, reader=member.reads())

    @get("/new")
    async def form(
        self, request: HTMXRequest, programme: NamedDependency[Programme], member: NamedDependency[Member]
    ) -> Template:
        form = RoundTableForm()
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
        form = RoundTableForm.read(await request.form(), programme, member.name, now)
        if form.note is not None and not await Note.one_seen_by(member.profile, form.note):
            form.note = None
        if form.errors:
            return await _form(programme, member, form, status=422)
        with form.errors.beside("place"):
            await save_calmly(redis, member)
            invited = RoundTable.invite(member.profile, form.key, form.invitation(programme), now)
            table = await Report.with_names(
                form.check.quoted, invited, "round_table", member.profile, f"A table: {form.title}", now
            )
        if form.errors:
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
        card = RoundTableView.from_row(row, programme)
        return await place_page(
            "meeting_place/round_tables/table.html",
            programme,
            member,
            revision=revision,
            table=card,
            people=await Seat.taken_at(table, member.profile),
            place=await Seat.place_of(table, member.profile),
            clashes=await clashes(member, programme, row),
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
        return await _edit_page(programme, member, row, RoundTableForm.from_row(row, programme))

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
        form = RoundTableForm.read_change(await request.form(), row, programme, now)
        if form.errors:
            return await _edit_page(programme, member, row, form, status=422)
        with form.errors.beside("place"):
            await save_calmly(redis, member)
            await RoundTable.move(table, member.profile, form.setting(programme), now)
        if form.errors:
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
                await RoundTable.take_seat(table, member.profile, now)
            case "leave":
                await RoundTable.leave_seat(table, member.profile, now)
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
        tag, renewed = tables_owner(file.removesuffix(".ics")) or ("", 0)
        profile = (
            await Profile.with_calendar(tag, renewed)
            if file.endswith(".ics") and TAG.fullmatch(tag)
            else None
        )
        if profile is None:
            raise NotFoundException(
                "This calendar does not exist. The page of the tables shows the address of yours."
            )
        return _calendar(request, programme, await RoundTable.with_seat_for(profile))

    @post("/calendar/renewal")
    async def renew_calendar(
        self, redis: NamedDependency[Redis], member: NamedDependency[Member]
    ) -> Redirect:
        """Another address for one's calendar, when the one there is has gone further than it should."""
        await press_calmly(redis, member)
        await Profile.renew_calendar(member.profile)
        return Redirect("/meeting-place/tables", status_code=303)


async def _seen(member: Member, table: int, now: datetime) -> RoundTableRow:
    """A table that this member sees. Raises NotFoundException for others, as if they were not there."""
    rows = await RoundTable.seen_by(member.profile, now, RoundTable.id == table, long_over=True)
    if not rows:
        raise NotFoundException(NO_TABLE)
    return rows[0]


async def _own(member: Member, table: int, now: datetime) -> RoundTableRow:
    row = await _seen(member, table, now)
    if row["host"] != member.profile:
        raise NotFoundException("This is not a table of yours.")
    return row


async def _form(programme: Programme, member: Member, form: RoundTableForm, *, status: int = 200) -> Template:
    return await place_page(
        "meeting_place/round_tables/new.html",
        programme,
        member,
        status=status,
        form=form,
        **_choices(programme),
    )


async def _edit_page(
    programme: Programme, member: Member, row: RoundTableRow, form: RoundTableForm, *, status: int = 200
) -> Template:
    return await place_page(
        "meeting_place/round_tables/edit.html",
        programme,
        member,
        status=status,
        table=RoundTableView.from_row(row, programme),
        form=form,
        **_choices(programme),
    )


def _choices(programme: Programme) -> dict[str, Any]:
    return {
        "places": [(table.slug, f"{table.title}, {table.seats} seats") for table in programme.file.table],
        "minutes": list(MINUTES.items()),
    }


def _calendar(request: HTMXRequest, programme: Programme, rows: list[RoundTableRow]) -> Response[bytes]:
    calendar = round_tables_calendar(programme, rows, settings().url)
    return Page(calendar, CALENDAR, private=True).answer(request)
