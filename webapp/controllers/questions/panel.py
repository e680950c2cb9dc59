"""The room of a panel: everybody reads, and who has the code comes in to take part."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from litestar.types import ASGIApp
from redis.asyncio import Redis

from webapp.conference.programme import Programme
from webapp.live.feeds import Feeds
from webapp.live.readers import Reader
from webapp.questions import pages, signature
from webapp.questions.codes import as_code
from webapp.questions.forms import JoinForm
from webapp.questions.me import Me, known_again, me_at, voice_at, voice_cookie
from webapp.questions.views import QuestionView
from webapp.settings import settings
from webapp.tables import Participant, own_name
from webapp.web import limits, qr
from webapp.web.limits import AT_ONCE, MINUTE, Limit, Turn
from webapp.web.pages import COMPRESSED
from webapp.web.rendering import PRIVATE, page
from webapp.web.signing import Voice
from webapp.web.wants import wants_after

JOINS_OF_ALL = Limit("join together", 1_000, MINUTE)
"""In a panel, a minute: a hall of 2,000 is in within two."""
JOINS = Limit("join", 300, MINUTE)
"""From one source, which a hall may be: a telephone that joins again and again is many voices."""
WRONG_CODES = Limit("room-code", 20, MINUTE)
"""From one source, in a panel."""
WRONG_CODES_OF_ALL = Limit("room-code together", 1_000, MINUTE)


class PanelController(Controller):
    @get("/ask")
    async def ask_somewhere(
        self, feeds: NamedDependency[Feeds], programme: NamedDependency[Programme]
    ) -> Template | Redirect:
        views = [panel.view for panel in feeds.panels]
        open_now = [view for view in views if view.is_open]
        if len(open_now) == 1:
            return Redirect(f"/panels/{open_now[0].slug}", status_code=303, headers=PRIVATE)
        to_come = [
            (opens, number)
            for number, view in enumerate(views)
            if (opens := view.opens_at) and opens > view.now and not view.by_hand
        ]
        return page(
            "questions/which.html",
            programme=programme,
            panels=sorted(views, key=lambda view: not view.is_open),
            opens_next=views[min(to_come)[1]] if to_come else None,
            page_url=f"{settings().url}/ask",
        )

    @get("/panels/{slug:str}")
    async def show(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        me: NamedDependency[Me | None],
        slug: FromPath[str],
    ) -> Template:
        panel = await feeds.panel(slug)
        form = await signature.empty_form(me, panel.programme, request.query_params.get("for", "")[:200])
        joining = JoinForm(room_code=as_code(request.query_params.get("room", "")))
        answer = await pages.room(panel, me, form=form, joining=joining)
        answer.cookies.extend(known_again(me))
        return answer

    @get("/panels/{slug:str}/live", opt={COMPRESSED: True})
    async def live(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        me: NamedDependency[Me | None],
        slug: FromPath[str],
    ) -> ASGIApp:
        """The public questions, and to whoever takes part what became of theirs, and what they have voted for."""
        if "as" in request.query_params and (me is None or me.guest):  # the page was a delegate's
            raise NotAuthorizedException("You are signed out here. Please sign in again to take part.")
        after = wants_after(request)
        panel = await feeds.panel_up_to(slug, after)
        mine = [await panel.own(me.participant, after)] if me else []
        if me is None or me.person is None:  # a guest has one telephone
            return feeds.stream(panel.room, *mine, after=after)
        mine.append(await panel.votes_of(me.participant))
        return feeds.stream(panel.room, *mine, after=after, reader=Reader(me.person, since=me.since))

    @get("/panels/{slug:str}/questions.json")
    async def as_json(self, feeds: NamedDependency[Feeds], slug: FromPath[str]) -> Response[dict[str, Any]]:
        panel = await feeds.panel(slug)
        return Response(
            {
                "cursor": panel.room.revision,
                "open": panel.view.is_open,
                "questions": [_public(card) for card in panel.room.cards.values()],
            },
            headers=PRIVATE,
        )

    @get("/panels/{slug:str}/qr.svg")
    async def qr_code(self, feeds: NamedDependency[Feeds], slug: FromPath[str]) -> Response[bytes]:
        await feeds.panel(slug)
        return qr.picture(f"{settings().url}/ask")

    @post("/panels/{slug:str}/guests")
    async def join(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        redis: NamedDependency[Redis],
        me: NamedDependency[Me | None],
        now: NamedDependency[datetime],
        slug: FromPath[str],
    ) -> Template | Redirect:
        panel = await feeds.panel(slug)
        form = JoinForm.read(await request.form())
        if form.name and await own_name.is_anothers(form.name, panel.programme.file):
            form.errors["name"] = own_name.ANOTHERS
        if not form.errors:
            before = voice_at(request, feeds.silenced, now)
            known = before.participant if before.person is None else None
            right = panel.view.guests and panel.row["room_code"] == form.room_code
            turn = await _turn_to_join(request, redis, slug, right=right)
            if not turn.granted:
                wait = limits.in_words(turn.wait)
                form.errors["room_code"] = (
                    f"Many people are joining just now. Nothing is lost: please press Join again in {wait}."
                    if right
                    else f"Too many codes were tried. Please wait {wait}, and look at the big screen."
                )
                return await pages.room(panel, me, joining=form, status=429)
            let_in = await Participant.join_as_guest(slug, form.room_code, form.name, now, known)
            if let_in is not None:
                participant, key = let_in
                rooms = {**(before.rooms if known else {}), slug: key}
                voice = Voice(participant, None, form.name, rooms, now)
                return Redirect(f"/panels/{slug}", status_code=303, cookies=[voice_cookie(voice)])
            form.errors["room_code"] = (
                "This is not the room’s code. It is on the big screen; letters and digits, six in all."
                if panel.view.guests
                else "This panel is for delegates only. Please sign in."
            )
        return await pages.room(panel, me, joining=form, status=422)


async def me_of(
    request: HTMXRequest,
    feeds: NamedDependency[Feeds],
    now: NamedDependency[datetime],
    slug: FromPath[str],
) -> Me | None:
    """Who takes part in this panel at this browser."""
    return await me_at(request, slug, feeds.silenced, now)


async def _turn_to_join(request: HTMXRequest, redis: Redis, slug: str, *, right: bool) -> Turn:
    """When somebody may come in with the `right` code, or try another wrong one."""
    source = limits.source_of(request)
    if not source:
        return AT_ONCE
    of_one, of_all = (JOINS, JOINS_OF_ALL) if right else (WRONG_CODES, WRONG_CODES_OF_ALL)
    turn = await of_one.turn(redis, f"{slug} {source}")
    # The source first: what one is refused takes nothing from the others.
    return await of_all.turn(redis, slug) if turn.granted else turn


def _public(card: QuestionView) -> dict[str, Any]:
    return {
        "id": card.id,
        "text": card.text,
        "votes": card.votes,
        "tally": card.tally,
        "state": card.state,
        "addressee": card.to,
        "about": card.about,
        "name": card.name,
        "source": card.source,
        "position": card.position,
    }
