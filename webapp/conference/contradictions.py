"""What is wrong between parts of a conference file that are each in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from webapp.conference.file import Conference, ConferenceFile, Session, SessionKind
from webapp.conference.problems import Finding, Loc, did_you_mean, slugs_in, tables_in
from webapp.conference.registration import Product, ProductKind, Registration
from webapp.conference.values import LONGEST_NIGHT, MORNING
from webapp.text.currencies import minor_digits
from webapp.text.organisation_numbers import can_be
from webapp.text.written import full_date, short_date


def contradictions(data: dict[str, Any], parts: dict[str, list[tuple[int, Any]]]) -> Iterator[Finding]:
    """What the valid parts of a file say against each other. `data`: the file as it is written."""
    for kind in ("product", "category", "speaker", "slot", "session", "table"):
        counts = Counter(slugs_in(data, kind))
        for number, table in tables_in(data, kind):
            slug = table.get("slug")
            if isinstance(slug, str) and counts[slug] > 1:
                yield (
                    (kind, number, "slug"),
                    f"“{slug}” is the slug of another {kind} too. Each needs its own.",
                )
    match data.get("conference"):
        case {"starts": date() as first, "ends": date() as last} if type(first) is type(last) is date:
            if last < first:
                yield ("conference", "ends"), "The conference ends before it starts."
            for number, session in parts.get("session", []):
                if not first <= session.day <= last + timedelta(days=_belongs_to_the_night_before(session)):
                    yield ("session", number, "day"), "This day is not one of the conference’s."
    for _, registration in parts.get("registration", []):
        yield from _wrong_registration(registration)
        for _, conference in parts.get("conference", []):
            yield from _wrong_ends(conference, registration)
    without = [] if data.get("registration") else [(0, Registration())]
    for _, registration in parts.get("registration", without):
        for number, product in parts.get("product", []):
            yield from _wrong_amounts(registration.currency, number, product)
    for number, session in parts.get("session", []):
        yield from _wrong_session(data, number, session)
    for number, product in parts.get("product", []):
        yield from _wrong_product(data, number, product)
    yield from _wrong_panels(parts.get("session", []))
    yield from _wrong_blocks(parts.get("slot", []), parts.get("session", []))
    kinds = [product.get("kind") for _, product in tables_in(data, "product")]
    conference = data.get("conference")
    if kinds and isinstance(conference, dict) and "contact_email" not in conference:
        yield (
            ("conference",),
            "`contact_email` is missing: whoever registers has to know whom to write to, and pages and mails say it.",
        )
    for kind in ProductKind:
        if kinds.count(kind) > 1:
            yield ("product",), f"There is more than one product of the kind {kind}. Only one can be booked."
    if kinds and ProductKind.PARTICIPATION not in kinds:
        yield ("product",), "There is no product of the kind participation, so nobody could register."


def double_booked(file: ConferenceFile) -> list[str]:
    """Rooms and people that are in two sessions at once. In schedules from elsewhere that may be meant so."""
    return [
        reason for _, reason in double_bookings(file.model_dump(mode="json"), list(enumerate(file.session)))
    ]


def double_bookings(data: dict[str, Any], sessions: list[tuple[int, Any]]) -> Iterator[Finding]:
    """Rooms and people that are in two sessions at once; organisations may be, and slots of one block take turns."""
    blocks: dict[str | None, Any] = {slug: slot.get("block") for slug, slot in _by_slug(data, "slot")}
    people = {
        slug: speaker.get("name")
        for slug, speaker in _by_slug(data, "speaker")
        if not speaker.get("organisation")
    }
    taken: dict[tuple[str, str], list[tuple[datetime, datetime, int, Session]]] = {}
    for number, session in sessions:
        if session.starts is not None and session.ends is not None and not session.cancelled:
            when = (
                datetime.combine(session.day, session.starts),
                datetime.combine(session.last_day, session.ends),
            )
            for place in [("room", session.room), *(("speakers", slug) for slug in set(session.speakers))]:
                if place[1] and (place[0] == "room" or place[1] in people):
                    taken.setdefault(place, []).append((*when, number, session))

    def take_turns(one: Session, other: Session) -> bool:
        return (
            one.slot != other.slot
            and blocks.get(one.slot) is not None
            and blocks[one.slot] == blocks.get(other.slot)
        )

    for (key, name), uses in taken.items():
        uses.sort(key=lambda use: use[:3])
        until, last = datetime.min, None  # noqa: DTZ901 - times without a zone are compared
        for starts, ends, number, session in uses:
            if last and starts < until and not take_turns(last, session):
                who = f"The room {name}" if key == "room" else people[name]
                said = f"{short_date(session.day)}, {session.starts:%H:%M}"
                both = f"in “{last.title}” and in “{session.title}”"
                yield ("session", number, key), f"{who} is {both} at the same time, {said}."
            if ends >= until:
                until, last = ends, session


def _by_slug(data: dict[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The parts of this kind that others can name, each with its slug; what else stands there is told elsewhere."""
    for _, table in tables_in(data, kind):
        if isinstance(slug := table.get("slug"), str):
            yield slug, table


