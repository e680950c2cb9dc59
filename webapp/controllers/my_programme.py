"""My programme: marked by anybody, without an account; what a delegate has booked is in it of itself."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from litestar.types import ASGIApp

from webapp.conference.calendar import programme_calendar
from webapp.conference.file import Session
from webapp.conference.programme import Programme, clashes
from webapp.live.announced import PLANNERS
from webapp.live.feeds import Feeds
from webapp.live.readers import Reader
from webapp.settings import settings
from webapp.tables import Planner, SignIn
from webapp.web.cookies import A_YEAR, MARKS, PLANNER, cookie
from webapp.web.pages import CALENDAR, COMPRESSED, Page
from webapp.web.rendering import page
from webapp.web.wants import wants_json


@dataclass(frozen=True)
class Entry:
    """A session of somebody's own programme."""

    session: Session
    why: str
    """`marked`, `booked`, or `everybody`: it is for all who have a place."""
    clashes: tuple[Session, ...]


class MyProgrammeController(Controller):
    """One's own programme, its calendar, and what is marked."""

    @get("/my-programme")
    async def index(
        self, programme: NamedDependency[Programme], planner: NamedDependency[Planner | None]
    ) -> Template:
        marks = await planner.marks() if planner else []
        answer = page(
            "programme/mine/index.html",
            programme=programme,
            entries=await _entries(programme, planner) if planner else [],
            marks=".".join(marks),
            signed_in=planner is not None and planner.person is not None,
            feed_url=f"{settings().url}/my-programme/{planner.key}.ics" if planner else None,
            page_url=f"{settings().url}/my-programme",
        )
        if planner is not None and planner.person is not None:
            answer.cookies.append(cookie(MARKS, ".".join(marks), A_YEAR))
        return answer

    @get("/my-programme/live", opt={COMPRESSED: True})
    async def live(
        self,
        feeds: NamedDependency[Feeds],
        planner: NamedDependency[Planner | None],
        sign_in: NamedDependency[SignIn | None],
    ) -> ASGIApp:
        """Stream what the visitor marks on their devices. Without a sign-in there is one device, and this says so."""
        if planner is None or planner.person is None:
            return feeds.stream(feeds.marks.nobodys)
        return feeds.stream(await feeds.marks.marks_of(planner), reader=Reader.at(sign_in))

    @get("/my-programme/{file:str}", opt={COMPRESSED: True})
    async def calendar(
        self, request: HTMXRequest, programme: NamedDependency[Programme], file: FromPath[str]
    ) -> Response[bytes]:
        planner = await Planner.with_key(file.removesuffix(".ics")) if file.endswith(".ics") else None
        if planner is None:
            raise NotFoundException(
                "This calendar does not exist. “My programme” shows the address of yours."
            )
        sessions = [entry.session for entry in await _entries(programme, planner)]
        name = f"{programme.conference.title}: my programme"
        return Page(
            programme_calendar(programme, sessions, name=name, base_url=settings().url),
            CALENDAR,
            private=True,
        ).answer(request)

    @post("/programme/{slug:str}/mark")
    async def mark(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        planner: NamedDependency[Planner | None],
        session: NamedDependency[Session],
    ) -> Response[None]:
        planner = planner or await Planner.begin()
        await planner.mark(session.slug)
        return await _back(request, feeds, planner)

    @post("/programme/{slug:str}/unmark")
    async def unmark(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        planner: NamedDependency[Planner | None],
        slug: FromPath[str],
    ) -> Response[None]:
        if planner is not None:
            await planner.unmark(slug)
        return await _back(request, feeds, planner)


async def planner_of(request: HTMXRequest, proven: NamedDependency[SignIn | None]) -> Planner | None:
    """The visitor's planner: their own once they have signed in by mail, else this browser's."""
    if proven is not None:
        return await Planner.owned_by(proven.person)
    key = request.cookies.get(PLANNER)
    found = await Planner.with_key(key) if key else None
    return found if found is not None and found.person is None else None


async def _entries(programme: Programme, planner: Planner) -> list[Entry]:
    """What is marked, booked, or for everybody with a place, in the order of the programme, with what clashes."""
    why = dict.fromkeys(await planner.marks(), "marked")
    offers = await planner.booked()
    if offers is not None:
        why |= {session.slug: "everybody" for session in programme.attended_with(offers)}
        why |= {session.slug: "booked" for session in programme.admitted_by(offers)}
    sessions = [session for session in programme.sessions if session.slug in why]
    clashing = clashes(sessions)
    return [Entry(session, why[session.slug], clashing.get(session.slug, ())) for session in sessions]


async def _back(request: HTMXRequest, feeds: Feeds, planner: Planner | None) -> Response[None]:
    """Answer a mark: with nothing more for a script, for a form with the page that it was on."""
    cookies = []
    if planner is not None:
        if planner.person is not None:
            await feeds.announce(PLANNERS, str(planner.id))
        marks = ".".join(await planner.marks())
        cookies = [cookie(PLANNER, planner.key, A_YEAR), cookie(MARKS, marks, A_YEAR)]
    if request.htmx or wants_json(request):
        return Response(None, status_code=204, cookies=cookies)
    return Redirect(_came_from(request), status_code=303, cookies=cookies)


def _came_from(request: HTMXRequest) -> str:
    """The page of ours that the visitor was on, with what they had chosen there."""
    host, _, path = request.headers.get("referer", "").partition("://")[2].partition("/")
    if host != request.headers.get("host"):
        return "/my-programme"
    # Two slashes at the beginning would lead to another host.
    return "/" + path.partition("#")[0].lstrip("/\\")
