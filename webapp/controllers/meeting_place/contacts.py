"""Contacts: asking, answering, and what two write to each other."""

from __future__ import annotations

from datetime import datetime, timedelta

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest, HTMXTemplate
from litestar.response import Redirect, Template
from litestar.types import ASGIApp
from markupsafe import Markup
from redis.asyncio import Redis

from webapp.conference.programme import Programme
from webapp.live.announced import BLOCKS, MEETING
from webapp.live.feeds import Feeds
from webapp.live.meeting_feeds import draw_thread
from webapp.meeting_place.forms import ReplyForm
from webapp.meeting_place.members import Member, met_by
from webapp.meeting_place.page import place_page
from webapp.meeting_place.vcard import vcard
from webapp.meeting_place.views import ContactView
from webapp.refusal import Refused
from webapp.tables import Contact, Meeting, Message, Profile
from webapp.tables.meeting_place.contacts import MOST_OPEN
from webapp.tables.meeting_place.profile import MetProfile
from webapp.text.typed import length, prose
from webapp.web.limits import HOUR, MINUTE, Limit
from webapp.web.pages import COMPRESSED
from webapp.web.rendering import PRIVATE, fragment
from webapp.web.wants import wants_after

REQUESTS = Limit("contact", 15, HOUR)
MESSAGES = Limit("message", 20, MINUTE)
LONGEST_REQUEST = 300
LONGEST_NOTE = 2000
IN_THE_HALL = timedelta(hours=3)
VCARD = "text/vcard"
NO_CONTACT = "This is no contact of yours, or not any more."


class ContactsController(Controller):
    path = "/meeting-place"

    @get("/contacts")
    async def contacts(
        self,
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
    ) -> Template:
        return await place_page(
            "meeting_place/contacts/index.html",
            programme,
            member,
            contacts=await _contacts_of(member, programme),
            waiting=await Contact.waiting_for(member.profile, now),
            asked=await Contact.asked_by(member.profile, now),
            most_open=MOST_OPEN,
            in_the_hall=bool(member.row["here_until"] and member.row["here_until"] > now),
        )

    @get("/contacts.vcf")
    async def all_vcards(
        self, programme: NamedDependency[Programme], member: NamedDependency[Member]
    ) -> Response[str]:
        return _vcards(await _contacts_of(member, programme), programme, "contacts")

    @get("/contacts/{tag:str}/card.vcf")
    async def vcard(
        self, programme: NamedDependency[Programme], member: NamedDependency[Member], tag: FromPath[str]
    ) -> Response[str]:
        return _vcards([await _contact(member, programme, tag)], programme, "contact")

    @get("/people/{tag:str}/ask")
    async def ask_form(
        self,
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        tag: FromPath[str],
    ) -> Template:
        return await _ask_page(programme, member, await met_by(member, tag), now)

    @post("/people/{tag:str}/ask")
    async def ask(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        tag: FromPath[str],
    ) -> Template | Redirect:
        other = await met_by(member, tag)
        text = prose((await request.form()).get("text"))
        error = ""
        if length(text, LONGEST_REQUEST) > LONGEST_REQUEST or len(text) > 4 * LONGEST_REQUEST:
            error = f"Please keep it under {LONGEST_REQUEST} characters."
        elif not await REQUESTS.allows(redis, member.person):
            error = "Those were many requests in an hour. Please go on later; this one is kept."
        else:
            try:
                await Contact.ask(member.profile, other["id"], text, now)
            except Refused as refusal:
                error = refusal.reason
        if error:
            return await _ask_page(programme, member, other, now, text, error, status=422)
        await feeds.announce(MEETING)
        return Redirect("/meeting-place/contacts", status_code=303)

    @post("/people/{tag:str}/accept")
    async def accept(
        self,
        feeds: NamedDependency[Feeds],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        tag: FromPath[str],
    ) -> Redirect:
        other = await met_by(member, tag)
        await Contact.accept(member.profile, other["id"], now)
        await feeds.announce(MEETING)
        return Redirect(f"/meeting-place/contacts/{tag}", status_code=303)

    @post("/people/{tag:str}/decline")
    async def decline(
        self, member: NamedDependency[Member], now: NamedDependency[datetime], tag: FromPath[str]
    ) -> Redirect:
        """Nobody is told, so nothing is announced."""
        await Contact.decline(member.profile, (await met_by(member, tag))["id"], now)
        return Redirect("/meeting-place/contacts", status_code=303)

    @get("/contacts/{tag:str}")
    async def contact(
        self, programme: NamedDependency[Programme], member: NamedDependency[Member], tag: FromPath[str]
    ) -> Template:
        return await _thread_page(programme, member, tag)

    @get("/contacts/{tag:str}/live", opt={COMPRESSED: True})
    async def live(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        tag: FromPath[str],
    ) -> ASGIApp:
        """What the two write to each other."""
        other = await _contact(member, programme, tag)
        after = wants_after(request)
        board, bell = await feeds.meeting.board(member.profile, after)
        thread = await feeds.meeting.thread(other.contact, member.profile, programme)
        return feeds.stream(board, bell, thread, after=after, reader=member.reads())

    @post("/contacts/{tag:str}/messages")
    async def write(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        redis: NamedDependency[Redis],
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
        tag: FromPath[str],
    ) -> Template | Redirect | HTMXTemplate:
        other = await _contact(member, programme, tag)
        form = ReplyForm.read(await request.form())
        if not form.errors and not await MESSAGES.allows(redis, member.person):
            form.errors["text"] = "That was quick. Please wait a minute; this message is kept."
        if not form.errors:
            with form.errors.beside("text"):
                await Message.write(other.contact, member.profile, other.id, form.key, form.text, now)
        if not form.errors:
            await feeds.announce(MEETING)
            form = ReplyForm()
            if not request.htmx:
                return Redirect(f"/meeting-place/contacts/{tag}#thread", status_code=303)
        status = 422 if form.errors else 200
        if request.htmx:
            sent = not form.errors
            return fragment(
                "meeting_place/contacts/_message_form.html",
                status=status,
                contact=other,
                form=form,
                sent=sent,
            )
        return await _thread_page(programme, member, tag, form, status=status)

    @post("/contacts/{tag:str}/note")
    async def remember(
        self,
        request: HTMXRequest,
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        tag: FromPath[str],
    ) -> Redirect:
        other = await _contact(member, programme, tag)
        text = prose((await request.form()).get("note"))[:LONGEST_NOTE]
        await Contact.remember(member.profile, other.id, text)
        return Redirect(f"/meeting-place/contacts/{tag}", status_code=303)

    @post("/contacts/{tag:str}/part")
    async def part(
        self,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        member: NamedDependency[Member],
        tag: FromPath[str],
    ) -> Redirect:
        other = await _contact(member, programme, tag)
        await Contact.part(member.profile, other.id)
        await feeds.announce(MEETING, BLOCKS)
        return Redirect("/meeting-place/contacts", status_code=303)

    @post("/here")
    async def here(
        self,
        request: HTMXRequest,
        member: NamedDependency[Member],
        now: NamedDependency[datetime],
    ) -> Redirect:
        if (await request.form()).get("here") == "yes":
            await Profile.be_here(member.profile, now + IN_THE_HALL, now)
        else:
            await Profile.be_gone(member.profile)
        return Redirect("/meeting-place/contacts", status_code=303)


