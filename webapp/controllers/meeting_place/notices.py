"""News: what each is told at the meeting place."""

from __future__ import annotations

from datetime import datetime

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template

from webapp.conference.programme import Programme
from webapp.live.announced import MEETING
from webapp.live.feeds import Feeds
from webapp.meeting_place.members import Member
from webapp.meeting_place.page import place_page
from webapp.meeting_place.views import NoticeView
from webapp.tables import Notice, RoundTable


class NoticesController(Controller):
    path = "/meeting-place/notices"

    @get("/")
    async def notices(
        self, programme: NamedDependency[Programme], member: NamedDependency[Member]
    ) -> Template:
        """What somebody was told, and marks nothing as read."""
        return await place_page(
            "meeting_place/notices.html",
            programme,
            member,
            notices=await _told_to(member, programme),
            zone=programme.conference.zone,
        )

    @post("/read")
    async def read_all(
        self,
        feeds: NamedDependency[Feeds],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
    ) -> Redirect:
        await Notice.read(member.profile, now)
        await feeds.announce(MEETING)
        return Redirect("/meeting-place/notices", status_code=303)

    @post("/{notice:int}/read")
    async def read(
        self,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        notice: FromPath[int],
    ) -> Redirect:
        """Mark one as read, and go where it leads."""
        told = {one.id: one for one in await _told_to(member, programme)}.get(notice)
        if told is None:
            raise NotFoundException("This is no news of yours, or it is an old one.")
        await Notice.read(member.profile, now, notice)
        await feeds.announce(MEETING)
        return Redirect(told.leads_to, status_code=303)


async def _told_to(member: Member, programme: Programme) -> list[NoticeView]:
    rows = await Notice.told_to(member.profile)
    about = {row["round_table"] for row in rows if row["round_table"] is not None}
    tables = {table["id"]: table for table in await RoundTable.among(about, member.profile)}
    return [NoticeView.from_row(row, tables.get(row["round_table"] or 0), programme) for row in rows]
