"""The room: everybody reads, whoever is here asks and votes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from litestar import Controller, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException, NotFoundException, TooManyRequestsException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest, HTMXTemplate
from litestar.response import Redirect, Template
from litestar.types import ASGIApp
from redis.asyncio import Redis

from webapp.conference.programme import Programme
from webapp.live.announced import BALLOTS, QUESTIONS, VOTES
from webapp.live.feeds import Feeds
from webapp.live.panel_feeds import PanelFeeds
from webapp.live.readers import Reader
from webapp.questions.codes import as_code
from webapp.questions.forms import AskForm, JoinForm
from webapp.questions.states import VOTABLE, Order, QuestionState
from webapp.questions.views import ORDERS, Card, addressees, for_everybody
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.tables import Participant, Question, Vote, own_name
from webapp.tables.questions.question import Content, MyRow
from webapp.text.name_check import NameCheck
from webapp.web import limits, qr
from webapp.web.cookies import VOICE, cookie
from webapp.web.limits import AT_ONCE, MINUTE, Limit, Turn
from webapp.web.pages import COMPRESSED
from webapp.web.rendering import PRIVATE, fragment, page
from webapp.web.sign_ins import proven_of, sign_in_of
from webapp.web.signing import NEVER, VOICE_LIFETIME, Voice
from webapp.web.wants import wants_after, wants_json

ASKING = Limit("ask", 5, MINUTE)
VOTING = Limit("vote", 60, MINUTE)
CHANGING = Limit("change", 10, MINUTE)
"""Of what one has asked oneself."""
JOINS_OF_ALL = Limit("join together", 1_000, MINUTE)
"""In a panel, a minute: a hall of 2,000 is in within two."""
JOINS = Limit("join", 300, MINUTE)
"""The same from one source, which a hall may be: a telephone that joins again and again is many voices."""
GUESTS_QUESTIONS = Limit("guests ask", 60, MINUTE)
"""That guests ask from one source in a minute, in a panel: more than anybody can read."""
WRONG_CODES = Limit("room-code", 20, MINUTE)
"""From one source, in a panel."""
WRONG_CODES_OF_ALL = Limit("room-code together", 1_000, MINUTE)
FIRST_QUESTION_AFTER = timedelta(seconds=5)
"""From joining on: who has to type a question does not notice, and a script that joins for each one does."""
A_LITTLE_FAST = "That was a little fast. Please wait a few seconds."
SAVED = "Your question is with the moderators now."
SAVED_AND_LISTED = "Your question is in the list now."
GUEST = " (guest)"
DELAYED = " Live updates are slow at the moment, so it may take a little to show."


@dataclass(frozen=True)
class Me:
    """Who takes part at this browser."""

    participant: int
    person: int | None
    """None: a guest."""
    name: str = ""
    """As a guest gave it."""
    room: str | None = None
    """The key of a guest who was let in. None: a delegate."""
    is_new: bool = False
    """Whether this browser has no cookie yet that says it."""
    since: datetime = NEVER
    """When the cookie was made, or now: a guest came in then."""

    @property
    def guest(self) -> bool:
        return self.person is None


class QuestionsController(Controller):
    @get("/ask")
    async def ask_somewhere(
        self, feeds: NamedDependency[Feeds], programme: NamedDependency[Programme]
    ) -> Template | Redirect:
        views = [panel.view for panel in feeds.panels]
        open_now = [view for view in views if view.is_open]
        if len(open_now) == 1:
            return Redirect(f"/panels/{open_now[0].slug}", status_code=303, headers=PRIVATE)
        to_come = [
            (opens, number)
            for number, view in enumerate(views)
            if (opens := view.opens_at) and opens > view.now and not view.by_hand
        ]
        return page(
            "questions/which.html",
            programme=programme,
            panels=sorted(views, key=lambda view: not view.is_open),
            opens_next=views[min(to_come)[1]] if to_come else None,
            page_url=f"{settings().url}/ask",
        )

    @get("/panels/{slug:str}")
    async def show(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        me: NamedDependency[Me | None],
        slug: FromPath[str],
    ) -> Template:
        panel = await feeds.panel(slug)
        form = await _empty(me, panel.programme, request.query_params.get("for", "")[:200])
        joining = JoinForm(room_code=as_code(request.query_params.get("room", "")))
        answer = await _page(panel, me, form=form, joining=joining)
        answer.cookies.extend(_known_again(me))
        return answer

    @get("/panels/{slug:str}/live", opt={COMPRESSED: True})
    async def live(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        me: NamedDependency[Me | None],
        slug: FromPath[str],
    ) -> ASGIApp:
        """The public questions, and to whoever takes part what became of theirs, and what they have voted for."""
        if "as" in request.query_params and (me is None or me.guest):  # the page was a delegate's
            raise NotAuthorizedException("You are signed out here. Please sign in again to take part.")
        panel, after = await following(request, feeds, slug)
        mine = [await panel.own(me.participant, after)] if me else []
        if me is None or me.person is None:  # a guest has one telephone
            return feeds.stream(panel.room, *mine, after=after)
        mine.append(await panel.votes_of(me.participant))
        return feeds.stream(panel.room, *mine, after=after, reader=Reader(me.person, since=me.since))

    @get("/panels/{slug:str}/questions.json")
    async def as_json(self, feeds: NamedDependency[Feeds], slug: FromPath[str]) -> Response[dict[str, Any]]:
        panel = await feeds.panel(slug)
        return Response(
            {
                "cursor": panel.room.revision,
                "open": panel.view.is_open,
                "questions": [_public(card) for card in panel.room.cards.values()],
            },
            headers=PRIVATE,
        )

    @get("/panels/{slug:str}/qr.svg")
    async def qr_code(self, feeds: NamedDependency[Feeds], slug: FromPath[str]) -> Response[bytes]:
        await feeds.panel(slug)
        return qr.picture(f"{settings().url}/ask")

    @post("/panels/{slug:str}/guests")
    async def join(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        redis: NamedDependency[Redis],
        me: NamedDependency[Me | None],
        now: NamedDependency[datetime],
        slug: FromPath[str],
    ) -> Template | Redirect:
        panel = await feeds.panel(slug)
        form = JoinForm.read(await request.form())
        if form.name and await own_name.is_anothers(form.name, panel.programme.file):
            form.errors["name"] = own_name.ANOTHERS
        if not form.errors:
            before = _voice(request, feeds, now)
            known = before.participant if before.person is None else None
            right = panel.view.guests and panel.row["room_code"] == form.room_code
            turn = await _turn_to_join(request, redis, slug, right=right)
            if not turn.granted:
                wait = limits.in_words(turn.wait)
                form.errors["room_code"] = (
                    f"Many people are joining just now. Nothing is lost: please press Join again in {wait}."
                    if right
                    else f"Too many codes were tried. Please wait {wait}, and look at the big screen."
                )
                return await _page(panel, me, joining=form, status=429)
            let_in = await Participant.join_as_guest(slug, form.room_code, form.name, now, known)
            if let_in is not None:
                participant, key = let_in
                rooms = {**(before.rooms if known else {}), slug: key}
                voice = Voice(participant, None, form.name, rooms, now)
                return Redirect(f"/panels/{slug}", status_code=303, cookies=[_voice_cookie(voice)])
            form.errors["room_code"] = (
                "This is not the room’s code. It is on the big screen; letters and digits, six in all."
                if panel.view.guests
                else "This panel is for delegates only. Please sign in."
            )
        return await _page(panel, me, joining=form, status=422)

    @post("/panels/{slug:str}/questions")
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
        name, said = await _name(me, programme)
        form = AskForm.read(await request.form(), name, choices, programme, said=said)
        if me is None:
            form.check = NameCheck()  # one thing after the other
            form.errors["text"] = (
                "Please join first, with the room code or by signing in. Your question is kept."
            )
            return await _answer(request, panel, me, form, 401)
        await _let_sign(form, me, programme, now)
        if form.errors:
            return await _answer(request, panel, me, form, 422)
        turn = await _turn_to_ask(request, redis, slug, me, now)
        if not turn.granted:
            wait = limits.in_words(turn.wait)
            form.errors["text"] = f"That was quick. Please wait {wait} before the next one; this one is kept."
            return await _answer(request, panel, me, form, 429)
        await asyncio.sleep(turn.wait.total_seconds())
        with form.errors.beside("text"):
            question = await Question.ask(
                slug, me.participant, form.key, _signed(form, me), now, room=me.room
            )
        if form.errors:
            return await _answer(request, panel, me, form, 409)
        told = await feeds.announce(QUESTIONS, slug)
        notice = (SAVED_AND_LISTED if panel.view.post_moderated else SAVED) + ("" if told else DELAYED)
        if not request.htmx:
            return Redirect(f"/panels/{slug}#mine", status_code=303, cookies=_known_again(me))
        panel = await feeds.panel(slug)
        asked = f"{question} {QuestionState.LISTED if panel.view.post_moderated else QuestionState.WAITING}"
        empty = await _empty(me, programme, form.addressee)
        response = await _answer(request, panel, me, empty, 200, notice, asked)
        response.cookies.extend(_known_again(me))
        return response

    @get("/panels/{slug:str}/questions/{question:int}/edit")
    async def edit_form(
        self,
        feeds: NamedDependency[Feeds],
        me: NamedDependency[Me | None],
        slug: FromPath[str],
        question: FromPath[int],
    ) -> Template:
        panel = await feeds.panel(slug)
        row = await _own(panel, me, question)
        name, said = await _name(me, panel.programme)
        form = AskForm(
            text=row["text"],
            addressee=f"{row['lecture']}/{row['lecturer']}" if row["lecture"] else "",
            signed="named" if row["name"] else "anonymous",
            name=name if said else row["name"].removesuffix(GUEST) or name,
            said=said,
        )
        return _edit_page(panel, me, form, row)

    @post("/panels/{slug:str}/questions/{question:int}")
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
        name, said = await _name(me, programme)
        form = AskForm.read(await request.form(), name, choices, programme, said=said)
        if me is not None:
            await _let_sign(form, me, programme, now)
        if form.errors:
            return _edit_page(panel, me, form, row, status=422)
        if not await _may_change(redis, row):
            form.errors["text"] = f"{A_LITTLE_FAST} What you typed is kept."
            return _edit_page(panel, me, form, row, status=429)
        with form.errors.beside("text"):
            content, guest = (_signed(form, me), me.guest) if me else (form.content, True)
            await Question.edit(slug, question, row["participant"], content, guest=guest)
        if form.errors:
            return _edit_page(panel, me, form, row, status=409)
        await feeds.announce(QUESTIONS, slug)
        return Redirect(f"/panels/{slug}#mine", status_code=303)

    @post("/panels/{slug:str}/questions/{question:int}/withdrawal")
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
            raise TooManyRequestsException(A_LITTLE_FAST)
        await Question.withdraw(slug, question, row["participant"])
        await feeds.announce(QUESTIONS, slug)
        if not request.htmx:
            return Redirect(f"/panels/{slug}#mine", status_code=303)
        rows = await Question.asked_by([row["participant"]], slug)
        return fragment("questions/_mine.html", panel=panel.view, mine=[panel.my_card(own) for own in rows])

    @post("/panels/{slug:str}/questions/{question:int}/{vote:str}", status_code=200)
    async def vote(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        redis: NamedDependency[Redis],
        me: NamedDependency[Me | None],
        now: NamedDependency[datetime],
        slug: FromPath[str],
        question: FromPath[int],
        vote: FromPath[str],
    ) -> Response[Any]:
        """`vote` and `unvote`. Doing either again changes nothing, so a lost answer can simply be asked for again."""
        if vote not in ("vote", "unvote"):
            raise NotFoundException()
        if me is None:
            return _voted(request, slug, 401, "Please join with the room code, or sign in, to vote.")
        if not await VOTING.allows(redis, me.participant):
            return _voted(request, slug, 429, A_LITTLE_FAST)
        try:
            if vote == "vote":
                count = await Vote.cast(slug, question, me.participant, now, room=me.room)
            else:
                count = await Vote.take_back(slug, question, me.participant, now, room=me.room)
        except Refused as refusal:
            row = (await feeds.panel(slug)).row
            if me.guest and row["guests"] and row["guest_key"] != me.room:
                return _voted(request, slug, 401, "Please join again: the room has a new code.")
            return _voted(request, slug, 409, refusal.reason)
        if count.new:
            feeds.announce_soon(VOTES, f"{slug} {question}")
            if not me.guest:
                feeds.announce_soon(BALLOTS, f"{slug} {me.participant}")
        response = _voted(
            request, slug, 200, id=question, votes=count.votes, tally=count.tally, mine=vote == "vote"
        )
        response.cookies.extend(_known_again(me))
        return response


async def following(request: HTMXRequest, feeds: Feeds, slug: str) -> tuple[PanelFeeds, int | None]:
    """The panel that a stream is about, and the revision up to which the client has seen it."""
    after = wants_after(request)
    panel = feeds.known(slug)
    if panel is None or (after is not None and after > panel.revision):
        # The client has seen more than this worker has: another one told it.
        panel = await feeds.panel(slug)
    return panel, after


async def me_of(
    request: HTMXRequest,
    feeds: NamedDependency[Feeds],
    now: NamedDependency[datetime],
    slug: FromPath[str],
) -> Me | None:
    """Who may ask and vote here at this browser: a delegate who has signed in by mail, or a guest of the room.

    A delegate is the same on every device, from the first page on: what they ask and vote on one shows on the others.
    """
    voice = _voice(request, feeds, now)
    if voice.participant is not None and voice.person is not None:
        return Me(voice.participant, voice.person, since=voice.since)
    if proven := await proven_of(await sign_in_of(request, now)):
        participant = await Participant.join(proven.person, now)
        return Me(participant, proven.person, is_new=True, since=now)
    # Whether guests may take part just now is seen by the statements that write.
    room = voice.rooms.get(slug)
    if voice.participant is None or room is None:
        return None
    return Me(voice.participant, None, voice.name, room, since=voice.since)


def _voice(request: HTMXRequest, feeds: Feeds, now: datetime) -> Voice:
    """The voice of a browser, unless the one whose it is has ended it since."""
    voice = Voice.read(request.cookies.get(VOICE, ""), now)
    void = voice.person is not None and voice.since <= feeds.silenced.get(voice.person, NEVER)
    return Voice() if void else voice


def _known_again(me: Me | None) -> list[Cookie]:
    """The cookie that spares us from looking up a delegate again."""
    return [_voice_cookie(Voice(me.participant, me.person, since=me.since))] if me and me.is_new else []


async def _name(me: Me | None, programme: Programme) -> tuple[str, bool]:
    """What somebody is called, and whether they have said so: else it is proposed to them. Guests say it each time."""
    if me is None or me.person is None:
        return (me.name if me else ""), False
    said = await own_name.said_by(me.person, programme.file)
    return said or await own_name.proposed_to(me.person, programme.file), bool(said)


async def _empty(me: Me | None, programme: Programme, addressee: str = "") -> AskForm:
    name, said = await _name(me, programme)
    return AskForm.empty(name, addressee, said=said)


async def _let_sign(form: AskForm, me: Me, programme: Programme, now: datetime) -> None:
    """Say in the form where somebody else is called as it is to be signed. What a delegate signs with is their name
    from now on."""
    if form.errors or not form.content.name:
        return
    with form.errors.beside("signed" if form.said else "name"):
        if me.person is not None and not form.said:
            await own_name.say(me.person, form.name, programme.file, now)
        elif await own_name.is_anothers(form.name, programme.file, me.person):
            raise Refused(own_name.ANOTHERS)


def _voice_cookie(voice: Voice) -> Cookie:
    return cookie(VOICE, voice.signed(), VOICE_LIFETIME)


async def _own(panel: PanelFeeds, me: Me | None, question: int) -> MyRow:
    """A question of one's own. Raises NotFoundException for those of others, as if they were not there."""
    row = None
    if me is not None:
        row = await Question.own(question, me.participant, panel.slug)
    if row is None:
        raise NotFoundException("This is not a question of yours, or it was asked from another telephone.")
    return row


