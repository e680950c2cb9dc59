"""Signing in without a password: a link by mail."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from redis.asyncio import Redis

from webapp import clock
from webapp.conference.programme import Programme
from webapp.live.announced import PEOPLE
from webapp.live.feeds import Feeds
from webapp.mail.letter import Letter, once
from webapp.mail.post import Post
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.tables import (
    AddressChange,
    Booking,
    Delegate,
    Moderator,
    OutgoingMail,
    Person,
    Planner,
    SignIn,
    SignInLink,
    own_name,
)
from webapp.tables.meeting_place.profile import MEETING_PLACE
from webapp.tables.people import SIGN_IN_LIFETIME, email_digest
from webapp.text.typed import email_address, line
from webapp.text.typed import own_name as name_typed
from webapp.web import kept, limits, passwords
from webapp.web.browsers import known_as, remember
from webapp.web.cookies import (
    GOAL,
    KEPT,
    MARKS,
    PLANNER,
    SIGN_IN,
    VOICE,
    cookie,
    forget,
    goal,
    goal_cookie,
    page_of_ours,
)
from webapp.web.limits import HOUR, QUARTER, Limit
from webapp.web.rendering import page
from webapp.web.sign_ins import begin_sign_in
from webapp.web.signing import booking_path, ticket_path

LINKS_FOR_ONE = Limit("links pair", 5, HOUR)
"""Sign-in links that one source may ask for to one address in an hour."""
LINKS_FROM_ONE = Limit("links from", 600, HOUR)
"""The same to any address: a whole hall signs in from one source."""
LINKS_AT_ONCE = Limit("links", 20, HOUR)
"""To one address in an hour, whoever asks. Those beyond leave one a minute."""
PASSWORDS_FOR_ONE = Limit("passwords pair", 10, QUARTER)
"""Passwords that one source may try for one address in a quarter of an hour."""
PASSWORDS_FROM_ONE = Limit("passwords from", 60, QUARTER)
"""The same for any address."""
LONGEST_PAUSE = timedelta(seconds=3)
"""That a known browser takes with many wrong passwords. It is never refused."""


class SignInController(Controller):
    @get("/sign-in")
    async def ask(self, request: HTMXRequest, programme: NamedDependency[Programme]) -> Template:
        """`to`: the page from which somebody comes to sign in, and to which they go back."""
        if to := page_of_ours(request.query_params.get("to", "")):
            answer = _form(programme, goal=to)
            answer.cookies.append(goal_cookie(to))
            return answer
        return _form(programme, goal=goal(request))

    @post("/sign-in")
    async def send_link(
        self,
        request: HTMXRequest,
        programme: NamedDependency[Programme],
        post_box: NamedDependency[Post],
        redis: NamedDependency[Redis],
        now: NamedDependency[datetime],
    ) -> Template:
        typed = str((await request.form()).get("email", ""))[:300]
        try:
            address = email_address(typed)
        except Refused as refusal:
            return _form(programme, typed, refusal.reason, status=422)
        known = known_as(request, address)
        if not known and (wait := await _too_many_links(request, redis, address)):
            error = (
                "Many links have been asked for from your network, so no other one was sent. The newest mail "
                f"you have may still work. You can ask again in {limits.in_words(wait)}."
            )
            return _form(programme, typed, error, status=429)
        whose = known or email_digest(address)
        at_once = await LINKS_AT_ONCE.allows(redis, whose)
        # Beyond that, however many are asked for make one letter a minute: that floods nobody's mailbox.
        minute = int(clock.real().timestamp() // 60) + 1
        wait = timedelta() if at_once else datetime.fromtimestamp(minute * 60, UTC) - clock.real()
        event = f"sign-in {once()}" if at_once else f"sign-in {email_digest(address)} {minute}"
        # Whether anybody here has this address is only looked up when the mail is written (webapp/mail/post.py), so
        # that the answer is the same whether they have or not.
        letter = Letter(event, "sign_in", address, "Your sign-in link", {"to": goal(request)})
        await OutgoingMail.put(letter, now=now, wait=wait)
        post_box.wake()
        return page(
            "sign_in/sent.html",
            programme=programme,
            address=address,
            wait=limits.in_words(wait) if wait else "",
            page_url=_url(),
        )

    @get("/sign-in/{key:str}")
    async def open_link(
        self,
        request: HTMXRequest,
        programme: NamedDependency[Programme],
        now: NamedDependency[datetime],
        key: FromPath[str],
    ) -> Template:
        """Shows a button and uses nothing up: mail scanners open links, and do not press buttons."""
        person = await SignInLink.signs_in(key, now)
        if person is None:
            return _spent(programme)
        answer = await _confirm(programme, key, person)
        if to := page_of_ours(request.query_params.get("to", "")):
            answer.cookies.append(goal_cookie(to))
        return answer

    @post("/sign-in/{key:str}")
    async def use_link(
        self,
        request: HTMXRequest,
        programme: NamedDependency[Programme],
        now: NamedDependency[datetime],
        key: FromPath[str],
    ) -> Response[None] | Template:
        """What somebody is called is asked of them once, since anybody may have booked for them."""
        typed = str((await request.form()).get("name", ""))[:1000]
        person = await SignInLink.signs_in(key, now)
        if person is not None and line(typed):
            try:
                await own_name.say(person, name_typed(typed), programme.file, now)
            except Refused as refusal:
                return await _confirm(programme, key, person, typed, refusal.reason)
        person = await SignInLink.use(key, now)
        if person is None:
            return _spent(programme)
        return await _signed_in(request, person, now)

    @get("/sign-in/kept")
    async def kept_form(
        self,
        request: HTMXRequest,
        programme: NamedDependency[Programme],
        sign_in: NamedDependency[SignIn | None],
    ) -> Template | Redirect:
        """Back to the form that was sent when one was signed out, with what was typed."""
        sent = await kept.find(request, sign_in.person) if sign_in else None
        if sent is None:
            return Redirect(goal(request) or "/me", status_code=303, cookies=[forget(KEPT)])
        fields = kept.shown_again(sent.values)
        return page(
            "sign_in/kept.html",
            programme=programme,
            fields=fields,
            words=kept.typed_in(fields),
            is_shown=fields != sent.values,
            goal=goal(request) or "/me",
            page_url=_url(),
        )

    @post("/sign-in/kept")
    async def send_kept(self, request: HTMXRequest, sign_in: NamedDependency[SignIn | None]) -> Redirect:
        """Send what was kept where it was sent before: the browser sends these fields on."""
        sent = await kept.find(request, sign_in.person) if sign_in else None
        if sent is None:
            return Redirect("/me", status_code=303)
        await kept.drop(request)
        return Redirect(sent.path, status_code=307, cookies=[forget(KEPT), forget(GOAL)])

    @post("/sign-in/password")
    async def use_password(
        self,
        request: HTMXRequest,
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        now: NamedDependency[datetime],
    ) -> Response[None] | Template:
        """For moderators who have been given a password."""
        fields = await request.form()
        typed = str(fields.get("address", ""))[:300].replace("\0", "")
        known = known_as(request, typed)
        wait = await _too_many_passwords(request, redis, typed, known)
        if wait and not known:
            wrong = (
                "Too many passwords were tried from your network. Please try again in "
                f"{limits.in_words(wait)}, or have a link sent by mail."
            )
            return _form(programme, typed, wrong=wrong, status=429)
        password = str(fields.get("password", ""))[:1000]
        try:
            if known:
                async with passwords.one_by_one(email_digest(typed)):
                    await asyncio.sleep(min(wait, LONGEST_PAUSE).total_seconds())
                    person = await Person.with_password(typed, password, patient=True)
            else:
                person = await Person.with_password(typed, password)
        except Refused as refusal:
            return _form(programme, typed, wrong=refusal.reason, status=429)
        if person is None:
            return _form(
                programme,
                typed,
                wrong="This address and this password do not belong together. The link by mail always works.",
                status=422,
            )
        return await _signed_in(request, person, now)

    @post("/sign-out")
    async def sign_out(self, request: HTMXRequest, feeds: NamedDependency[Feeds]) -> Redirect:
        if key := request.cookies.get(SIGN_IN):
            person = await SignIn.end(key)
            if person is not None:
                await feeds.announce(PEOPLE, str(person))
        # The planner shows what was booked here, so on a shared computer it goes too.
        return Redirect(
            "/", status_code=303, cookies=[forget(name) for name in (SIGN_IN, PLANNER, MARKS, VOICE, KEPT)]
        )

    @get("/me")
    async def me(
        self,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        sign_in: NamedDependency[SignIn | None],
        now: NamedDependency[datetime],
    ) -> Template | Redirect:
        if sign_in is None:
            return Redirect("/sign-in", status_code=303)
        bookings = await Booking.seen_by(sign_in)
        panels = [MEETING_PLACE, *(panel.slug for panel in feeds.panels)]
        moderated = await Moderator.moderated_by(sign_in.person, panels) if sign_in.proven else []
        person = await Person.objects().get(Person.id == sign_in.person)
        return page(
            "sign_in/me.html",
            programme=programme,
            person=person,
            called=await own_name.said_by(sign_in.person, programme.file),
            sign_in=sign_in,
            bookings=bookings,
            tickets=await Delegate.places_of(sign_in.person, [one.id for one in bookings]),
            ticket_path=ticket_path,
            sign_ins=await SignIn.all_of(sign_in.person, now) if sign_in.proven else [],
            wish=await AddressChange.open_of(sign_in.person, now) if sign_in.proven else None,
            moderates=bool(moderated),
            lectures=person is not None and person.email in programme.lecturers,
            desks=[panel.view for panel in feeds.panels if panel.slug in moderated],
            open_panels=[panel.view for panel in feeds.panels if panel.view.is_open],
            booking_path=booking_path,
            page_url=f"{settings().url}/me",
        )


async def _signed_in(request: HTMXRequest, person: int, now: datetime) -> Redirect:
    """On to where one wanted to go, or one's own page, with what was marked before signing in."""
    before = await Planner.with_key(request.cookies.get(PLANNER, ""))
    is_nobodys = before is not None and before.person is None
    planner = await before.belong_to(person) if before and is_nobodys else await Planner.owned_by(person)
    marks = ".".join(await planner.marks())
    owner = await Person.objects().get(Person.id == person)
    is_kept = await kept.find(request, person) is not None
    return Redirect(
        "/sign-in/kept" if is_kept else goal(request) or "/me",
        status_code=303,
        cookies=[
            await begin_sign_in(request, person, now),
            *([remember(request, owner.email)] if owner else []),
            cookie(MARKS, marks, SIGN_IN_LIFETIME),
            forget(VOICE),
            *([forget(GOAL)] if GOAL in request.cookies and not is_kept else []),
        ],
    )