def _wrong_ends(conference: Conference, registration: Registration) -> Iterator[Finding]:
    """What is open beyond the conference: most often that is a slip in the year."""
    over = datetime.combine(conference.ends + timedelta(days=1), time(), conference.zone)
    said = f"The conference is over on {full_date(conference.ends)}, and"
    if registration.opens and registration.opens >= over:
        yield ("registration", "opens"), f"{said} registration opens after that."
    if registration.closes and registration.closes > over:
        yield ("registration", "closes"), f"{said} registration closes after that."
    if registration.changes.close and registration.changes.close > over:
        yield ("registration", "changes", "close"), f"{said} changes close after that."


def _wrong_registration(registration: Registration) -> Iterator[Finding]:
    opens, closes = registration.opens, registration.closes
    if opens and closes and closes <= opens:
        yield ("registration", "closes"), "Registration closes before it opens."
    changes = registration.changes
    if changes.fee_percent and changes.free_until is None:
        yield (
            ("registration", "changes", "fee_percent"),
            "A fee needs `free_until`: the time up to which it costs nothing to give something back.",
        )
    if changes.close and changes.free_until and changes.close < changes.free_until:
        yield ("registration", "changes", "close"), "Changes close before they cost anything."
    seller = registration.seller
    if (
        seller
        and seller.country
        and seller.organisation_number
        and not can_be(seller.organisation_number, seller.country)
    ):
        yield (
            ("registration", "seller", "organisation_number"),
            "This number cannot be right in the seller’s country: a digit of it is wrong.",
        )
    if (registration.information_currency is None) != (registration.information_rate is None):
        yield (
            ("registration",),
            "information_currency and information_rate belong together: give both, or none.",
        )


def _wrong_panels(sessions: list[tuple[int, Any]]) -> Iterator[Finding]:
    panels = [(number, session.panel) for number, session in sessions if session.panel]
    asked_in = Counter(slug for _, panel in panels for slug in panel.about)
    for number, panel in panels:
        for slug in panel.about:
            if asked_in[slug] > 1:
                yield (
                    ("session", number, "panel", "about"),
                    f"Questions about “{slug}” go to more than one panel. Name it in one only.",
                )


def _wrong_blocks(slots: list[tuple[int, Any]], sessions: list[tuple[int, Any]]) -> Iterator[Finding]:
    blocks = {slot.slug: slot.block for _, slot in slots if slot.block}
    sharing = Counter(blocks.values())
    for number, slot in slots:
        if slot.block and sharing[slot.block] < 2:
            yield (
                ("slot", number, "block"),
                "No other slot has this block, so there is nothing to share its time with.",
            )
    first: dict[str, Session] = {}
    for number, session in sessions:
        if session.slot in blocks and session.starts:
            one = first.setdefault(blocks[session.slot], session)
            if (one.day, one.starts, one.ends) != (session.day, session.starts, session.ends):
                reason = (
                    f"Sessions of one block share one day and time, and “{one.title}” has another. Give both the whole "
                    "of the time, or take `block` from their slots when the order is settled."
                )
                yield ("session", number, "starts"), reason


