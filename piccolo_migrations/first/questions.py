"""Panels and their questions as they first were."""

from enum import Enum

from piccolo.columns import Boolean, ForeignKey, Integer, OnDelete, Text, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from piccolo_migrations.first.people import Person
from webapp.database.columns import Instant


class Panel(Table, tablename="panel"):
    slug = Varchar(length=80, unique=True)
    revision = Integer()
    opens_at = Instant(null=True)
    closes_at = Instant(null=True)
    by_hand = Varchar(length=10)
    post_moderated = Boolean()
    guests = Boolean(default=True)
    room_code = Varchar(length=12)
    guest_key = Varchar(length=12)
    screen_code = Varchar(length=12)
    show_next = Boolean(default=True)
    blackout = Boolean()
    most_questions = Integer()
    most_each = Integer()
    asked = Integer()
    withdrawn = Boolean()


class Participant(Table, tablename="participant"):
    person = ForeignKey(Person, on_delete=OnDelete.cascade, unique=True)
    name = Varchar(length=200)
    pseudonym = Varchar(length=40, unique=True)
    muted = Boolean()
    since = Instant()


class Moderator(Table, tablename="moderator"):
    person = ForeignKey(Person, on_delete=OnDelete.cascade, null=False)
    panel = Varchar(length=80)
    moderates_a_panel_once = Unique([person, panel])


QuestionSource = Enum(
    "Source",
    {"PHONE": "phone", "FLOOR": "floor", "TWITTER": "twitter", "FACEBOOK": "facebook", "EMAIL": "email"},
)
QuestionState = Enum(
    "QuestionState",
    {
        "WAITING": "waiting",
        "LISTED": "listed",
        "NEXT": "next",
        "ON_SCREEN": "on_screen",
        "ANSWERED": "answered",
        "DECLINED": "declined",
        "WITHDRAWN": "withdrawn",
    },
)


class Question(Table, tablename="question"):
    panel = ForeignKey(Panel, on_delete=OnDelete.cascade, null=False, index=True)
    participant = ForeignKey(Participant, on_delete=OnDelete.set_null, index=True)
    key = Varchar(length=60, default=None, null=True)
    text = Text()
    lecture = Varchar(length=80)
    lecturer = Varchar(length=80)
    name = Varchar(length=200)
    read_as = Varchar(length=200)
    ever_named = Boolean()
    source = Varchar(length=10, default="phone", choices=QuestionSource)
    author = Varchar(length=200)
    link = Varchar(length=500)
    state = Varchar(length=10, default="waiting", choices=QuestionState)
    position = Integer()
    reason = Varchar(length=300)
    muted = Boolean()
    votes = Integer()
    tally = Integer()
    revision = Integer()
    asked_at = Instant()
    asked_once_per_form = Unique([participant, key])


class Act(Table, tablename="act"):
    panel = ForeignKey(Panel, on_delete=OnDelete.cascade, null=False, index=True)
    question = ForeignKey(Question, on_delete=OnDelete.cascade, index=True)
    moderator = ForeignKey(Person, on_delete=OnDelete.set_null)
    verb = Varchar(length=20)
    detail = Varchar(length=300)
    before = Varchar(length=10)
    position_before = Integer()
    after = Varchar(length=10)
    revision = Integer()
    found_revision = Integer()
    left_revision = Integer()
    at = Instant()
    undone_at = Instant(null=True)


class Vote(Table, tablename="vote"):
    question = ForeignKey(Question, on_delete=OnDelete.cascade, null=False)
    participant = ForeignKey(Participant, on_delete=OnDelete.cascade, null=False, index=True)
    one_vote_per_voter = Unique([question, participant])
