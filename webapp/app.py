"""The whole assembly, on one page."""

from __future__ import annotations

import contextlib
import gc
import logging
from collections.abc import AsyncIterator
from datetime import datetime

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.plugins.htmx import HTMXPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig
from litestar.types import ControllerRouterHandler
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost

from webapp import __version__, clock
from webapp.booking.booking_view import booking_at, view_of
from webapp.booking.delegate_change import own_details
from webapp.conference.programme import Programme
from webapp.controllers.account import AccountController, AddressChangeController
from webapp.controllers.booking.booking import BookingController
from webapp.controllers.booking.changes import ChangesController, DetailsController
from webapp.controllers.booking.invoices import InvoicesController, invoice_at
from webapp.controllers.booking.proposals import ProposalsController
from webapp.controllers.booking.registration import RegistrationController
from webapp.controllers.booking.tickets import TicketController, ticket_worker
from webapp.controllers.booking.waiting import (
    BookingWaitingController,
    ConferenceWaitingController,
    WaitingController,
)
from webapp.controllers.development import DevelopmentController
from webapp.controllers.health import health
from webapp.controllers.meeting_place.board import BoardController
from webapp.controllers.meeting_place.cards import CardsController
from webapp.controllers.meeting_place.care import CareController
from webapp.controllers.meeting_place.contacts import ContactsController
from webapp.controllers.meeting_place.conversations import ConversationsController
from webapp.controllers.meeting_place.foyer import FoyerController
from webapp.controllers.meeting_place.network import NetworkController
from webapp.controllers.meeting_place.news_mail import NewsMailController
from webapp.controllers.meeting_place.notices import NoticesController
from webapp.controllers.meeting_place.profile import ProfileController
from webapp.controllers.meeting_place.round_tables import RoundTablesController
from webapp.controllers.my_programme import MyProgrammeController, planner_of
from webapp.controllers.organise import OrganiseController
from webapp.controllers.programme import ProgrammeController, session_at
from webapp.controllers.questions.asking import AskingController
from webapp.controllers.questions.desk import ModerationController, moderator_of
from webapp.controllers.questions.panel import PanelController, me_of
from webapp.controllers.questions.screen import BigScreenController
from webapp.controllers.questions.voting import VotingController
from webapp.controllers.sign_in import SignInController
from webapp.controllers.static import favicon, static_file
from webapp.database.engine import DB
from webapp.live.feeds import Feeds
from webapp.live.news import Live
from webapp.mail.post import Post
from webapp.meeting_place.members import member_of
from webapp.running.chores import Chores
from webapp.settings import settings
from webapp.text import names
from webapp.web.errors import HANDLERS
from webapp.web.guards import plain_form, same_origin
from webapp.web.headers import protect
from webapp.web.numbers import bounded
from webapp.web.pages import COMPRESSED
from webapp.web.rendering import environment
from webapp.web.requests import LONGEST_FORM, FormRequest, Plenum
from webapp.web.sign_ins import organiser_of, owner_of, proven_of, sign_in_of
from webapp.web.slow import notice_slow

log = logging.getLogger(__name__)

PAGES: list[ControllerRouterHandler] = [
    ProgrammeController,
    MyProgrammeController,
    RegistrationController,
    BookingController,
    ChangesController,
    ProposalsController,
    DetailsController,
    InvoicesController,
    BookingWaitingController,
    ConferenceWaitingController,
    WaitingController,
    OrganiseController,
    TicketController,
    ticket_worker,
    SignInController,
    AccountController,
    AddressChangeController,
    PanelController,
    AskingController,
    VotingController,
    ModerationController,
    BigScreenController,
    BoardController,
    ProfileController,
    NoticesController,
    CareController,
    ConversationsController,
    ContactsController,
    CardsController,
    RoundTablesController,
    FoyerController,
    NetworkController,
    NewsMailController,
    static_file,
    favicon,
    health,
]
FOUND = {
    "sign_in": Provide(sign_in_of),
    "proven": Provide(proven_of),
    "owner": Provide(owner_of),
    "organiser": Provide(organiser_of),
    "session": Provide(session_at),
    "planner": Provide(planner_of),
    "booking": Provide(booking_at),
    "view": Provide(view_of),
    "invoice": Provide(invoice_at),
    "own": Provide(own_details),
    "me": Provide(me_of),
    "moderator": Provide(moderator_of),
    "member": Provide(member_of),
}
"""What handlers ask for by name: found by the request’s address or cookies, or the request is answered with a 404."""


class Services:
    """What each worker has one of, and hands to the handlers that ask for it by name."""

    def __init__(self) -> None:
        url = settings().redis_url or "redis://localhost"
        # Requests do not wait long for Redis: what it keeps for them they can do without. A connection that has
        # ended is made anew; one that hangs is not waited for twice.
        once_more = Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,))
        self.redis = Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=once_more)
        # The subscription waits for news as long as it takes, and tries again in its own time.
        self.live = Live(Redis.from_url(url, health_check_interval=15, retry=Retry(NoBackoff(), 0)))
        self.feeds = Feeds(self.live)
        self.post_box = Post(settings(), lambda: self.feeds.any_programme)
        self.chores = Chores(self.feeds, self.post_box)

    @contextlib.asynccontextmanager
    async def running(self, _: Litestar) -> AsyncIterator[None]:
        settings().make_data()
        names.lists()  # read before anybody waits for them
        await DB.start_connection_pool()
        try:
            async with self.live.running(), self.post_box.running(), self.chores.running():
                log.info("A worker is up: Plenum %s on %s", __version__, DB.engine_type)
                # What is here now stays: looking through it again and again for what may go would stop the worker for
                # a tenth of a second each time.
                gc.collect()
                gc.freeze()
                yield
                log.info("A worker stops")
        finally:
            await self.redis.aclose()
            await self.live.close()
            await DB.close_connection_pool()

    def provided(self) -> dict[str, Provide]:
        def feeds() -> Feeds:
            return self.feeds

        def programme() -> Programme:
            return self.feeds.programme

        def post_box() -> Post:
            return self.post_box

        def chores() -> Chores:
            return self.chores

        def redis() -> Redis:
            return self.redis

        def now() -> datetime:
            return clock.now()

        here = (feeds, programme, post_box, chores, redis, now)
        return {one.__name__: Provide(one, sync_to_thread=False) for one in here}


def create_app() -> Litestar:
    services = Services()
    environment.globals["delayed"] = lambda: services.live.delayed
    return Plenum(
        plugins=[HTMXPlugin()],
        route_handlers=[*PAGES, DevelopmentController] if settings().development else PAGES,
        dependencies={**services.provided(), **FOUND},
        guards=[same_origin, plain_form, bounded],
        exception_handlers=HANDLERS,
        before_send=[protect, notice_slow],
        request_class=FormRequest,
        lifespan=[services.running],
        state=State({"feeds": services.feeds}),
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment)),
        request_max_body_size=LONGEST_FORM,
        openapi_config=None,
        # What is drawn for one visitor. Public pages come compressed already (webapp/web/pages.py).
        compression_config=CompressionConfig(
            backend="brotli", brotli_quality=4, minimum_size=1000, exclude_opt_key=COMPRESSED
        ),
        logging_config=None,  # webapp/running/logs.py
    )