BACKWARDS = (
    "This session ends before it starts. If it goes on to the next day for more than 12 hours, say so with "
    "`ends_on`: the day on which it ends."
)


def _belongs_to_the_night_before(session: Session) -> bool:
    return session.starts is not None and session.starts < MORNING


def _wrong_times(session: Session) -> Iterator[tuple[str, str]]:
    """What is wrong with when a session is: the key, and why."""
    starts, ends = session.starts, session.ends
    if ends is None:
        if session.ends_on is not None:
            yield (
                "ends_on",
                "This session has a day on which it ends and no time. Give `ends` too, or neither.",
            )
        return
    if starts is None:
        yield "ends", "This session has an end and no start. Give both, or neither."
        return
    length = datetime.combine(session.last_day, ends) - datetime.combine(session.day, starts)
    if length <= timedelta():
        yield "ends_on", "This session ends before it starts."
    elif session.ends_on is None and length > LONGEST_NIGHT:
        yield "ends", BACKWARDS


def _wrong_session(data: dict[str, Any], number: int, session: Session) -> Iterator[Finding]:
    loc: Loc = ("session", number)
    for key, reason in _wrong_times(session):
        yield (*loc, key), reason
    if session.slot is None and session.kind is SessionKind.SEMINAR:
        yield loc, f"The seminar “{session.title}” needs a slot: the choice it belongs to."
    if session.slot is not None and session.slug in slugs_in(data, "product"):
        yield (
            (*loc, "slug"),
            f"A product is called “{session.slug}” too. Both can be booked, so name one differently.",
        )
    for slug in session.panel.about if session.panel else ():
        yield from _missing(data, "session", slug, (*loc, "panel", "about"))
    for key, kind, slugs in [
        ("speakers", "speaker", session.speakers),
        ("categories", "category", session.categories),
        ("slot", "slot", (session.slot,) if session.slot else ()),
    ]:
        for slug in slugs:
            yield from _missing(data, kind, slug, (*loc, key))


def _wrong_amounts(currency: str, number: int, product: Product) -> Iterator[Finding]:
    digits = minor_digits(currency)
    for tier, price in enumerate(product.price):
        if round(price.amount, digits) != price.amount:
            most = {0: "no decimals", 2: "two decimals at most", 3: "three decimals at most"}[digits]
            yield ("product", number, "price", tier, "amount"), f"`amount` may have {most} in {currency}."


def _wrong_product(data: dict[str, Any], number: int, product: Product) -> Iterator[Finding]:
    loc: Loc = ("product", number)
    for tier, (price, following) in enumerate(pairwise(product.price)):
        if price.until is None:
            yield (*loc, "price", tier), "Only the last price may go without `until`: this one is never over."
        elif following.until is not None and following.until <= price.until:
            yield (
                (*loc, "price", tier + 1, "until"),
                "Prices follow each other: this one ends before the one above.",
            )
    if product.price[-1].until is not None:
        last = len(product.price) - 1
        yield (*loc, "price", last, "until"), "The last price holds to the end, so it has no `until`."
    if product.kind is ProductKind.ROOM and not product.nights:
        yield (
            loc,
            "A room needs `nights`: the evenings of arrival that are offered, [2017-11-05, 2017-11-06].",
        )
    if product.kind is not ProductKind.ROOM and product.nights:
        yield (*loc, "nights"), "Only a room has nights."
    if len(set(product.nights)) < len(product.nights):
        yield (*loc, "nights"), "A night is named twice."
    if product.session is not None:
        yield from _missing(data, "session", product.session, (*loc, "session"))


def _missing(data: dict[str, Any], kind: str, slug: str, loc: Loc) -> Iterator[Finding]:
    known = slugs_in(data, kind)
    if slug not in known:
        yield loc, f"There is no {kind} with the slug “{slug}”.{did_you_mean(slug, known)}"
