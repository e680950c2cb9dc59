"""The big screen: opened on any computer with the panel's screen code, to show and never to change anything."""

from __future__ import annotations

import json
import secrets
from typing import Annotated, Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from litestar.types import ASGIApp
from markupsafe import Markup
from pydantic import BaseModel, Field, ValidationError
from redis.asyncio import Redis

from webapp.conference.programme import Programme
from webapp.live.announced import SCREENS
from webapp.live.feeds import Feeds
from webapp.live.panel_feeds import PanelFeeds
from webapp.questions.codes import as_code
from webapp.settings import settings
from webapp.web import limits, qr
from webapp.web.limits import MINUTE, Limit
from webapp.web.pages import COMPRESSED
from webapp.web.rendering import page

WRONG_CODES = Limit("screen-code", 60, MINUTE)
"""From one source. A code is one of a million million, so this is for the log's sake rather than the code's."""


class ScreenReport(BaseModel):
    """What a screen says that it shows."""

    screen: Annotated[str, Field(min_length=1, max_length=40)]
    name: Annotated[str, Field(max_length=40)] = ""
    question: Annotated[int, Field(ge=0)] = 0
    ms: Annotated[int, Field(ge=0)] = 0


class BigScreenController(Controller):
    @get("/screen")
    async def ask_for_code(self, programme: NamedDependency[Programme]) -> Template:
        return _code_page(programme)

    @post("/screen")
    async def open(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
    ) -> Template | Redirect:
        typed = str((await request.form()).get("code", ""))[:40]
        code = as_code(typed)
        for known in feeds.panels:
            panel = await feeds.panel(known.slug)
            if secrets.compare_digest(panel.row["screen_code"].encode(), code.encode()):
                return Redirect(f"/panels/{panel.slug}/screen/{code}", status_code=303)
        source = limits.source_of(request)
        turn = await WRONG_CODES.turn(redis, source)
        if not turn.granted:
            wait = f"Too many codes were tried. Please wait {limits.in_words(turn.wait)}."
            return _code_page(programme, typed, wait, 429)
        return _code_page(
            programme,
            typed,
            "This is no screen’s code. The moderator’s desk shows it: eight letters and digits.",
            422,
        )

    @get("/panels/{slug:str}/screen/{code:str}")
    async def show(self, feeds: NamedDependency[Feeds], slug: FromPath[str], code: FromPath[str]) -> Template:
        panel = opened(await feeds.panel(slug), code)
        return page(
            "questions/screen/screen.html",
            programme=panel.programme,
            panel=panel.view,
            state=Markup(panel.screen.data.decode()),  # noqa: S704 - drawn by a template, which escapes
            code=code,
            page_url="",
        )

    @get("/panels/{slug:str}/screen/{code:str}/live", opt={COMPRESSED: True})
    async def live(self, feeds: NamedDependency[Feeds], slug: FromPath[str], code: FromPath[str]) -> ASGIApp:
        """What the screen shows: whole, each time it changes."""
        return feeds.stream(opened(await feeds.panel(slug), code).screen)

    @get("/panels/{slug:str}/screen/{code:str}/qr.svg")
    async def room_qr_code(
        self, feeds: NamedDependency[Feeds], slug: FromPath[str], code: FromPath[str]
    ) -> Response[bytes]:
        """The way in for whoever is in the room: with the room code, where guests may take part."""
        panel = opened(await feeds.panel(slug), code)
        room = f"?room={panel.row['room_code']}" if panel.row["guests"] else ""
        return qr.picture(f"{settings().url}/panels/{slug}{room}" if room else f"{settings().url}/ask")

    @post("/panels/{slug:str}/screen/{code:str}/shown", status_code=204)
    async def shown(
        self, request: HTMXRequest, feeds: NamedDependency[Feeds], slug: FromPath[str], code: FromPath[str]
    ) -> None:
        """A screen says what it shows, so that the desk can see it."""
        known = feeds.known(slug)
        panel = opened(known or await feeds.panel(slug), code)
        try:
            said = ScreenReport.model_validate_json(await request.body())
        except ValidationError:
            return
        news: dict[str, Any] = {
            "panel": panel.slug,
            "id": said.screen,
            "name": said.name,
            "question": said.question,
            "ms": said.ms,
        }
        await feeds.announce(SCREENS, json.dumps(news))


def opened(panel: PanelFeeds, code: str) -> PanelFeeds:
    """The panel whose screen this code opens. Raises NotFoundException for any other."""
    if not secrets.compare_digest(panel.row["screen_code"].encode(), as_code(code).encode()):
        raise NotFoundException(
            "This screen’s address is no longer valid. The moderator’s desk shows the new one."
        )
    return panel


def _code_page(programme: Programme, typed: str = "", error: str = "", status: int = 200) -> Template:
    return page(
        "questions/screen/code.html",
        status=status,
        programme=programme,
        typed=typed,
        error=error,
        page_url=f"{settings().url}/screen",
    )
