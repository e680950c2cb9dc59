"""The network afterwards: taking out, erasing, and figures of the exchange across borders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template

from webapp.conference.programme import Programme
from webapp.live.announced import BLOCKS, MEETING
from webapp.live.feeds import Feeds
from webapp.meeting_place.members import Member
from webapp.meeting_place.page import place_page
from webapp.tables.meeting_place import leaving
from webapp.tables.meeting_place.network import FEWEST, everything_of, exchange
from webapp.text.countries import country_name
from webapp.web.rendering import PRIVATE


class NetworkController(Controller):
    path = "/meeting-place"

    @get("/mine.json")
    async def take_out(self, member: NamedDependency[Member]) -> Response[dict[str, Any]]:
        """Everything that is one's own, for other programs. Contacts come as vCards, too."""
        return Response(
            await everything_of(member.profile),
            headers={**PRIVATE, "Content-Disposition": 'attachment; filename="meeting-place.json"'},
        )

    @get("/leave")
    async def ask(self, programme: NamedDependency[Programme], member: NamedDependency[Member]) -> Template:
        return await place_page("meeting_place/network/leave.html", programme, member, error="")

    @post("/leave")
    async def leave(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
    ) -> Template | Redirect:
        if (await request.form()).get("sure") != "yes":
            error = "Please tick that you want this: it cannot be undone."
            return await place_page(
                "meeting_place/network/leave.html", programme, member, status=422, error=error
            )
        await leaving.leave(member.profile, now)
        await feeds.announce(MEETING, BLOCKS)
        return Redirect("/me", status_code=303)

    @get("/figures")
    async def figures(
        self, programme: NamedDependency[Programme], member: NamedDependency[Member]
    ) -> Template:
        """How many contacts and replies there are between countries; what might be somebody is left out."""
        counts = await exchange()
        codes = sorted({code for pair in counts for code in pair}, key=country_name)
        matrix = [[counts.get((min(one, other), max(one, other)), 0) for other in codes] for one in codes]
        return await place_page(
            "meeting_place/network/figures.html",
            programme,
            member,
            names=[country_name(code) for code in codes],
            codes=codes,
            matrix=matrix,
            most=max(counts.values(), default=1),
            fewest=FEWEST,
            abroad=sum(number for (one, other), number in counts.items() if one != other),
            at_home=sum(number for (one, other), number in counts.items() if one == other),
        )
