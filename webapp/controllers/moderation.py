"""The desk: moderators curate what is asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException, NotFoundException, PermissionDeniedException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from litestar.types import ASGIApp

from webapp.controllers.questions import by_votes, following, newest_first
from webapp.cookies import SIGN_IN
from webapp.feeds import QUESTIONS, Feeds, PanelFeeds
from webapp.guards import plain_form
from webapp.meeting_feeds import MEETING
from webapp.pages import COMPRESSED
from webapp.panels import Card, addressees
from webapp.question_form import SOURCES, FloorForm
from webapp.refusal import Refused
from webapp.rendering import PRIVATE, page
from webapp.settings import settings
from webapp.tables import Act, Moderator, Person, Question, SignIn
from webapp.tables.questions import DONE, Source, State, Verb, new_code, set_on_panel

SWITCHES = {
    "post_moderated": ("Questions are listed at once.", "Questions wait to be approved."),
    "blackout": ("The screen is dark.", "The screen is back."),
    "guests": ("Guests may take part with the room code.", "Only delegates may take part."),
    "show_next": ("The screen shows what is up next.", "The screen keeps what is up next to itself."),
}
"""Settings of a panel that are on or off, and what is said when they have been switched."""
BY_HAND = {
    "open": "The panel is open.",
    "closed": "The panel is closed.",
    "": "The panel follows its schedule.",
}


class ModerationController(Controller):
    path = "/panels/{slug:str}"
    guards = (plain_form,)

    @get("/desk")
    async def desk(
        self, feeds: NamedDependency[Feeds], moderator: NamedDependency[Person], slug: FromPath[str]
    ) -> Template:
        return await _desk(await feeds.panel(slug), moderator)

    @get("/desk/live", opt={COMPRESSED: True})
    async def live(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        moderator: NamedDependency[Person],  # noqa: ARG002 - it is enough that there is one
        slug: FromPath[str],
    ) -> ASGIApp:
        """Every question, and what the screens show."""
        panel, after = await following(request, feeds, slug)
        return feeds.stream(panel.desk, panel.health, after=after)

    @get("/desk/log")
    async def log(
        self, feeds: NamedDependency[Feeds], moderator: NamedDependency[Person], slug: FromPath[str]
    ) -> Template:
        panel = await feeds.panel(slug)
        zone = panel.programme.conference.zone
        return page(
            "moderation/log.html",
            programme=panel.programme,
            panel=panel.view,
            moderator=_named(moderator),
            acts=[
                (
                    row["at"].astimezone(zone),
                    row["moderator.name"] or row["moderator.email"] or "Somebody",
                    _says(row),
                    row["question.text"] or "",
                )
                for row in await Act.trail(slug)
            ],
            page_url=f"{settings().url}/panels/{slug}/desk/log",
        )

    @post("/questions/{question:int}/acts/{verb:str}", status_code=200)
    async def act(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        moderator: NamedDependency[Person],
        now: NamedDependency[datetime],
        slug: FromPath[str],
        question: FromPath[int],
        verb: FromPath[str],
    ) -> Response[Any]:
        if verb not in list(Verb) or question >= 2**31:
            raise NotFoundException("This cannot be done with a question.")
        fields = await request.form()
        seen = str(fields.get("seen", ""))
        try:
            done = await Question.act(
                slug,
                question,
                Verb(verb),
                int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else -1,
                moderator.id,
                now,
                " ".join(str(fields.get("reason", "")).replace("\0", "").split())[:300],
            )
        except Refused as refusal:
            return _refused(request, refusal)
        feeds.announce_soon(MEETING, QUESTIONS)  # people may go on talking about it there
        return await _done(request, feeds, slug, f"{DONE[verb].capitalize()}.", done)

    @post("/desk/acts/{act:int}/undo", status_code=200)
    async def undo(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        moderator: NamedDependency[Person],
        now: NamedDependency[datetime],
        slug: FromPath[str],
        act: FromPath[int],
    ) -> Response[Any]:
        try:
            await Act.undo(slug, min(act, 2**31 - 1), moderator.id, now)
        except Refused as refusal:
            return _refused(request, refusal)
        feeds.announce_soon(MEETING, QUESTIONS)
        return await _done(request, feeds, slug, "Undone.")

    @post("/desk/questions", status_code=200)
    async def bring(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        moderator: NamedDependency[Person],
        now: NamedDependency[datetime],
        slug: FromPath[str],
    ) -> Response[Any]:
        """List a question from the floor, or from elsewhere."""
        panel = await feeds.panel(slug)
        form = FloorForm.read(await request.form(), addressees(panel.session, panel.programme))
        if form.errors:
            if _wants_json(request):
                return Response({"errors": form.errors}, status_code=422, headers=PRIVATE)
            return await _desk(panel, moderator, form, status=422)
        source = Source(form.source)
        done = await Question.bring(slug, moderator.id, form.asked, source, form.author, form.link, now)
        return await _done(request, feeds, slug, "Listed.", done)

    @post("/desk/settings/{setting:str}", status_code=200)
    async def set(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        moderator: NamedDependency[Person],
        now: NamedDependency[datetime],
        slug: FromPath[str],
        setting: FromPath[str],
    ) -> Response[Any]:
        typed = str((await request.form()).get("value", ""))
        value: str | bool
        if setting in SWITCHES and typed in ("yes", "no"):
            value = typed == "yes"
            says = SWITCHES[setting][0 if value else 1]
        elif setting == "by_hand" and typed in BY_HAND:
            value, says = typed, BY_HAND[typed]
        elif setting == "screen_code" and typed == "renew":
            value, says = new_code(8), "There is a new screen code. Screens with the old one have gone dark."
        elif setting == "room_code" and typed == "renew":
            value, says = new_code(6), "There is a new room code."
        else:
            raise NotFoundException("There is no such setting.")
        await set_on_panel(slug, setting, value, moderator.id, now)
        return await _done(request, feeds, slug, says)


async def moderator_of(request: HTMXRequest, now: NamedDependency[datetime], slug: FromPath[str]) -> Person:
    """Whoever moderates this panel at this browser. Nobody else comes in."""
    key = request.cookies.get(SIGN_IN)
    sign_in = await SignIn.of(key, now) if key else None
    if sign_in is None or not sign_in.proven:
        raise NotAuthorizedException("Please sign in: the desk is for the moderators of this panel.")
    moderator = await Moderator.of(sign_in.person, slug)
    if moderator is None:
        raise PermissionDeniedException(
            "The desk is for the moderators of this panel. An organiser can make you one of them."
        )
    return moderator


async def _desk(
    panel: PanelFeeds, moderator: Person, form: FloorForm | None = None, *, status: int = 200
) -> Template:
    view = panel.view
    orders: dict[str, Any] = {
        State.WAITING: lambda card: card.id,
        State.NEXT: _by_position,
        State.LISTED: by_votes,
    }
    return page(
        "moderation/desk.html",
        status=status,
        programme=panel.programme,
        panel=view,
        cursor=panel.desk.revision,
        lists={
            state.value: panel.desk.listed(state, order=orders.get(state, newest_first)) for state in State
        },
        counts=view.counts,
        sources=list(SOURCES.items()),
        addressees=addressees(panel.session, panel.programme),
        form=form or FloorForm(),
        screens=list(panel.screens.values()),
        moderator=_named(moderator),
        notice="",
        last_act=None,
        page_url=f"{settings().url}/panels/{panel.slug}/desk",
    )


async def _done(
    request: HTMXRequest, feeds: Feeds, slug: str, says: str, act: Act | None = None
) -> Response[Any]:
    told = await feeds.announce(QUESTIONS, slug)
    if _wants_json(request):
        answer: dict[str, Any] = {"done": says, "delayed": not told}
        if act:
            answer |= {"act": act.id, "revision": act.revision}
        return Response(answer, headers=PRIVATE)
    return Redirect(f"/panels/{slug}/desk", status_code=303)


def _refused(request: HTMXRequest, refusal: Refused) -> Response[Any]:
    if _wants_json(request):
        return Response({"reason": refusal.reason}, status_code=409, headers=PRIVATE)
    raise refusal


def _wants_json(request: HTMXRequest) -> bool:
    return bool(request.htmx) or "application/json" in request.headers.get("accept", "")


def _named(moderator: Person) -> str:
    return moderator.name or moderator.email


def _by_position(card: Card) -> tuple[int, int]:
    return card.position, card.id


def _says(row: dict[str, Any]) -> str:
    """An act in words, after the name of who did it."""
    says = DONE.get(row["verb"]) or f"set {row['verb'].replace('_', ' ')}"
    if row["detail"]:
        says += f": {row['detail']}"
    return says + (" (undone)" if row["undone_at"] else "")
