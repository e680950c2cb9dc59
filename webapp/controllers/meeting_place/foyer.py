"""The big screen in the foyer: which round tables are on."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ASGIApp
from markupsafe import Markup
from redis.asyncio import Redis

from webapp.conference.programme import Programme
from webapp.live.announced import FOYER, MEETING
from webapp.live.feeds import Feeds
from webapp.meeting_place.members import Member, press_calmly
from webapp.settings import settings
from webapp.tables import Meeting
from webapp.web.pages import COMPRESSED
from webapp.web.rendering import page
from webapp.web.signing import opens_foyer


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
    if not opens_foyer(token, await Meeting.foyer_renewals()):
        raise NotFoundException("This is no screen’s address. Moderators find it on the page of the tables.")
