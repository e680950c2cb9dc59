"""The public pages: what the conference is, its programme, its speakers, and how to get there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.plugins.htmx import HTMXRequest

from webapp import clock
from webapp.conference.calendar import programme_calendar
from webapp.conference.file import Session
from webapp.conference.prices import about, tier
from webapp.conference.programme import Programme
from webapp.conference.registration import ProductKind
from webapp.conference.schedule_export import schedule_json, schedule_xml, unscheduled
from webapp.conference.structured_data import event_data
from webapp.conference.terms import terms
from webapp.live.feeds import Feeds
from webapp.settings import settings
from webapp.web.pages import CALENDAR, COMPRESSED, HTML
from webapp.web.rendering import draw
from webapp.web.wants import wants_part


class ProgrammeController(Controller):
    """The public pages, each drawn once for everybody."""

    opt = {COMPRESSED: True}  # noqa: RUF012 - Litestar reads it from the class

    @get("/")
    async def home(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        participation = programme.product(ProductKind.PARTICIPATION)
        return public(
            request,
            feeds,
            "programme/home.html",
            nav="home",
            price_now=tier(participation, now) if participation else None,
            registration_open=programme.registration_open(now),
            now_next=programme.now_and_next(now),
            json_ld=event_data(programme, settings().url),
        )

    @get("/programme")
    async def index(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        now: NamedDependency[datetime],
        category: FromQuery[str] = "",
        speaker: FromQuery[str] = "",
    ) -> Response[bytes]:
        # A filter that names nothing filters nothing, so that an old link still shows the programme.
        category_slug = category if any(c.slug == category for c in programme.categories) else None
        speaker_slug = speaker if programme.speaker(speaker) else None
        return public(
            request,
            feeds,
            "programme/_days.html" if wants_part(request) else "programme/index.html",
            nav="programme",
            days=programme.days_with(category_slug, speaker_slug),
            category=category_slug,
            speaker=speaker_slug,
            now_next=programme.now_and_next(now),
            unscheduled=unscheduled(programme),
        )

    @get("/programme/{slug:str}")
    async def session(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        now: NamedDependency[datetime],
        slug: FromPath[str],
    ) -> Response[bytes]:
        if slug.endswith(".ics"):
            return self._session_calendar(
                request, feeds, await session_at(programme, slug.removesuffix(".ics"))
            )
        session = await session_at(programme, slug)
        return public(
            request,
            feeds,
            "programme/session.html",
            nav="programme",
            session=session,
            speakers=programme.speakers_of(session),
            categories=programme.categories_of(session),
            panel=programme.panel_for(session),
            sold_as=(sold_as := programme.sold_as(session)),
            price_now=tier(sold_as, now) if sold_as else None,
            seats_left=feeds.seats.left.get(programme.file.offer_for(session) or ""),
            registration_open=programme.registration_open(now),
            json_ld=event_data(programme, settings().url, session),
        )

    def _session_calendar(self, request: HTMXRequest, feeds: Feeds, session: Session) -> Response[bytes]:
        return feeds.pages.get(
            ("ics", session.slug),
            lambda: programme_calendar(
                feeds.programme, [session], name=session.name, base_url=settings().url
            ),
            CALENDAR,
        ).answer(request)

    @get("/programme.ics")
    async def calendar(
        self, request: HTMXRequest, feeds: NamedDependency[Feeds], programme: NamedDependency[Programme]
    ) -> Response[bytes]:
        return feeds.pages.get(
            "ics",
            lambda: programme_calendar(programme, name=programme.conference.title, base_url=settings().url),
            CALENDAR,
        ).answer(request)

    @get("/programme/schedule.json")
    async def schedule_as_json(
        self, request: HTMXRequest, feeds: NamedDependency[Feeds], programme: NamedDependency[Programme]
    ) -> Response[bytes]:
        return feeds.pages.get(
            "schedule.json", lambda: schedule_json(programme, settings().url), "application/json"
        ).answer(request)

    @get("/programme/schedule.xml")
    async def schedule_as_xml(
        self, request: HTMXRequest, feeds: NamedDependency[Feeds], programme: NamedDependency[Programme]
    ) -> Response[bytes]:
        return feeds.pages.get(
            "schedule.xml", lambda: schedule_xml(programme, settings().url), "application/xml"
        ).answer(request)

    @get("/speakers")
    async def speakers(self, request: HTMXRequest, feeds: NamedDependency[Feeds]) -> Response[bytes]:
        return public(request, feeds, "programme/speakers.html", nav="speakers")

    @get("/speakers/{slug:str}")
    async def speaker(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        slug: FromPath[str],
    ) -> Response[bytes]:
        speaker = programme.speaker(slug)
        if speaker is None:
            raise NotFoundException("There is no speaker at this address. The list of speakers shows all.")
        return public(
            request,
            feeds,
            "programme/speaker.html",
            nav="speakers",
            speaker=speaker,
            sessions=programme.sessions_by(speaker),
        )

    @get("/practical")
    async def practical(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        return public(
            request,
            feeds,
            "programme/practical.html",
            nav="practical",
            tiers=(tiers := {product.slug: tier(product, now) for product in programme.products}),
            about={slug: about(programme.file, now_costs.minor) for slug, now_costs in tiers.items()},
            registration_open=programme.registration_open(now),
            terms=terms(programme.file),
        )


async def session_at(programme: NamedDependency[Programme], slug: FromPath[str]) -> Session:
    """The session of this name. Raises NotFoundException when there is none."""
    session = programme.session(slug)
    if session is None:
        raise NotFoundException("There is no session at this address. The programme shows all there are.")
    return session


def public(request: HTMXRequest, feeds: Feeds, template: str, **context: Any) -> Response[bytes]:
    """A page that reads the same for everybody. It is drawn anew when what it shows has changed."""
    path = request.url.path
    minute = clock.now().replace(second=0, microsecond=0) if clock.rehearsing() else None
    shown = tuple((name, value) for name, value in context.items() if name in TIMELY)
    key = (template, path, context.get("category"), context.get("speaker"), repr(shown), minute)
    return feeds.pages.get(
        key,
        lambda: draw(template, programme=feeds.programme, page_url=settings().url + path, **context),
        HTML,
    ).answer(request)


TIMELY = {"price_now", "seats_left", "registration_open", "now_next", "tiers"}
"""What on public pages changes as time passes and seats are taken."""
