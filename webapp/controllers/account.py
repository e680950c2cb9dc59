"""My account: where I am signed in, my address, my data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from redis.asyncio import Redis

from webapp.conference.programme import Programme
from webapp.live.announced import BLOCKS, MEETING, PEOPLE, QUESTIONS, SEATS
from webapp.live.feeds import Feeds
from webapp.mail.post import Post
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.tables import AddressChange, Person, SignIn, own_name
from webapp.tables.own_data import erase, take_out
from webapp.text.typed import email_address
from webapp.text.typed import own_name as name_typed
from webapp.web.cookies import GOAL, MARKS, PLANNER, SIGN_IN, VOICE, forget, goal
from webapp.web.limits import HOUR, Limit
from webapp.web.rendering import PRIVATE, page
from webapp.web.signing import Mailbox, address_change

ADDRESSES = Limit("address", 5, HOUR)
"""Of one person's address: each one writes to a mailbox that may be somebody else's."""
NAMES = Limit("name", 10, HOUR)
"""That one person says to be theirs."""


class AccountController(Controller):
    path = "/me"

    @post("/sign-ins/{number:int}/end")
    async def end_sign_in(
        self,
        feeds: NamedDependency[Feeds],
        owner: NamedDependency[SignIn],
        now: NamedDependency[datetime],
        number: FromPath[int],
    ) -> Redirect:
        if not await owner.end_other(number, now):
            raise NotFoundException("This sign-in is not there any more. “My account” shows those that are.")
        await feeds.announce(PEOPLE, str(owner.person))
        return _signed_out("/") if number == owner.id else Redirect("/me#sign-ins", status_code=303)

    @post("/sign-ins/end-others")
    async def end_others(
        self, feeds: NamedDependency[Feeds], owner: NamedDependency[SignIn], now: NamedDependency[datetime]
    ) -> Redirect:
        await owner.end_others(now)
        await feeds.announce(PEOPLE, str(owner.person))
        return Redirect("/me#sign-ins", status_code=303)

    @get("/name")
    async def name(
        self,
        request: HTMXRequest,
        programme: NamedDependency[Programme],
        owner: NamedDependency[SignIn],
    ) -> Template:
        proposed = await own_name.proposed_to(owner.person, programme.file)
        return _name_page(request, programme, proposed)

    @post("/name", status_code=200)
    async def say_name(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        owner: NamedDependency[SignIn],
        now: NamedDependency[datetime],
    ) -> Template | Redirect:
        typed = str((await request.form()).get("name", ""))[:1000]
        try:
            name = name_typed(typed)
            if not await NAMES.allows(redis, owner.person):
                raise Refused("You have changed it several times just now. Please wait an hour.")
            await own_name.say(owner.person, name, programme.file, now)
        except Refused as refusal:
            return _name_page(request, programme, typed, refusal.reason, status=422)
        await feeds.announce(QUESTIONS, *(panel.slug for panel in programme.panels))
        await feeds.announce(MEETING)
        forgotten = [forget(GOAL)] if GOAL in request.cookies else []
        return Redirect(goal(request) or "/me#my-name", status_code=303, cookies=forgotten)

    @get("/address")
    async def address(
        self,
        programme: NamedDependency[Programme],
        owner: NamedDependency[SignIn],
        now: NamedDependency[datetime],
    ) -> Template:
        return await _address_page(programme, owner, now)

    @post("/address", status_code=200)
    async def change_address(
        self,
        request: HTMXRequest,
        programme: NamedDependency[Programme],
        owner: NamedDependency[SignIn],
        post_box: NamedDependency[Post],
        redis: NamedDependency[Redis],
        now: NamedDependency[datetime],
    ) -> Template:
        typed = str((await request.form()).get("email", ""))[:300]
        try:
            email = email_address(typed)
        except Refused as refusal:
            return await _address_page(programme, owner, now, typed, refusal.reason, status=422)
        if not await ADDRESSES.allows(redis, owner.person):
            error = "You have tried that several times just now. Please wait an hour."
            return await _address_page(programme, owner, now, typed, error, status=429)
        try:
            await AddressChange.ask(owner.person, email, now)
        except Refused as refusal:
            return await _address_page(programme, owner, now, typed, refusal.reason, status=422)
        post_box.wake()
        return await _address_page(programme, owner, now)

    @get("/data.json")
    async def take_out_data(
        self, owner: NamedDependency[SignIn], now: NamedDependency[datetime]
    ) -> Response[dict[str, Any]]:
        return Response(
            await take_out(owner.person, now),
            headers={**PRIVATE, "Content-Disposition": 'attachment; filename="my-data.json"'},
        )

    @get("/erasure")
    async def ask_to_erase(
        self, programme: NamedDependency[Programme], owner: NamedDependency[SignIn]
    ) -> Template:
        return await _erasure_page(programme, owner)

    @post("/erasure", status_code=200)
    async def erase_data(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        post_box: NamedDependency[Post],
        owner: NamedDependency[SignIn],
        now: NamedDependency[datetime],
    ) -> Template:
        if (await request.form()).get("sure") != "yes":
            error = "Please tick this box if you are sure. Nothing is erased yet."
            return await _erasure_page(programme, owner, error, status=422)
        erased = await erase(owner.person, programme.file, now)
        await post_box.forget(erased.mails, erased.words)
        post_box.wake()
        await feeds.announce(PEOPLE)
        await feeds.announce(SEATS)
        await feeds.announce(MEETING, BLOCKS)
        if erased.panels:
            await feeds.announce(QUESTIONS, *erased.panels)
        response = page("account/erased.html", programme=programme, page_url=f"{settings().url}/me/erasure")
        response.cookies.extend(_forgotten())
        return response


class AddressChangeController(Controller):
    """The links that confirm a change of address, opened from a mail, wherever that is read."""

    path = "/address/{token:str}"

    @get()
    async def open_link(
        self, programme: NamedDependency[Programme], now: NamedDependency[datetime], token: FromPath[str]
    ) -> Template:
        """Shows a button and uses nothing up: mail scanners open links, and do not press buttons."""
        key, mailbox = _link(token)
        wish = await AddressChange.open_at(key, mailbox, now)
        if wish is None:
            return _spent(programme)
        return page(
            "account/confirm_address.html",
            programme=programme,
            wish=wish,
            token=token,
            page_url=f"{settings().url}/address",
        )

    @post(status_code=200)
    async def use_link(
        self, programme: NamedDependency[Programme], now: NamedDependency[datetime], token: FromPath[str]
    ) -> Template:
        confirmed = await AddressChange.confirm(*_link(token), now)
        if confirmed is None:
            return _spent(programme)
        return page(
            "account/address_confirmed.html",
            programme=programme,
            confirmed=confirmed,
            page_url=f"{settings().url}/address",
        )


def _link(token: str) -> tuple[str, Mailbox]:
    link = address_change(token)
    if link is None:
        raise NotFoundException("There is nothing to confirm here. Please use the whole link from your mail.")
    return link


def _spent(programme: Programme) -> Template:
    return page(
        "account/address_spent.html", status=410, programme=programme, page_url=f"{settings().url}/address"
    )


async def _address_page(
    programme: Programme,
    owner: SignIn,
    now: datetime,
    typed: str = "",
    error: str = "",
    *,
    status: int = 200,
) -> Template:
    return page(
        "account/address.html",
        status=status,
        programme=programme,
        person=await Person.objects().get(Person.id == owner.person),
        wish=await AddressChange.open_of(owner.person, now),
        typed=typed,
        error=error,
        page_url=f"{settings().url}/me/address",
    )


def _name_page(
    request: HTMXRequest, programme: Programme, typed: str, error: str = "", *, status: int = 200
) -> Template:
    return page(
        "account/name.html",
        status=status,
        programme=programme,
        typed=typed,
        error=error,
        goal=goal(request),
        page_url=f"{settings().url}/me/name",
    )


async def _erasure_page(
    programme: Programme, owner: SignIn, error: str = "", *, status: int = 200
) -> Template:
    return page(
        "account/erasure.html",
        status=status,
        programme=programme,
        person=await Person.objects().get(Person.id == owner.person),
        error=error,
        page_url=f"{settings().url}/me/erasure",
    )


def _forgotten() -> list[Any]:
    return [forget(name) for name in (SIGN_IN, PLANNER, MARKS, VOICE)]


def _signed_out(to: str) -> Redirect:
    return Redirect(to, status_code=303, cookies=_forgotten())
