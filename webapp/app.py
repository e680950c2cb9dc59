"""The whole assembly, on one page."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from litestar import HttpMethod, Litestar
from litestar.config.compression import CompressionConfig
from litestar.connection.base import empty_receive, empty_send
from litestar.datastructures import FormMultiDict, State
from litestar.di import Provide
from litestar.exceptions import ClientException
from litestar.logging import LoggingConfig
from litestar.plugins.htmx import HTMXDetails, HTMXPlugin, HTMXRequest
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE
from litestar.template import TemplateConfig
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost

from webapp import clock
from webapp.conference.programme import Programme
from webapp.controllers.account import AccountController, AddressChangeController
from webapp.controllers.booking.changes import ChangesController, DetailsController, own_details, standing_of
from webapp.controllers.booking.invoices import InvoicesController, invoice_at
from webapp.controllers.booking.proposals import ProposalsController
from webapp.controllers.booking.registration import BookingController, RegistrationController, booking_at
from webapp.controllers.booking.tickets import TicketController, ticket_worker
from webapp.controllers.booking.waiting import (
    BookingWaitingController,
    ConferenceWaitingController,
    WaitingController,
)
from webapp.controllers.development import DevelopmentController
from webapp.controllers.health import health
from webapp.controllers.meeting_place.board import BoardController
from webapp.controllers.meeting_place.care import CareController
from webapp.controllers.meeting_place.contacts import ContactsController
from webapp.controllers.meeting_place.network import NetworkController
from webapp.controllers.meeting_place.news_mail import NewsMailController
from webapp.controllers.meeting_place.profile import MeetingPlaceController, member_of
from webapp.controllers.meeting_place.round_tables import FoyerController, TablesController
from webapp.controllers.my_programme import MyProgrammeController, planner_of
from webapp.controllers.organise import OrganiseController
from webapp.controllers.programme import ProgrammeController, session_at
from webapp.controllers.questions.desk import ModerationController, moderator_of
from webapp.controllers.questions.panel import QuestionsController, me_of
from webapp.controllers.questions.screen import BigScreenController
from webapp.controllers.sign_in import SignInController, sign_in_of
from webapp.controllers.static import favicon, static_file
from webapp.database.engine import DB
from webapp.live.feeds import Feeds
from webapp.live.streams import HEAD_ONLY, SERVERS_SEND, Live
from webapp.mail.post import Post
from webapp.running.housekeeping import keeping_house
from webapp.running.waiting_list import Usher
from webapp.settings import settings
from webapp.text import names
from webapp.web.errors import HANDLERS
from webapp.web.guards import same_origin
from webapp.web.headers import protect
from webapp.web.pages import COMPRESSED
from webapp.web.rendering import environment

LONGEST_FORM = 512 * 1024
"""Bytes a request may carry: a booking of twenty delegates with every field full fits in."""
MOST_FIELDS = 1000
"""Fields of a form, as Litestar has it for forms in parts: a booking of twenty delegates has some three hundred."""


class FormRequest(HTMXRequest):
    """A request whose form is counted before it is taken apart: that takes a worker's time, and counting takes none."""

    def __init__(self, scope: Any, receive: Any = empty_receive, send: Any = empty_send) -> None:
        super(HTMXRequest, self).__init__(scope, receive, send)

    @property
    def htmx(self) -> HTMXDetails:  # type: ignore[override]
        """Made when it is asked for: kept by the request, the two would hold each other until a collection."""
        return HTMXDetails(self)

    async def form(self) -> FormMultiDict:
        if (await self.body()).count(b"&") >= MOST_FIELDS:
            raise ClientException(status_code=HTTP_413_REQUEST_ENTITY_TOO_LARGE)
        return await super().form()


class Plenum(Litestar):
    """Litestar that answers HEAD wherever it answers GET (the server leaves the body out), and lets streams through."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("method") == HttpMethod.HEAD:
            scope = {**scope, "method": HttpMethod.GET, HEAD_ONLY: True}
        scope[SERVERS_SEND] = send
        try:
            await super().__call__(scope, receive, send)
        finally:
            del scope[SERVERS_SEND]  # which holds the scope itself


def create_app() -> Litestar:
    url = settings().redis_url or "redis://localhost"
    # Requests do not wait long for Redis: what it keeps for them they can do without. A connection that has ended
    # is made anew; one that hangs is not waited for twice.
    once_more = Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,))
    redis = Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=once_more)
    # The subscription waits for news as long as it takes, and tries again in its own time.
    live = Live(Redis.from_url(url, health_check_interval=15, retry=Retry(NoBackoff(), 0)))
    environment.globals["delayed"] = lambda: live.delayed
    feeds = Feeds(live)
    post_box = Post(settings(), lambda: feeds.any_programme)
    usher = Usher(feeds, post_box)

    @contextlib.asynccontextmanager
    async def running(_: Litestar) -> AsyncIterator[None]:
        settings().make_data()
        names.lists()  # read before anybody waits for them
        await DB.start_connection_pool()
        try:
            async with live.running(), post_box.running(), usher.running(), keeping_house():
                # What is here now stays: looking through it again and again for what may go would stop the worker for
                # a tenth of a second each time.
                gc.collect()
                gc.freeze()
                yield
        finally:
            await redis.aclose()
            await live.close()
            await DB.close_connection_pool()

    def provide_feeds() -> Feeds:
        return feeds

    def provide_programme() -> Programme:
        return feeds.programme

    def provide_post_box() -> Post:
        return post_box

    def provide_usher() -> Usher:
        return usher

    def provide_redis() -> Redis:
        return redis

    def provide_now() -> datetime:
        return clock.now()

    development = [DevelopmentController] if settings().development else []
    return Plenum(
        plugins=[HTMXPlugin()],
        route_handlers=[
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
            QuestionsController,
            ModerationController,
            BigScreenController,
            BoardController,
            MeetingPlaceController,
            CareController,
            ContactsController,
            TablesController,
            FoyerController,
            NetworkController,
            NewsMailController,
            *development,
            static_file,
            favicon,
            health,
        ],
        dependencies={
            "feeds": Provide(provide_feeds, sync_to_thread=False),
            "programme": Provide(provide_programme, sync_to_thread=False),
            "post_box": Provide(provide_post_box, sync_to_thread=False),
            "usher": Provide(provide_usher, sync_to_thread=False),
            "redis": Provide(provide_redis, sync_to_thread=False),
            "now": Provide(provide_now, sync_to_thread=False),
            "sign_in": Provide(sign_in_of),
            "session": Provide(session_at),
            "planner": Provide(planner_of),
            "booking": Provide(booking_at),
            "standing": Provide(standing_of),
            "invoice": Provide(invoice_at),
            "own": Provide(own_details),
            "me": Provide(me_of),
            "moderator": Provide(moderator_of),
            "member": Provide(member_of),
        },
        guards=[same_origin],
        exception_handlers=HANDLERS,
        before_send=[protect],
        request_class=FormRequest,
        lifespan=[running],
        state=State({"feeds": feeds}),
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment)),
        request_max_body_size=LONGEST_FORM,
        openapi_config=None,
        # What is drawn for one visitor. Public pages come compressed already (webapp/web/pages.py).
        compression_config=CompressionConfig(
            backend="brotli", brotli_quality=4, minimum_size=1000, exclude_opt_key=COMPRESSED
        ),
        logging_config=LoggingConfig(
            root={"level": "WARNING", "handlers": ["queue_listener"]}, log_exceptions="never"
        ),
    )
