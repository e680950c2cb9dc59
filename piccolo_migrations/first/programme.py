"""The programme as it first was, and what somebody has marked in it."""

from piccolo.columns import UUID, Boolean, DoublePrecision, ForeignKey, Integer, OnDelete, Text, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from piccolo_migrations.first.booking import Delegate
from piccolo_migrations.first.people import Person
from webapp.database.columns import Instant


class Conference(Table, tablename="conference"):
    document = Text()
    revision = Integer()
    loaded_at = Instant()


class Rehearsal(Table, tablename="rehearsal"):
    seconds = DoublePrecision()
    news_sent_at = Instant(null=True)


class Session(Table, tablename="session"):
    slug = Varchar(length=80, unique=True)
    uid = UUID(default=None)
    sequence = Integer()
    changed_at = Instant()
    fingerprint = Varchar(length=64)
    title = Varchar(length=300)
    starts_at = Instant(null=True)
    ends_at = Instant(null=True)
    offer = Varchar(length=120)
    withdrawn = Boolean()


class Planner(Table, tablename="planner"):
    key = Varchar(length=43, unique=True)
    person = ForeignKey(Person, on_delete=OnDelete.cascade, index=True)
    delegate = ForeignKey(Delegate, on_delete=OnDelete.set_null)


class Mark(Table, tablename="mark"):
    planner = ForeignKey(Planner, on_delete=OnDelete.cascade, null=False)
    session = Varchar(length=80)
    one_mark_per_session = Unique([planner, session])
