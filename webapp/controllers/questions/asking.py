"""Asking, and what one does with one's own questions until somebody takes them up."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, TooManyRequestsException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest, HTMXTemplate
from litestar.response import Redirect, Template
from redis.asyncio import Redis

from webapp.conference.programme import Programme
from webapp.live.announced import QUESTIONS
from webapp.live.feeds import Feeds
from webapp.live.panel_feeds import PanelFeeds
from webapp.questions import pages, signature
from webapp.questions.forms import AskForm
from webapp.questions.me import Me, known_again
from webapp.questions.states import QuestionState
from webapp.questions.views import addressees
from webapp.tables import Question
from webapp.tables.questions.question import MyRow
from webapp.text.name_check import NameCheck
from webapp.web import limits
from webapp.web.limits import MINUTE, Limit, Turn
from webapp.web.rendering import fragment

ASKING = Limit("ask", 5, MINUTE)
CHANGING = Limit("change", 10, MINUTE)
"""Of what one has asked oneself."""
GUESTS_QUESTIONS = Limit("guests ask", 60, MINUTE)
"""That guests ask from one source in a minute, in a panel: more than anybody can read."""
FIRST_QUESTION_AFTER = timedelta(seconds=5)
"""From joining on: who has to type a question does not notice, and a script that joins for each one does."""
SAVED = "Your question is with the moderators now."
SAVED_AND_LISTED = "Your question is in the list now."
DELAYED = " Live updates are slow at the moment, so it may take a little to show."


class AskingController(Controller):
    path = "/panels/{slug:str}/questions"

    @post()
    async def ask(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        me: NamedDependency[Me | None],
        now: NamedDependency[datetime],
        slug: FromPath[str],
    ) -> Response[Any]:
        panel = await feeds.panel(slug)
        choices = addressees(panel.view.session, programme)
        name, said = await signature.name_of(me, programme)
        form = AskForm.read(await request.form(), name, choices, programme, said=said)
        if me is None:
            form.check = NameCheck()  # one thing after the other
            form.errors["text"] = (
                "Please join first, with the room code or by signing in. Your question is kept."
            )
            return await pages.answer(request, panel, me, form, 401)
        await signature.let_sign(form, me, programme, now)
        if form.errors:
            return await pages.answer(request, panel, me, form, 422)
        turn = await _turn_to_ask(request, redis, slug, me, now)
        if not turn.granted:
            wait = limits.in_words(turn.wait)
            form.errors["text"] = f"That was quick. Please wait {wait} before the next one; this one is kept."
            return await pages.answer(request, panel, me, form, 429)
        await asyncio.sleep(turn.wait.total_seconds())
        with form.errors.beside("text"):
            question = await Question.ask(
                slug, me.participant, form.key, signature.signed(form, me), now, room=me.room
            )
        if form.errors:
            return await pages.answer(request, panel, me, form, 409)
        told = await feeds.announce(QUESTIONS, slug)
        notice = (SAVED_AND_LISTED if panel.view.post_moderated else SAVED) + ("" if told else DELAYED)
        if not request.htmx:
            return Redirect(f"/panels/{slug}#mine", status_code=303, cookies=known_again(me))
        panel = await feeds.panel(slug)
        asked = f"{question} {QuestionState.LISTED if panel.view.post_moderated else QuestionState.WAITING}"
        empty = await signature.empty_form(me, programme, form.addressee)
        response = await pages.answer(request, panel, me, empty, 200, notice, asked)
        response.cookies.extend(known_again(me))
        return response

    @get("/{question:int}/edit")
    async def edit_form(
        self,
        feeds: NamedDependency[Feeds],
        me: NamedDependency[Me | None],
        slug: FromPath[str],
        question: FromPath[int],
    ) -> Template:
        panel = await feeds.panel(slug)
        row = await _own(panel, me, question)
        name, said = await signature.name_of(me, panel.programme)
        form = AskForm(
            text=row["text"],
            addressee=f"{row['lecture']}/{row['lecturer']}" if row["lecture"] else "",
            signed="named" if row["name"] else "anonymous",
            name=name if said else row["name"].removesuffix(signature.GUEST) or name,
            said=said,
        )
        return pages.edit_page(panel, me, form, row)

    @post("/{question:int}")
    async def edit(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        me: NamedDependency[Me | None],
        now: NamedDependency[datetime],
        slug: FromPath[str],
        question: FromPath[int],
    ) -> Template | Redirect:
        panel = await feeds.panel(slug)
        row = await _own(panel, me, question)
        choices = addressees(panel.view.session, programme)
        name, said = await signature.name_of(me, programme)
        form = AskForm.read(await request.form(), name, choices, programme, said=said)
        if me is not None:
            await signature.let_sign(form, me, programme, now)
        if form.errors:
            return pages.edit_page(panel, me, form, row, status=422)
        if not await _may_change(redis, row):
            form.errors["text"] = f"{limits.A_LITTLE_FAST} What you typed is kept."
            return pages.edit_page(panel, me, form, row, status=429)
        with form.errors.beside("text"):
            content, guest = (signature.signed(form, me), me.guest) if me else (form.content, True)
            await Question.edit(slug, question, row["participant"], content, guest=guest)
        if form.errors:
            return pages.edit_page(panel, me, form, row, status=409)
        await feeds.announce(QUESTIONS, slug)
        return Redirect(f"/panels/{slug}#mine", status_code=303)

    @post("/{question:int}/withdrawal")
    async def withdraw(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        redis: NamedDependency[Redis],
        me: NamedDependency[Me | None],
        slug: FromPath[str],
        question: FromPath[int],
    ) -> HTMXTemplate | Redirect:
        panel = await feeds.panel(slug)
        row = await _own(panel, me, question)
        if not await _may_change(redis, row):
            raise TooManyRequestsException(limits.A_LITTLE_FAST)
        await Question.withdraw(slug, question, row["participant"])
        await feeds.announce(QUESTIONS, slug)
        if not request.htmx:
            return Redirect(f"/panels/{slug}#mine", status_code=303)
        rows = await Question.asked_by([row["participant"]], slug)
        return fragment("questions/_mine.html", panel=panel.view, mine=[panel.my_view(own) for own in rows])


async def _own(panel: PanelFeeds, me: Me | None, question: int) -> MyRow:
    """A question of one's own. Raises NotFoundException for those of others, as if they were not there."""
    row = None
    if me is not None:
        row = await Question.own(question, me.participant, panel.slug)
    if row is None:
        raise NotFoundException("This is not a question of yours, or it was asked from another telephone.")
    return row


async def _turn_to_ask(request: HTMXRequest, redis: Redis, slug: str, me: Me, now: datetime) -> Turn:
    """When somebody may ask the next question. One of a guest who has just come in waits a little."""
    turn = await ASKING.turn(redis, me.participant)
    source = limits.source_of(request)
    if not (turn.granted and me.guest and source):
        return turn
    turn = await GUESTS_QUESTIONS.turn(redis, f"{slug} {source}")
    wait = min(max(me.since + FIRST_QUESTION_AFTER - now, timedelta()), FIRST_QUESTION_AFTER)
    return Turn(True, wait) if turn.granted else turn


async def _may_change(redis: Redis, own: MyRow) -> bool:
    return await CHANGING.allows(redis, own["participant"])
