"""The desk: moderators curate what is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException, NotFoundException, PermissionDeniedException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from litestar.types import ASGIApp

from webapp.controllers.questions.panel import following
from webapp.live.announced import MEETING, QUESTIONS
from webapp.live.feeds import Feeds, PanelFeeds
from webapp.live.readers import Reader
from webapp.questions.forms import FloorForm
from webapp.questions.states import BUTTONS, DONE, FACTS, ORIGINS, QuestionState, Source, Verb
from webapp.questions.views import ORDERS, addressees
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.tables import Act, Moderator, Person, Question, SignIn
from webapp.tables.questions.panel_settings import told
from webapp.tables.questions.question import Done, new_code, set_on_panel
from webapp.web.cookies import SIGN_IN
from webapp.web.guards import plain_form
from webapp.web.numbers import small
from webapp.web.pages import COMPRESSED
from webapp.web.rendering import PRIVATE, page
from webapp.web.wants import wants_json

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
BROUGHT = {
    QuestionState.LISTED: "listed",
    QuestionState.NEXT: DONE[Verb.NEXT],
    QuestionState.ON_SCREEN: DONE[Verb.SHOW],
}
MOST_TOGETHER = 10_000
"""Questions in one act: more than a panel takes."""
RENEWALS = {
    "room_code": "There is a new room code. Guests who are in stay in.",
    "guest_key": "All guests are out, and come in again with the new room code.",
    "screen_code": "There is a new screen code. Screens with the old one have gone dark.",
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
        sign_in: NamedDependency[SignIn | None],
        slug: FromPath[str],
    ) -> ASGIApp:
        """Every question, and what the screens show."""
        panel, after = await following(request, feeds, slug)
        return feeds.stream(panel.desk, panel.health, after=after, reader=Reader.at(sign_in, slug))

    @get("/desk/log")
    async def log(
        self, feeds: NamedDependency[Feeds], moderator: NamedDependency[Person], slug: FromPath[str]
    ) -> Template:
        panel = await feeds.panel(slug)
        zone = panel.programme.conference.zone
        return page(
            "questions/desk/log.html",
            programme=panel.programme,
            panel=panel.view,
            moderator=_named(moderator),
            acts=[
                (
                    together[0]["at"].astimezone(zone),
                    together[0]["moderator.name"] or together[0]["moderator.email"] or "Somebody",
                    _says(together),
                    [row["question.text"] for row in together if row["question.text"]],
                )
                for together in await Act.trail(slug)
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
        try:
            done = await Question.act(
                slug,
                question,
                Verb(verb),
                _number(fields, "seen"),
                moderator.id,
                now,
                _reason(fields),
                newest=_number(fields, "newest"),
                on_screen=_on_screen(fields),
                copies=_numbers(fields, "copies"),
            )
        except Refused as refusal:
            return _refused(request, refusal)
        feeds.announce_soon(MEETING, QUESTIONS)  # people may go on talking about it there
        return await _done(request, feeds, slug, DONE[verb], done)

    @post("/desk/declined", status_code=200)
    async def decline_all(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        moderator: NamedDependency[Person],
        now: NamedDependency[datetime],
        slug: FromPath[str],
    ) -> Response[Any]:
        """Decline many questions at once."""
        fields = await request.form()
        which, newest = _numbers(fields, "questions"), _number(fields, "newest")
        try:
            done = await Question.decline_all(slug, which, newest, moderator.id, now, _reason(fields))
        except Refused as refusal:
            return _refused(request, refusal)
        feeds.announce_soon(MEETING, QUESTIONS)
        left = len(which) - done.along - 1
        if left:
            done = done._replace(told=f"{_counted(left)} changed meanwhile and stayed as they are.")
        return await _done(
            request, feeds, slug, f"declined {_counted(done.along + 1)}", done._replace(along=0)
        )

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
            undone = await Act.undo(slug, min(act, 2**31 - 1), moderator.id, now)
        except Refused as refusal:
            return _refused(request, refusal)
        feeds.announce_soon(MEETING, QUESTIONS)
        but = f", but for {_counted(undone.left)} that changed since" if undone.left else ""
        return await _done(request, feeds, slug, f"undone{but}", revision=undone.revision)

    @post("/desk/questions", status_code=200)
    async def bring(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        moderator: NamedDependency[Person],
        now: NamedDependency[datetime],
        slug: FromPath[str],
    ) -> Response[Any]:
        """Take in a question from the floor, or from elsewhere."""
        panel = await feeds.panel(slug)
        fields = await request.form()
        form = FloorForm.read(fields, addressees(panel.session, panel.programme))
        if form.errors:
            if request.htmx or wants_json(request):
                return Response({"errors": form.errors}, status_code=422, headers=PRIVATE)
            return await _desk(panel, moderator, form, status=422)
        done = await Question.bring(
            slug,
            moderator.id,
            form.asked,
            Source(form.source),
            form.author,
            form.link,
            now,
            QuestionState(form.state),
            _on_screen(fields),
        )
        return await _done(request, feeds, slug, BROUGHT[QuestionState(form.state)], done)

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
        fields = await request.form()
        typed = str(fields.get("value", ""))
        values: dict[str, str | bool]
        seen = None
        if setting in SWITCHES and typed in ("yes", "no"):
            values = {setting: typed == "yes"}
            says = SWITCHES[setting][0 if typed == "yes" else 1]
        elif setting == "by_hand" and typed in BY_HAND:
            values, says = {setting: typed}, BY_HAND[typed]
        elif setting in RENEWALS and typed == "renew":
            code = "screen_code" if setting == "screen_code" else "room_code"
            values = {code: new_code(8 if code == "screen_code" else 6)}
            if setting == "guest_key":
                values = {setting: new_code(6), **values}
            seen = {code: str(fields.get("seen", ""))}
            says = RENEWALS[setting]
        else:
            raise NotFoundException("There is no such setting.")
        try:
            act = await set_on_panel(slug, values, moderator.id, now, seen=seen)
        except Refused as refusal:
            return _refused(request, refusal)
        return await _done(request, feeds, slug, says, Done(act) if act else None)


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
    lists = {state: facts for state, facts in FACTS.items() if facts.title}
    return page(
        "questions/desk/desk.html",
        status=status,
        programme=panel.programme,
        panel=view,
        cursor=panel.desk.revision,
        on_screen=next(
            (card.id for card in panel.desk.cards.values() if card.state == QuestionState.ON_SCREEN), 0
        ),
        lists=lists,
        acts=json.dumps({state: facts.acts for state, facts in lists.items()}),
        keys=json.dumps({button.key: verb for verb, button in BUTTONS.items() if verb is not Verb.UNMUTE}),
        cards={state: panel.desk.listed(state, order=ORDERS[facts.order]) for state, facts in lists.items()},
        counts=view.counts,
        sources=list(ORIGINS.items()),
        addressees=addressees(panel.session, panel.programme),
        form=form or FloorForm(),
        screens=list(panel.screens.values()),
        moderator=_named(moderator),
        notice="",
        last_act=None,
        page_url=f"{settings().url}/panels/{panel.slug}/desk",
    )


async def _done(
    request: HTMXRequest, feeds: Feeds, slug: str, says: str, done: Done | None = None, **more: int
) -> Response[Any]:
    heard = await feeds.announce(QUESTIONS, slug)
    if not (request.htmx or wants_json(request)):
        return Redirect(f"/panels/{slug}/desk", status_code=303)
    along = f", and declined {_counted(done.along, 'other')}" if done and done.along else ""
    says = f"{says[0].upper()}{says[1:].rstrip('.')}{along}."
    answer: dict[str, Any] = {"done": says, "delayed": not heard, **more}
    if done:
        about = {"act": done.act.id, "revision": done.act.revision, "question": done.act.question}
        answer |= about | {"told": done.told}
    return Response(answer, headers=PRIVATE)


def _refused(request: HTMXRequest, refusal: Refused) -> Response[Any]:
    if request.htmx or wants_json(request):
        return Response({"reason": refusal.reason}, status_code=409, headers=PRIVATE)
    raise refusal


def _named(moderator: Person) -> str:
    return moderator.name or moderator.email


def _says(together: list[dict[str, Any]]) -> str:
    """What was done together in words, after the name of who did it."""
    parts = []
    for verb, acts in groupby(together, lambda row: str(row["verb"])):
        rows = list(acts)
        if verb not in DONE:
            says = told(verb, rows[0]["after"] or rows[0]["detail"])
        else:
            says = f"{DONE[verb]} {_counted(len(rows))}" if len(rows) > 1 else DONE[verb]
            if reason := rows[0]["detail"]:
                says += f": {reason}"
        undone = sum(row["undone_at"] is not None for row in rows)
        if undone:
            says += " (undone)" if undone == len(rows) else f" ({undone} undone)"
        parts.append(says)
    return "; ".join(parts)


def _counted(number: int, of: str = "") -> str:
    return f"{number}{of and ' '}{of} question{'' if number == 1 else 's'}"


def _number(fields: Mapping[str, Any], name: str, default: int = -1) -> int:
    """A number that a form carries along. `default`: it is none."""
    number = small(str(fields.get(name, "")))
    return default if number is None else number


def _numbers(fields: Mapping[str, Any], name: str) -> list[int]:
    typed = str(fields.get(name, "")).split()[:MOST_TOGETHER]
    return [number for one in typed if (number := small(one)) is not None]


def _on_screen(fields: Mapping[str, Any]) -> int | None:
    """The question that its moderator saw on the screen; 0: none; None: it is not said."""
    seen = _number(fields, "on_screen")
    return None if seen < 0 else seen


def _reason(fields: Mapping[str, Any]) -> str:
    return " ".join(str(fields.get("reason", "")).replace("\0", "").split())[:300]