async def _contacts_of(member: Member, programme: Programme, tag: str | None = None) -> list[ContactView]:
    return [ContactView.from_contact(row, programme) for row in await Contact.known_to(member.profile, tag)]


async def _contact(member: Member, programme: Programme, tag: str) -> ContactView:
    """A contact of this member. Raises NotFoundException for everybody else."""
    other = await met_by(member, tag)
    found = await _contacts_of(member, programme, other["tag"])
    if not found:
        raise NotFoundException(NO_CONTACT)
    return found[0]


async def _ask_page(
    programme: Programme,
    member: Member,
    other: MetProfile,
    now: datetime,
    text: str = "",
    error: str = "",
    *,
    status: int = 200,
) -> Template:
    return await place_page(
        "meeting_place/contacts/ask.html",
        programme,
        member,
        status=status,
        other=other,
        between=await Contact.between(member.profile, other["id"], now),
        text=text,
        error=error,
    )


async def _thread_page(
    programme: Programme, member: Member, tag: str, form: ReplyForm | None = None, *, status: int = 200
) -> Template:
    revision = await Meeting.present()
    other = await _contact(member, programme, tag)
    thread = draw_thread(await Message.thread(other.contact), member.profile, programme)
    return await place_page(
        "meeting_place/contacts/contact.html",
        programme,
        member,
        status=status,
        revision=revision,
        contact=other,
        thread=Markup(thread),  # noqa: S704 - drawn by a template, which escapes
        form=form or ReplyForm(),
        stream=f"/meeting-place/contacts/{tag}/live",
    )


def _vcards(contacts: list[ContactView], programme: Programme, name: str) -> Response[str]:
    conference = programme.conference.title
    return Response(
        "".join(vcard(contact, conference) for contact in contacts),
        media_type=VCARD,
        headers={**PRIVATE, "Content-Disposition": f'attachment; filename="{name}.vcf"'},
    )
