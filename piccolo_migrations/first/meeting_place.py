"""The meeting place as it first was."""

from enum import Enum

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, OnDelete, Text, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from piccolo_migrations.first.people import Person
from piccolo_migrations.first.questions import Question
from webapp.database.columns import Instant


class Meeting(Table, tablename="meeting"):
    revision = Integer()
    closes_at = Instant(null=True)
    news_sent_at = Instant(null=True)
    foyer = Integer()


class Profile(Table, tablename="profile"):
    person = ForeignKey(Person, on_delete=OnDelete.cascade, null=False, unique=True)
    tag = Varchar(length=24, unique=True)
    name = Varchar(length=200)
    organisation = Varchar(length=200)
    role = Varchar(length=200)
    follows_booking = Boolean()
    country = Varchar(length=2)
    themes = Text()
    languages = Varchar(length=200)
    line = Varchar(length=300)
    telephone = Varchar(length=40)
    speaker = Varchar(length=80)
    listed = Boolean()
    shows_organisation = Boolean()
    shows_role = Boolean()
    shows_country = Boolean()
    shows_themes = Boolean()
    shows_languages = Boolean()
    shows_line = Boolean()
    calendar = Integer()
    muted_until = Instant(null=True)
    hidden = Boolean()
    by_mail = Boolean(default=True)
    here_until = Instant(null=True)
    since = Instant()


class Deed(Table, tablename="deed"):
    moderator = ForeignKey(Person, on_delete=OnDelete.set_null)
    verb = Varchar(length=20)
    profile = ForeignKey(Profile, on_delete=OnDelete.set_null)
    detail = Text()
    at = Instant()


ContactState = Enum("State", {"ASKED": "asked", "ACCEPTED": "accepted", "DECLINED": "declined"})


class Contact(Table, tablename="contact"):
    asker = ForeignKey(Profile, on_delete=OnDelete.cascade, null=False)
    asked = ForeignKey(Profile, on_delete=OnDelete.cascade, null=False, index=True)
    state = Varchar(length=10, default="asked", choices=ContactState)
    text = Varchar(length=1200)
    met = Boolean()
    asked_at = Instant()
    declined_at = Instant(null=True)
    askers_note = Text()
    askeds_note = Text()
    asks_somebody_once = Unique([asker, asked])


class Block(Table, tablename="block"):
    blocker = ForeignKey(Profile, on_delete=OnDelete.cascade, null=False)
    blocked = ForeignKey(Profile, on_delete=OnDelete.cascade, null=False, index=True)
    at = Instant()
    blocks_somebody_once = Unique([blocker, blocked])


class Message(Table, tablename="message"):
    contact = ForeignKey(Contact, on_delete=OnDelete.cascade, null=False, index=True)
    author = ForeignKey(Profile, on_delete=OnDelete.cascade, null=False)
    key = Varchar(length=60)
    text = Text()
    at = Instant()
    revision = Integer(index=True)
    sent_once_per_form = Unique([author, key])


NoteKind = Enum("Kind", {"SEEK": "seek", "OFFER": "offer", "IDEA": "idea"})
NoteState = Enum("State", {"OPEN": "open", "CLOSED": "closed", "HIDDEN": "hidden", "WITHDRAWN": "withdrawn"})


class Note(Table, tablename="note"):
    author = ForeignKey(Profile, on_delete=OnDelete.set_null, index=True)
    key = Varchar(length=60, default=None, null=True)
    kind = Varchar(length=10, choices=NoteKind)
    title = Varchar(length=480)
    text = Text()
    themes = Text()
    session = Varchar(length=80)
    question = ForeignKey(Question, on_delete=OnDelete.cascade, unique=True)
    state = Varchar(length=10, default="open", choices=NoteState)
    was_closed = Boolean()
    replies = Integer()
    votes = Integer()
    tally = Integer()
    revision = Integer(index=True)
    written_at = Instant()
    written_once_per_form = Unique([author, key])


class Follow(Table, tablename="follow"):
    note = ForeignKey(Note, on_delete=OnDelete.cascade, null=False)
    profile = ForeignKey(Profile, on_delete=OnDelete.cascade, null=False, index=True)
    follows_a_note_once = Unique([note, profile])


class MeToo(Table, tablename="me_too"):
    note = ForeignKey(Note, on_delete=OnDelete.cascade, null=False)
    profile = ForeignKey(Profile, on_delete=OnDelete.cascade, null=False, index=True)
    one_me_too_each = Unique([note, profile])


class Reply(Table, tablename="reply"):
    note = ForeignKey(Note, on_delete=OnDelete.cascade, null=False, index=True)
    author = ForeignKey(Profile, on_delete=OnDelete.set_null, index=True)
    key = Varchar(length=60, default=None, null=True)
    text = Text()
    state = Varchar(length=10, default="open", choices=NoteState)
    revision = Integer(index=True)
    written_at = Instant()
    replied_once_per_form = Unique([author, key])


class RoundTable(Table, tablename="round_table"):
    host = ForeignKey(Profile, on_delete=OnDelete.set_null, index=True)
    key = Varchar(length=60, default=None, null=True)
    note = ForeignKey(Note, on_delete=OnDelete.set_null, index=True)
    title = Varchar(length=480)
    place = Varchar(length=80)
    starts_at = Instant()
    ends_at = Instant()
    seats = Integer()
    taken = Integer()
    waiting = Integer()
    cancelled = Boolean()
    uid = UUID(default=None)
    sequence = Integer()
    changed_at = Instant()
    revision = Integer(index=True)
    never_more_than_it_holds = Check('"taken" <= "seats"')
    laid_once_per_form = Unique([host, key])


class Report(Table, tablename="report"):
    reporter = ForeignKey(Profile, on_delete=OnDelete.set_null)
    accused = ForeignKey(Profile, on_delete=OnDelete.set_null)
    note = ForeignKey(Note, on_delete=OnDelete.cascade)
    reply = ForeignKey(Reply, on_delete=OnDelete.cascade)
    round_table = ForeignKey(RoundTable, on_delete=OnDelete.cascade)
    reason = Varchar(length=2000)
    context = Text()
    by_name_check = Boolean()
    at = Instant()
    done_at = Instant(null=True)
    done_by = ForeignKey(Person, on_delete=OnDelete.set_null)


class Notice(Table, tablename="notice"):
    profile = ForeignKey(Profile, on_delete=OnDelete.cascade, null=False, index=True)
    kind = Varchar(length=20)
    actor = ForeignKey(Profile, on_delete=OnDelete.cascade, index=True)
    note = ForeignKey(Note, on_delete=OnDelete.cascade)
    round_table = ForeignKey(RoundTable, on_delete=OnDelete.cascade)
    text = Varchar(length=2000)
    at = Instant()
    read_at = Instant(null=True)
    withdrawn = Boolean()
    revision = Integer(index=True)


class Seat(Table, tablename="seat"):
    round_table = ForeignKey(RoundTable, on_delete=OnDelete.cascade, null=False)
    profile = ForeignKey(Profile, on_delete=OnDelete.cascade, null=False, index=True)
    seated = Boolean()
    one_seat_each = Unique([round_table, profile])