async def _too_many_links(request: HTMXRequest, redis: Redis, address: str) -> timedelta:
    """How long until the source may ask for another link to this address: not at all, mostly.

    Where nobody can be told from anybody it may always: a stranger would keep everybody else from signing in.
    """
    source = limits.source_of(request)
    if not source:
        return timedelta()
    pair = f"{source} {email_digest(address)}"
    turn = await LINKS_FOR_ONE.turn(redis, pair)
    if turn.granted:
        turn = await LINKS_FROM_ONE.turn(redis, source)
    return timedelta() if turn.granted else turn.wait


async def _too_many_passwords(request: HTMXRequest, redis: Redis, address: str, known: str) -> timedelta:
    """How long until another password may be tried for this address, by this known browser or from this source."""
    source = limits.source_of(request)
    pair = f"{known or source} {email_digest(address)}"
    turn = await PASSWORDS_FOR_ONE.turn(redis, pair)
    if turn.granted and source and not known:
        turn = await PASSWORDS_FROM_ONE.turn(redis, source)
    return timedelta() if turn.granted else turn.wait


def _form(
    programme: Programme,
    typed: str = "",
    error: str = "",
    *,
    wrong: str = "",
    goal: str = "",
    status: int = 200,
) -> Template:
    """`error` is about the address, `wrong` about the password."""
    return page(
        "sign_in/form.html",
        status=status,
        programme=programme,
        email=typed,
        error=error,
        wrong=wrong,
        goal=goal,
        page_url=_url(),
    )


async def _confirm(
    programme: Programme, key: str, person: int, typed: str | None = None, error: str = ""
) -> Template:
    said = await own_name.said_by(person, programme.file)
    return page(
        "sign_in/confirm.html",
        status=422 if error else 200,
        programme=programme,
        key=key,
        asks_for_name=not said,
        name=await own_name.proposed_to(person, programme.file) if typed is None else typed,
        error=error,
        page_url=_url(),
    )


def _spent(programme: Programme) -> Template:
    return page("sign_in/spent.html", status=410, programme=programme, page_url=_url())


def _url() -> str:
    return f"{settings().url}/sign-in"
