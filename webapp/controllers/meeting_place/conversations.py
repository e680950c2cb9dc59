"""Conversations that begin with a question from a panel."""

from __future__ import annotations

from datetime import datetime

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from redis.asyncio import Redis

from webapp.conference.programme import Programme
from webapp.live.announced import MEETING
from webapp.live.feeds import Feeds
from webapp.meeting_place.members import Member, press_calmly
from webapp.meeting_place.page import place_page
from webapp.tables import Note, Report
from webapp.tables.questions.conversations import PublicQuestion, go_on_from, public_question
from webapp.text.name_check import CONFIRMED, NameCheck
from webapp.text.typed import Messages
from webapp.text.words import words


class ConversationsController(Controller):
    path = "/meeting-place/from-question/{question:int}"

    @get()
    async def about_question(
        self, programme: NamedDependency[Programme], member: NamedDependency[Member], question: FromPath[int]
    ) -> Template | Redirect:
        """Whether one wants to go on talking about a question. Nothing is said by looking."""
        asked = await public_question(question)
        if asked is None:
            raise NotFoundException("This question is not in the list, or not any more.")
        notes = await Note.seen_by(member.profile, Note.question == asked["id"], most=1)
        if notes:
            return Redirect(f"/meeting-place/notes/{notes[0]['id']}", status_code=303)
        return await _about_question(programme, member, asked)

    @post()
    async def go_on(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        question: FromPath[int],
    ) -> Template | Redirect:
        await press_calmly(redis, member)
        asked, check, errors = await public_question(question), NameCheck(), Messages()
        if asked and not await Note.exists().where(Note.question == question):
            known = programme.words.union(words(asked["name"]))
            check = NameCheck.read(await request.form(), {CONFIRMED: asked["text"]}, known, errors)
            if errors:
                return await _about_question(programme, member, asked, check, errors, status=422)
        written = go_on_from(question, member.profile, now)
        note = await Report.with_names(
            check.quoted, written, "note", None, asked["text"] if asked else "", now
        )
        await feeds.announce(MEETING)
        return Redirect(f"/meeting-place/notes/{note}", status_code=303)


async def _about_question(
    programme: Programme,
    member: Member,
    asked: PublicQuestion,
    check: NameCheck | None = None,
    errors: Messages | None = None,
    *,
    status: int = 200,
) -> Template:
    return await place_page(
        "meeting_place/from_question.html",
        programme,
        member,
        status=status,
        question=asked,
        check=check or NameCheck(),
        errors=errors or Messages(),
    )
