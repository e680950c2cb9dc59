"""What can be booked and what is, as it first was; a sign-in may be for one booking alone."""

from enum import Enum

from piccolo.columns import BigInt, Boolean, Bytea, ForeignKey, Integer, OnDelete, SmallInt, Text, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from piccolo_migrations.first.people import Person
from webapp.database.columns import Instant

OfferKind = Enum(
    "OfferKind", {"PARTICIPATION": "participation", "WORKSHOP": "workshop", "NIGHT": "night", "SEAT": "seat"}
)


class Offer(Table, tablename="offer"):
    slug = Varchar(length=120, unique=True)
    kind = Varchar(length=20, choices=OfferKind)
    title = Varchar(length=400)
    capacity = Integer(default=None, null=True)
    taken = Integer()
    withdrawn = Boolean()
    seats_taken_are_never_below_zero = Check('"taken" >= 0')


class Counter(Table, tablename="counter"):
    series = Varchar(length=40, unique=True)
    last = Integer()


class Booking(Table, tablename="booking"):
    reference = Varchar(length=6, unique=True)
    form_key = Varchar(length=43, unique=True)
    payer = ForeignKey(Person, on_delete=OnDelete.restrict, null=False, index=True)
    payer_name = Varchar(length=200)
    payer_email = Varchar(length=254)
    organisation = Varchar(length=200)
    address = Text()
    country = Varchar(length=2)
    organisation_number = Varchar(length=40)
    payment_reference = Varchar(length=100)
    currency = Varchar(length=3)
    booked_at = Instant()
    priced_at = Instant()
    consented_at = Instant()
    revision = Integer()


class CancellationFee(Table, tablename="cancellation_fee"):
    booking = ForeignKey(Booking, on_delete=OnDelete.cascade, null=False, index=True)
    delegate = Varchar(length=200)
    person = ForeignKey(Person, on_delete=OnDelete.set_null)
    title = Varchar(length=500)
    amount = BigInt()
    vat_rate = Integer()
    vat = BigInt()
    charged_at = Instant()


class Delegate(Table, tablename="delegate"):
    booking = ForeignKey(Booking, on_delete=OnDelete.cascade, null=False)
    person = ForeignKey(Person, on_delete=OnDelete.restrict, null=False, index=True)
    position = SmallInt()
    name = Varchar(length=200)
    email = Varchar(length=254)
    organisation = Varchar(length=200)
    role = Varchar(length=200)
    country = Varchar(length=2)
    diet = Text()
    access_needs = Text()
    needs_are_private = Boolean()
    calendar_sequence = Integer()
    calendar_offers = Text()
    one_place_in_a_booking = Unique([booking, position])


class Invoice(Table, tablename="invoice"):
    number = Integer(unique=True)
    booking = ForeignKey(Booking, on_delete=OnDelete.restrict, null=False, index=True)
    credits = Integer(default=None, null=True, unique=True)
    total = BigInt()
    vat = BigInt()
    contents = Text()
    issued_at = Instant()


WaitingState = Enum(
    "WaitingState",
    {"WAITING": "waiting", "OFFERED": "offered", "TAKEN": "taken", "LAPSED": "lapsed", "LEFT": "left"},
)


class Waiting(Table, tablename="waiting"):
    offer = ForeignKey(Offer, on_delete=OnDelete.restrict, null=False, index=True)
    booking = ForeignKey(Booking, on_delete=OnDelete.cascade, index=True)
    person = ForeignKey(Person, on_delete=OnDelete.restrict, null=False, index=True)
    name = Varchar(length=200)
    email = Varchar(length=254)
    delegates = Text()
    seats = Integer()
    held = Integer()
    lets_pass = Boolean()
    state = Varchar(length=20, default="waiting", choices=WaitingState)
    since = Instant()
    offered_until = Instant(null=True, index=True)


class SignIn(Table, tablename="sign_in"):
    person = ForeignKey(Person, on_delete=OnDelete.cascade, null=False, index=True)
    booking = ForeignKey(Booking, on_delete=OnDelete.cascade)
    key_hash = Varchar(length=64, unique=True)
    expires_at = Instant()
    since = Instant(null=True)
    browser = Varchar(length=80)


class Item(Table, tablename="item"):
    delegate = ForeignKey(Delegate, on_delete=OnDelete.cascade, null=False)
    offer = ForeignKey(Offer, on_delete=OnDelete.restrict, null=False)
    slot = Varchar(length=80, default=None, null=True)
    title = Varchar(length=400)
    amount = BigInt()
    vat_rate = Integer()
    vat = BigInt()
    one_of_each_for_a_delegate = Unique([delegate, offer])
    one_seminar_at_a_time = Unique([delegate, slot])


ProposalState = Enum(
    "ProposalState",
    {
        "OPEN": "open",
        "ACCEPTED": "accepted",
        "DECLINED": "declined",
        "LAPSED": "lapsed",
        "WITHDRAWN": "withdrawn",
    },
)


class Proposal(Table, tablename="proposal"):
    booking = ForeignKey(Booking, on_delete=OnDelete.cascade, null=False, index=True)
    delegate = ForeignKey(Delegate, on_delete=OnDelete.cascade, null=False, index=True)
    adds = Text()
    drops = Text()
    country = Varchar(length=2)
    amount = BigInt()
    state = Varchar(length=20, default="open", choices=ProposalState)
    asked_at = Instant()
    expires_at = Instant(index=True)
    ended_at = Instant(null=True)


class Draft(Table, tablename="draft"):
    name = Varchar(length=64, unique=True)
    sealed = Bytea()
    ends_at = Instant(index=True)
    source = Varchar(length=64, index=True)
