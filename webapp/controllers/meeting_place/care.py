"""Care: reports, and the moderators' desk of the meeting place."""

from __future__ import annotations

from datetime import datetime

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from litestar.types import ASGIApp
from markupsafe import Markup
from redis.asyncio import Redis

from webapp.conference.contact import organisers
from webapp.conference.programme import Programme
from webapp.live.announced import BLOCKS, MEETING
from webapp.live.feeds import Feeds
from webapp.meeting_place.members import Member
from webapp.meeting_place.page import place_page
from webapp.meeting_place.reports import Reported, what_is_reported
from webapp.meeting_place.views import NoteView, ReplyView, RoundTableView
from webapp.tables import Deed, Note, Reply, Report, RoundTable, Seat
from webapp.tables.meeting_place.blocking import block
from webapp.tables.meeting_place.care import DONE, TAKEN_AWAY, Verb
from webapp.tables.meeting_place.profile import MEETING_PLACE
from webapp.text.typed import prose
from webapp.web.limits import HOUR, Limit
from webapp.web.pages import COMPRESSED
from webapp.web.wants import wants_after

REPORTS = Limit("report", 10, HOUR)
NOT_AT_DESK = "This is not here, or its author has taken it down. What was reported of it stands at the desk."
LONGEST_REASON = 500


class CareController(Controller):
    path = "/meeting-place"

    @get("/report/{kind:str}/{thing:str}")
    async def report_form(
        self,
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        kind: FromPath[str],
        thing: FromPath[str],
    ) -> Template:
        return await _report_page(programme, member, await what_is_reported(member, kind, thing))

    @post("/report/{kind:str}/{thing:str}")
    async def report(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        kind: FromPath[str],
        thing: FromPath[str],
    ) -> Template:
        reported = await what_is_reported(member, kind, thing)
        fields = await request.form()
        reason, blocks = prose(fields.get("reason"))[: LONGEST_REASON * 4], fields.get("block") == "yes"
        error = (
            "" if reason or blocks else "Please say in a few words what is wrong, or tick the box, or both."
        )
        if reason and not await REPORTS.allows(redis, member.person):
            error = f"You have reported much in this hour. Please speak to {organisers()}: they will listen."
        if error:
            return await _report_page(programme, member, reported, reason, error, status=422)
        if reason:
            await Report.send(member.profile, reported.about, reason[:2000], reported.context, now)
        if blocks and reported.about["accused"] and not reported.own:
            await block(member.profile, reported.about["accused"], now)
        await feeds.announce(MEETING, *([BLOCKS] if blocks else []))
        return await place_page(
            "meeting_place/care/thanks.html",
            programme,
            member,
            reported=reported,
            reason=reason,
            blocks=blocks,
        )

    @get("/desk")
    async def desk(
        self,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
    ) -> Template:
        _at_desk(member)
        await feeds.meeting.show_reports(programme)
        reports = Markup(feeds.meeting.desk.data.decode())  # noqa: S704 - drawn by a template, which escapes
        return await place_page(
            "meeting_place/care/desk.html",
            programme,
            member,
            reports=reports,
            stream="/meeting-place/desk/live",
        )

    @get("/desk/live", opt={COMPRESSED: True})
    async def live(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
    ) -> ASGIApp:
        """What is reported, while it is looked at."""
        _at_desk(member)
        after = wants_after(request)
        await feeds.meeting.show_reports(programme)
        board, bell = await feeds.meeting.board(member.profile, after)
        at_desk = member.reads(MEETING_PLACE)
        return feeds.stream(board, bell, feeds.meeting.desk, after=after, reader=at_desk)

    @get("/desk/log")
    async def log(self, programme: NamedDependency[Programme], member: NamedDependency[Member]) -> Template:
        _at_desk(member)
        return await place_page(
            "meeting_place/care/log.html",
            programme,
            member,
            deeds=await Deed.log(),
            done=DONE,
            zone=programme.conference.zone,
        )

    @get("/desk/notes/{note:int}")
    async def read_note(
        self, programme: NamedDependency[Programme], member: NamedDependency[Member], note: FromPath[int]
    ) -> Template:
        """A note with its replies, also what is hidden of it and whoever has blocked this moderator."""
        _at_desk(member)
        row = await Note.at_desk(note)
        if row is None:
            raise NotFoundException(NOT_AT_DESK)
        return await place_page(
            "meeting_place/care/note.html",
            programme,
            member,
            note=NoteView.from_row(row, programme),
            replies=[ReplyView.from_row(reply, programme) for reply in await Reply.at_desk(row["id"])],
        )

    @get("/desk/tables/{table:int}")
    async def read_table(
        self, programme: NamedDependency[Programme], member: NamedDependency[Member], table: FromPath[int]
    ) -> Template:
        """A table with those who sit at it, whoever has blocked this moderator."""
        _at_desk(member)
        row = await RoundTable.at_desk(table)
        if row is None:
            raise NotFoundException(NOT_AT_DESK)
        return await place_page(
            "meeting_place/care/table.html",
            programme,
            member,
            table=RoundTableView.from_row(row, programme),
            people=await Seat.taken_at(row["id"], None),
            taken_away=TAKEN_AWAY,
        )

    @post("/desk/{kind:str}/{thing:int}/{verb:str}")
    async def act(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        kind: FromPath[str],
        thing: FromPath[int],
        verb: FromPath[str],
    ) -> Redirect:
        _at_desk(member)
        says = prose((await request.form()).get("says"))[:2000]
        match kind, verb:
            case (("note" | "reply"), Verb.HIDE):
                await Deed.hide(kind, thing, member.person, says, now)
            case (("note" | "reply"), Verb.SHOW):
                await Deed.show(kind, thing, member.person, says, now)
            case "table", Verb.HIDE:
                await Deed.take_away(thing, member.person, says, now)
            case "person", Verb.HIDE:
                await Deed.hide_profile(thing, member.person, says, now)
            case "person", Verb.SHOW:
                await Deed.show_profile(thing, member.person, says, now)
            case "person", Verb.WARN:
                await Deed.warn(thing, member.person, says, now)
            case "person", (Verb.MUTE_AN_HOUR | Verb.MUTE | Verb.UNMUTE):
                await Deed.mute(thing, Verb(verb), member.person, says, now)
            case "report", Verb.CLOSE:
                await Report.close(thing, member.person, now)
            case _:
                raise NotFoundException("This cannot be done.")
        await feeds.announce(MEETING)
        return Redirect("/meeting-place/desk", status_code=303)


def _at_desk(member: Member) -> None:
    if not member.moderates:
        raise PermissionDeniedException(
            "The desk is for the moderators of the meeting place. An organiser can make you one of them."
        )


async def _report_page(
    programme: Programme,
    member: Member,
    reported: Reported,
    reason: str = "",
    error: str = "",
    *,
    status: int = 200,
) -> Template:
    return await place_page(
        "meeting_place/care/report.html",
        programme,
        member,
        status=status,
        reported=reported,
        reason=reason,
        error=error,
    )