async def _turn_to_join(request: HTMXRequest, redis: Redis, slug: str, *, right: bool) -> Turn:
    """When somebody may come in with the `right` code, or try another wrong one."""
    source = limits.source_of(request)
    if not source:
        return AT_ONCE
    of_one, of_all = (JOINS, JOINS_OF_ALL) if right else (WRONG_CODES, WRONG_CODES_OF_ALL)
    turn = await of_one.turn(redis, f"{slug} {source}")
    # The source first: what one is refused takes nothing from the others.
    return await of_all.turn(redis, slug) if turn.granted else turn


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


def _let_in(panel: PanelFeeds, me: Me) -> bool:
    """Whether somebody may take part here, as far as this worker knows: guests with the key that holds now."""
    return not me.guest or (panel.row["guests"] and panel.row["guest_key"] == me.room)


def _signed(form: AskForm, me: Me) -> Content:
    """What is asked, in the name of whoever asks: of guests nobody knows whether it is theirs."""
    content = form.content
    if not me.guest or not content.name:
        return content
    return replace(content, name=f"{content.name.removesuffix(GUEST)}{GUEST}")


async def _page(
    panel: PanelFeeds,
    me: Me | None,
    *,
    form: AskForm | None = None,
    joining: JoinForm | None = None,
    status: int = 200,
    notice: str = "",
) -> Template:
    view, room = panel.view, panel.room
    if me is not None and not _let_in(panel, me):
        me = None
    votes = await Vote.counts_by(panel.slug, me.participant) if me else {}
    rows = await Question.asked_by([me.participant], panel.slug) if me else []
    return page(
        "questions/panel.html",
        status=status,
        programme=panel.programme,
        panel=view,
        cursor=room.revision,
        # Votes are told a little later, and whoever has just voted without a script expects to see it.
        on_list=room.listed(*VOTABLE, order=for_everybody, counts=votes),
        answered=room.listed(QuestionState.ANSWERED, order=ORDERS[Order.ANSWERED]),
        votable=VOTABLE,
        me=me,
        my_votes=list(votes),
        voted_for=[room.cards[number] for number in votes if number in room.cards],
        mine=[panel.my_card(row) for row in rows],
        form=form or await _empty(me, panel.programme),
        addressees=addressees(view.session, panel.programme),
        joining=joining or JoinForm(),
        notice=notice,
        page_url=f"{settings().url}/panels/{panel.slug}",
    )


