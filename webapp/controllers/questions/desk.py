"""The desk: moderators curate what is asked."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import groupby
from textwrap import shorten
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from litestar.types import ASGIApp

from webapp.live.announced import MEETING, QUESTIONS
from webapp.live.feeds import Feeds
from webapp.live.panel_feeds import PanelFeeds
from webapp.live.readers import Reader
from webapp.questions import desk_forms, panel_settings
from webapp.questions.forms import FloorForm
from webapp.questions.states import BUTTONS, DONE, FACTS, ORIGINS, QuestionState, Source, Verb
from webapp.questions.views import ORDERS, DeskQuestionView, addressees
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.tables import Act, Moderator, Person, SignIn
from webapp.tables.questions import moderation, undoing
from webapp.tables.questions.act import TrailRow, called
from webapp.tables.questions.moderation import Done, Origin
from webapp.tables.questions.setting import set_on_panel
from webapp.web.pages import COMPRESSED
from webapp.web.rendering import fragment, page
from webapp.web.sign_ins import insist
from webapp.web.wants import wants_after

BROUGHT = {
    QuestionState.LISTED: "listed",
    QuestionState.NEXT: DONE[Verb.NEXT],
    QuestionState.ON_SCREEN: DONE[Verb.SHOW],
}

LATE = "Saved. It reaches the others in a few seconds: a part of the server is restarting."


class ModerationController(Controller):
    path = "/panels/{slug:str}"

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
        after = wants_after(request)
        panel = await feeds.panel_up_to(slug, after)
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
                    called(together[0]),
                    _says(together),
                    [row["text"] for row in together if row["text"]],
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
    ) -> Response[Any] | Template:
        if verb not in list(Verb):
            raise NotFoundException("This cannot be done with a question.")
        intent = desk_forms.intent(question, Verb(verb), await request.form())
        try:
            done = await moderation.act(slug, intent, moderator.id, now)
        except Refused as refusal:
            return _refused(request, refusal, _card(feeds, slug, question))
        feeds.announce_soon(MEETING, QUESTIONS)  # people may go on talking about it there
        # Up and down undo each other.
        more: dict[str, Any] = {"act": None} if verb in (Verb.UP, Verb.DOWN) else {}
        return await _done(request, feeds, slug, DONE[verb], done, **more)

    @post("/desk/declined", status_code=200)
    async def decline_all(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        moderator: NamedDependency[Person],
        now: NamedDependency[datetime],
        slug: FromPath[str],
    ) -> Response[Any] | Template:
        """Decline many questions at once."""
        fields = await request.form()
        which, newest = desk_forms.questions(fields, "questions"), desk_forms.revision(fields, "newest")
        try:
            done = await moderation.decline_all(
                slug, which, newest, desk_forms.reason(fields), moderator.id, now
            )
        except Refused as refusal:
            return _refused(request, refusal)
        feeds.announce_soon(MEETING, QUESTIONS)
        left = len(which) - done.along - 1
        if left:
            done = done._replace(notice=f"{_counted(left)} changed meanwhile and stayed as they are.")
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
    ) -> Response[Any] | Template:
        try:
            undone = await undoing.undo(slug, act, moderator.id, now)
        except Refused as refusal:
            return _refused(request, refusal)
        feeds.announce_soon(MEETING, QUESTIONS)
        but = f", but for {_counted(undone.left)} that changed since" if undone.left else ""
        warning = f"Undone{but}." if but else ""
        return await _done(request, feeds, slug, f"undone{but}", revision=undone.revision, warning=warning)

    @post("/desk/questions", status_code=200)
    async def bring(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        moderator: NamedDependency[Person],
        now: NamedDependency[datetime],
        slug: FromPath[str],
    ) -> Response[Any] | Template:
        """Take in a question from the floor, or from elsewhere."""
        panel = await feeds.panel(slug)
        fields = await request.form()
        form = FloorForm.read(fields, addressees(panel.session, panel.programme))
        if form.errors:
            if request.htmx:
                return fragment("questions/desk/_bring.html", status=422, **_bringing(panel, form))
            return await _desk(panel, moderator, form, status=422)
        done = await moderation.bring(
            slug,
            form.content,
            Origin(Source(form.source), form.author, form.link),
            moderator.id,
            now,
            state=QuestionState(form.state),
            on_screen=desk_forms.on_screen(fields),
        )
        return await _done(
            request,
            feeds,
            slug,
            BROUGHT[QuestionState(form.state)],
            done,
            "questions/desk/_brought.html",
            **_bringing(panel, FloorForm()),
            brought=done.act.question,
            question=0,  # undone, it does not come back
            text=form.text,
        )

    @post("/desk/settings/{setting:str}", status_code=200)
    async def set(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        moderator: NamedDependency[Person],
        now: NamedDependency[datetime],
        slug: FromPath[str],
        setting: FromPath[str],
    ) -> Response[Any] | Template:
        fields = await request.form()
        value, seen = (str(fields.get(name, "")) for name in ("value", "seen"))
        wanted = panel_settings.read(setting, value, seen)
        if wanted is None:
            raise NotFoundException("There is no such setting.")
        try:
            act = await set_on_panel(slug, wanted, moderator.id, now)
        except Refused as refusal:
            return _refused(request, refusal)
        return await _done(request, feeds, slug, wanted.says, Done(act) if act else None)


async def moderator_of(proven: NamedDependency[SignIn | None], slug: FromPath[str]) -> Person:
    """Whoever moderates this panel at this browser. Nobody else comes in."""
    sign_in = insist(proven, "Please sign in: the desk is for the moderators of this panel.")
    moderator = await Moderator.let_in(sign_in.person, slug)
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
        **_bringing(panel, form or FloorForm()),
        cursor=panel.desk.revision,
        lists=lists,
        acts=json.dumps({state: facts.acts for state, facts in lists.items()}),
        keys=json.dumps(
            {
                button.key: {"verb": verb, "cannot": button.cannot}
                for verb, button in BUTTONS.items()
                if verb is not Verb.UNMUTE
            }
        ),
        cards={state: panel.desk.listed(state, order=ORDERS[facts.order]) for state, facts in lists.items()},
        counts=view.counts,
        screens=list(panel.screens.values()),
        moderator=_named(moderator),
        notice="",
        last_act=None,
        page_url=f"{settings().url}/panels/{panel.slug}/desk",
    )


def _bringing(panel: PanelFeeds, form: FloorForm) -> dict[str, Any]:
    """What the form for a question from elsewhere is drawn from."""
    return {
        "panel": panel.view,
        "form": form,
        "sources": list(ORIGINS.items()),
        "addressees": addressees(panel.session, panel.programme),
        "on_screen": panel.on_screen,
    }


async def _done(
    request: HTMXRequest,
    feeds: Feeds,
    slug: str,
    says: str,
    done: Done | None = None,
    template: str = "questions/desk/_done.html",
    **more: Any,
) -> Response[Any] | Template:
    """The desk again; to htmx what is said of an act, and the form that undoes it. `more`: for the template."""
    heard = await feeds.announce(QUESTIONS, slug)
    if not request.htmx:
        return Redirect(f"/panels/{slug}/desk", status_code=303)
    card = _card(feeds, slug, done.act.question if done else None)
    along = f", and declined {_counted(done.along, 'other')}" if done and done.along else ""
    says = f"{says[0].upper()}{says[1:].rstrip('.')}{along}."
    if card and card.pseudonym:
        says = says.replace("whoever asked", card.pseudonym)
    answer = {
        "slug": slug,
        "says": says,
        "warning": (done.notice if done else "") or ("" if heard else LATE),
        "act": done.act.id if done else None,
        "revision": done.act.revision if done else 0,
        "question": card.id if card else 0,
        "text": card.text if card else "",
    }
    return fragment(template, **answer | more)


def _refused(request: HTMXRequest, refusal: Refused, card: DeskQuestionView | None = None) -> Template:
    """`card`: the question that it is about, where it is about one."""
    if not request.htmx:
        raise refusal
    about = f" “{shorten(card.text, 80, placeholder=' …')}”" if card else ""
    warning = f"{refusal.reason}{about}"
    return fragment("questions/desk/_done.html", status=409, warning=warning, act=None, revision=0)


def _card(feeds: Feeds, slug: str, question: int | None) -> DeskQuestionView | None:
    panel = feeds.known(slug)
    return panel.desk.cards.get(question) if panel and question else None


def _named(moderator: Person) -> str:
    return moderator.name or moderator.email


def _says(together: list[TrailRow]) -> str:
    """What was done together in words, after the name of who did it."""
    parts = []
    for verb, acts in groupby(together, lambda row: str(row["verb"])):
        rows = list(acts)
        if verb not in DONE:
            says = panel_settings.told(verb, rows[0]["after"] or rows[0]["detail"])
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
