"""The meeting place: its door, the people in it, and what each says of themselves."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from redis.asyncio import Redis

from webapp import clock
from webapp.conference.programme import Programme
from webapp.live.announced import BLOCKS, MEETING, QUESTIONS
from webapp.live.feeds import Feeds
from webapp.meeting_place.forms import ProfileForm
from webapp.meeting_place.views import Filters, Member, PersonCard, by_name, is_archive
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.tables import Block, Contact, Meeting, Notice, Profile, SignIn, own_name
from webapp.web.limits import MINUTE, Limit
from webapp.web.rendering import page
from webapp.web.sign_ins import insist

LAST_DAYS = timedelta(days=7)
"""In which every page says how long something can be added."""
PEOPLE_ON_A_PAGE = 60
PRESSES = Limit("press", 60, MINUTE)
"""“Me too”, following, a seat: what is done with one press."""
SAVES = Limit("save", 20, MINUTE)
"""A profile, a note that is changed, a table: what is typed and kept."""
TAG = re.compile(r"[\w-]{16}", re.ASCII)


class MeetingPlaceController(Controller):
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
            people=[PersonCard.of(row, programme) for row in rows[:PEOPLE_ON_A_PAGE]],
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
            person=PersonCard.of(other, programme),
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
        await Block.put(member.profile, other["id"], now)
        await feeds.announce(MEETING, BLOCKS)
        return Redirect("/meeting-place/profile#blocked", status_code=303)

    @post("/people/{tag:str}/unblock")
    async def unblock(
        self, feeds: NamedDependency[Feeds], member: NamedDependency[Member], tag: FromPath[str]
    ) -> Redirect:
        if not TAG.fullmatch(tag) or not await Block.lift(member.profile, tag):
            raise NotFoundException("You have blocked nobody at this address.")
        await feeds.announce(MEETING, BLOCKS)
        return Redirect("/meeting-place/profile#blocked", status_code=303)

    @get("/profile")
    async def profile(
        self, request: HTMXRequest, programme: NamedDependency[Programme], member: NamedDependency[Member]
    ) -> Template:
        saved = request.query_params.get("saved") == "yes"
        return await _profile(programme, member, ProfileForm.of(member.row), saved=saved)

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
        try:
            await save_calmly(redis, member)
            await Profile.tell(member.profile, form.told, now)
            if renamed:
                await own_name.say(member.person, form.name, programme.file, now)
                await feeds.announce(QUESTIONS, *(panel.slug for panel in programme.panels))
        except Refused as refusal:
            form.errors["listed"] = refusal.reason
        await feeds.announce(MEETING)
        if form.errors:
            return await _profile(programme, member, form, status=409)
        return Redirect("/meeting-place/profile?saved=yes", status_code=303)


NOBODY = "Nobody is listed at this address, or not any more. The directory shows who is."


async def member_of(
    proven: NamedDependency[SignIn | None],
    programme: NamedDependency[Programme],
    now: NamedDependency[datetime],
) -> Member:
    """Who is at the meeting place at this browser. Nobody else comes in."""
    sign_in = insist(proven, "Please sign in: the meeting place is for the delegates of the conference.")
    row = await Profile.of(sign_in.person, programme.lecturers, now)
    if row is None and is_archive(programme):
        raise PermissionDeniedException(
            "The meeting place is an archive now, for those who took part in the conference. "
            "If you did, sign out under “My account”, and sign in with the address that your booking had for you."
        )
    if row is None:
        raise PermissionDeniedException(
            "The meeting place is for delegates, lecturers and the team. "
            "Once you are registered, sign in with the address that your booking has for you."
        )
    return Member(row["id"], row["person"], row["tag"], row["name"], row["moderates"], row, sign_in.id)


async def place_page(
    template: str,
    programme: Programme,
    member: Member,
    *,
    status: int = 200,
    revision: int = 0,
    **context: Any,
) -> Template:
    """A page of the meeting place. `revision`: where something on it is live, that from before it was read."""
    closes_at = programme.conference.meeting_place_closes_at
    return page(
        template,
        status=status,
        archived=is_archive(programme),
        closes_soon=closes_at is not None and clock.now() < closes_at <= clock.now() + LAST_DAYS,
        programme=programme,
        member=member,
        revision=revision or await Meeting.present(),
        unread=(await Notice.unread(member.profile))[member.profile],
        known=(await Contact.numbers_of(member.profile))[member.profile],
        page_url=f"{settings().url}/meeting-place",
        **context,
    )


async def press_calmly(redis: Redis, member: Member) -> None:
    """Raises Refused for whoever presses more in a minute than people do."""
    if not await PRESSES.allows(redis, member.person):
        raise Refused("That was a little fast. Please wait a minute.")


async def save_calmly(redis: Redis, member: Member) -> None:
    """The same for what is typed."""
    if not await SAVES.allows(redis, member.person):
        raise Refused("That was a little fast. It is kept here: please wait a minute, and send it then.")


async def met_by(member: Member, tag: str) -> dict[str, Any]:
    """Somebody whom this member may meet. Raises NotFoundException for everybody else, as if they were not there."""
    other = await Profile.met_by(member.profile, tag) if TAG.fullmatch(tag) else None
    if other is None:
        raise NotFoundException(NOBODY)
    return other


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
        card=PersonCard.of(member.row, programme),
        blocked=await Block.by(member.profile),
    )