async def _answer(
    request: HTMXRequest,
    panel: PanelFeeds,
    me: Me | None,
    form: AskForm,
    status: int,
    notice: str = "",
    asked: str = "",
) -> Response[Any]:
    """The form again, by itself or on its page. `asked`: the question that the notice is about, and its state."""
    if not request.htmx:
        return await _page(panel, me, form=form, status=status)
    return fragment(
        "questions/_ask.html",
        # Pages swap no 429 in: what is typed in other forms must stay. Here it is in the answer.
        status=409 if status == 429 else status,
        programme=panel.programme,
        panel=panel.view,
        form=form,
        me=me,
        addressees=addressees(panel.view.session, panel.programme),
        notice=notice,
        asked=asked,
    )


def _edit_page(panel: PanelFeeds, me: Me | None, form: AskForm, row: MyRow, *, status: int = 200) -> Template:
    return page(
        "questions/edit.html",
        status=status,
        programme=panel.programme,
        panel=panel.view,
        question=panel.my_card(row),
        stays_anonymous=not row["ever_named"],
        form=form,
        me=me,
        addressees=addressees(panel.view.session, panel.programme),
        page_url=f"{settings().url}/panels/{panel.slug}",
    )


def _voted(request: HTMXRequest, slug: str, status: int, reason: str = "", **counted: Any) -> Response[Any]:
    """To a script in its own words; to a form by going back, or on to joining."""
    if wants_json(request):
        answer = {"reason": reason} if reason else counted
        return Response(answer, status_code=status, headers=PRIVATE, media_type="application/json")
    if status in (409, 429):
        raise Refused(reason)
    place = f"#question-{counted['id']}" if counted else ""
    return Redirect(f"/panels/{slug}{place}", status_code=303)


def _public(card: Card) -> dict[str, Any]:
    return {
        "id": card.id,
        "text": card.text,
        "votes": card.votes,
        "tally": card.tally,
        "state": card.state,
        "addressee": card.to,
        "about": card.about,
        "name": card.name,
        "source": card.source,
        "position": card.position,
    }
