"""The meeting place: its door, the people in it, and what each says of themselves."""

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
from webapp.live.announced import BLOCKS, MEETING, QUESTIONS
from webapp.live.feeds import Feeds
from webapp.meeting_place.filters import Filters, by_name
from webapp.meeting_place.forms import ProfileForm
from webapp.meeting_place.members import NOBODY, TAG, Member, met_by, save_calmly
from webapp.meeting_place.page import place_page
from webapp.meeting_place.views import PersonView
from webapp.tables import Block, Profile, own_name
from webapp.tables.meeting_place.blocking import block, unblock
from webapp.tables.meeting_place.presentation import describe

PEOPLE_ON_A_PAGE = 60


class ProfileController(Controller):
    path = "/meeting-place"

    @get("/people")
    async def people(
        self, request: HTMXRequest, programme: NamedDependency[Programme], member: NamedDependency[Member]
    ) -> Template:
        filters = Filters.read(request.query_params, programme)
        rows = await Profile.listed_for(
            member.profile,
            *await filters.of_people(),
            most=PEOPLE_ON_A_PAGE + 1,
            after=(filters.page - 1) * PEOPLE_ON_A_PAGE,
        )
        return await place_page(
            "meeting_place/people.html",
            programme,
            member,
            filters=filters,
            people=[PersonView.from_row(row, programme) for row in rows[:PEOPLE_ON_A_PAGE]],
            more=len(rows) > PEOPLE_ON_A_PAGE,
            countries=by_name(await Profile.countries_for(member.profile)),
        )

    @get("/people/{tag:str}")
    async def person(
        self, programme: NamedDependency[Programme], member: NamedDependency[Member], tag: FromPath[str]
    ) -> Template | Redirect:
        if tag == member.row["tag"]:  # there they see themselves as others do
            return Redirect("/meeting-place/profile", status_code=303)
        other = await met_by(member, tag)
        if not other["listed"]:
            raise NotFoundException(NOBODY)
        return await place_page(
            "meeting_place/person.html",
            programme,
            member,
            person=PersonView.from_row(other, programme),
        )

    @post("/people/{tag:str}/block")
    async def block(
        self,
        feeds: NamedDependency[Feeds],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        tag: FromPath[str],
    ) -> Redirect:
        other = await met_by(member, tag)
        await block(member.profile, other["id"], now)
        await feeds.announce(MEETING, BLOCKS)
        return Redirect("/meeting-place/profile#blocked", status_code=303)

    @post("/people/{tag:str}/unblock")
    async def unblock(
        self, feeds: NamedDependency[Feeds], member: NamedDependency[Member], tag: FromPath[str]
    ) -> Redirect:
        if not TAG.fullmatch(tag) or not await unblock(member.profile, tag):
            raise NotFoundException("You have blocked nobody at this address.")
        await feeds.announce(MEETING, BLOCKS)
        return Redirect("/meeting-place/profile#blocked", status_code=303)

    @get("/profile")
    async def profile(
        self, request: HTMXRequest, programme: NamedDependency[Programme], member: NamedDependency[Member]
    ) -> Template:
        saved = request.query_params.get("saved") == "yes"
        return await _profile(programme, member, ProfileForm.from_row(member.row), saved=saved)

    @post("/profile")
    async def tell(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
    ) -> Template | Redirect:
        form = ProfileForm.read(await request.form(), programme)
        # A name that one has may stay: whoever comes to the team later may be called the same.
        renamed = form.name != member.name
        if renamed and await own_name.is_anothers(form.name, programme.file, member.person):
            form.errors["name"] = own_name.ANOTHERS
        if form.errors:
            return await _profile(programme, member, form, status=422)
        with form.errors.beside("listed"):
            await save_calmly(redis, member)
            await describe(member.profile, form.description, now)
            if renamed:
                await own_name.say(member.person, form.name, programme.file, now)
                await feeds.announce(QUESTIONS, *(panel.slug for panel in programme.panels))
        await feeds.announce(MEETING)
        if form.errors:
            return await _profile(programme, member, form, status=409)
        return Redirect("/meeting-place/profile?saved=yes", status_code=303)


async def _profile(
    programme: Programme, member: Member, form: ProfileForm, *, status: int = 200, saved: bool = False
) -> Template:
    return await place_page(
        "meeting_place/profile.html",
        programme,
        member,
        status=status,
        form=form,
        saved=saved,
        card=PersonView.from_row(member.row, programme),
        blocked=await Block.blocked_by(member.profile),
    )
