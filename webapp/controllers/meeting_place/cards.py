"""Cards in the hall: one shows theirs on a telephone, the other scans it."""

from __future__ import annotations

from datetime import datetime

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from redis.asyncio import Redis

from webapp.conference.programme import Programme
from webapp.live.announced import MEETING
from webapp.live.feeds import Feeds
from webapp.meeting_place.members import Member, met_by
from webapp.meeting_place.page import place_page
from webapp.meeting_place.views import PersonView
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.tables import Contact
from webapp.tables.meeting_place.profile import MetProfile
from webapp.web import qr
from webapp.web.limits import HOUR, Limit
from webapp.web.signing import CARD_LIFETIME, card_shown, card_token

CARDS = Limit("card", 60, HOUR)


class CardsController(Controller):
    path = "/meeting-place"

    @get("/card")
    async def card(
        self,
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
    ) -> Template:
        waiting = await Contact.waiting_for(member.profile, now)
        return await place_page(
            "meeting_place/contacts/card.html",
            programme,
            member,
            scanned_by=[other for other in waiting if other["met"]],
            good_for=CARD_LIFETIME,
        )

    @get("/card/qr.svg")
    async def square(
        self, member: NamedDependency[Member], now: NamedDependency[datetime]
    ) -> Response[bytes]:
        """My card, for the other to scan. It is another one each time."""
        return qr.picture(f"{settings().url}/meeting-place/meet/{card_token(member.tag, now)}")

    @get("/meet/{token:str}")
    async def scan(
        self,
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        token: FromPath[str],
    ) -> Template | Redirect:
        """Whose card this is. Nothing is done by looking."""
        other, _ = await _shown(member, token, now)
        if await Contact.between(member.profile, other["id"], now) == "accepted":
            return Redirect(f"/meeting-place/contacts/{other['tag']}", status_code=303)
        return await place_page(
            "meeting_place/contacts/meet.html",
            programme,
            member,
            person=PersonView.from_row(other, programme),
            token=token,
        )

    @post("/meet/{token:str}")
    async def meet(
        self,
        feeds: NamedDependency[Feeds],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        token: FromPath[str],
    ) -> Redirect:
        other, shown_at = await _shown(member, token, now)
        if not await CARDS.allows(redis, member.person):
            raise Refused("Those were many cards in an hour. Please scan this one again later.")
        contacts = await Contact.ask(member.profile, other["id"], "", now, met_at=shown_at)
        await feeds.announce(MEETING)
        there = f"/{other['tag']}" if contacts else ""
        return Redirect(f"/meeting-place/contacts{there}", status_code=303)


async def _shown(member: Member, token: str, now: datetime) -> tuple[MetProfile, datetime]:
    """Who has shown this card, and when. Raises NotFoundException when it is too old, or theirs who looks."""
    shown = card_shown(token, now)
    if shown is None:
        raise NotFoundException("This card is too old. Please ask them to show it again, and scan it anew.")
    tag, at = shown
    if tag == member.tag:
        raise NotFoundException("This is your own card. It is for the other to scan.")
    return await met_by(member, tag), at
