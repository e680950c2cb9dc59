"""Of every column that holds a person's words: it is erased, or named here with the reason why it stays."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from piccolo.columns import UUID, ForeignKey, Text, Timestamptz, Varchar
from piccolo.table import Table, sort_table_classes

from tests.support.cast import Cast
from tests.support.meeting import Place
from webapp import tables
from webapp.tables import TABLES

NOBODYS = {
    *(tables.Conference, tables.Counter, tables.Meeting, tables.Offer, tables.Panel, tables.Rehearsal),
    *(tables.Session, tables.Spelling),
    tables.Draft,  # sealed with a key that only the browser has, and gone after a day
}
"""Tables in which nothing is any person's, or is to be read."""
KEPT = {
    # What accounts must be able to show: who was charged what, and why it was taxed so.
    *("booking.payer_name", "booking.organisation", "booking.address", "booking.country"),
    *("booking.organisation_number", "booking.payment_reference", "delegate.country", "invoice.contents"),
    *("cancellation_fee.title", "item.title"),
    # What was asked before everybody, and what became of it: it is nobody's from then on.
    *("question.text", "question.lecture", "question.lecturer", "question.author", "question.link"),
    *("question.reason", "act.verb", "act.detail", "act.before", "act.after"),
    # What was written to everybody at the meeting place: it is “a delegate's” from then on.
    *("note.title", "note.text", "note.themes", "note.session", "reply.text"),
    *("round_table.title", "round_table.place", "deed.verb"),
}
MACHINES = {
    tables.Booking.reference: secrets.token_hex(3),
    tables.Booking.currency: "NOK",
    tables.OutgoingMail.state: "sent",  # it is not to leave
    tables.Waiting.delegates: "",
    tables.Proposal.adds: "",
    tables.Proposal.drops: "",
    tables.Report.context: "",
    tables.Delegate.calendar_offers: "participation",
    tables.Item.slot: None,
}
"""What stands in columns that people do not write."""
KEYS = ("key", "tag", "pseudonym", "form_key", "key_hash")
"""Columns that a program has drawn by lot."""
MARK = "¶¶"
"""Begins every word that is put there, and two letters of a country are no more than that."""


def test_all_words_of_somebody_erased_are_gone_but_those_the_accounts_keep(place: Place, cast: Cast) -> None:
    dag = place.delegate(cast.dag)
    house = place.house
    [person] = house.rows("SELECT id FROM person WHERE email = ?", cast.dag.email)
    [profile] = house.rows("SELECT id FROM profile WHERE person = ?", person["id"])
    rows: dict[type[Table], int] = {tables.Person: person["id"], tables.Profile: profile["id"]}
    for table in sort_table_classes(
        [one for one in TABLES if one not in NOBODYS or one in (tables.Offer, tables.Panel)]
    ):
        name = table._meta.tablename
        if table in NOBODYS:
            rows[table] = house.rows(f"SELECT id FROM {name} ORDER BY id LIMIT 1")[0]["id"]
            continue
        facts = facts_of(table, rows, cast.dag.email)
        if table in rows:
            places = ", ".join(f"{column} = ?" for column in facts)
            house.rows(f"UPDATE {name} SET {places} WHERE id = ?", *facts.values(), rows[table])
        else:
            marks = ", ".join("?" for _ in facts)
            query = f"INSERT INTO {name} ({', '.join(facts)}) VALUES ({marks}) RETURNING id"
            rows[table] = house.rows(query, *facts.values())[0]["id"]
    assert len(said(place, cast.dag.email)) > 60, "there is something to erase"
    assert "Your data is erased" in dag.client.post("/me/erasure", data={"sure": "yes"}).text
    left = said(place, cast.dag.email)
    assert (sorted(left - KEPT), sorted(KEPT - left)) == ([], [])


def facts_of(table: type[Table], rows: dict[type[Table], int], email: str) -> dict[str, Any]:
    """A row of a person's in this table, with words in it that name their column."""
    known = table in rows
    facts: dict[str, Any] = {}
    for column in table._meta.columns:
        name = column._meta.name
        if column._meta.primary_key or (known and (isinstance(column, ForeignKey) or column._meta.unique)):
            continue
        if isinstance(column, ForeignKey):
            facts[name] = rows[column._foreign_key_meta.resolved_references]
        elif isinstance(column, Timestamptz):
            facts[name] = datetime(2017, 5, 2, tzinfo=UTC).isoformat()
        elif isinstance(column, Varchar | Text):
            facts[name] = words_for(column, email)
        elif isinstance(column, UUID):
            facts[name] = str(uuid4())
        else:
            facts[name] = column.get_default_value()
    return facts


def words_for(column: Varchar | Text, email: str) -> str | None:
    for machines, value in MACHINES.items():
        if column is machines or (column._meta.name, column._meta.table) == (
            machines._meta.name,
            machines._meta.table,
        ):
            return value
    name = column._meta.name
    if name in ("mailbox", "recipient", "email", "payer_email", "old_email", "new_email"):
        return email
    if column._meta.choices:
        return str(next(iter(column._meta.choices)).value)
    if getattr(column, "length", None) == 2:
        return MARK
    if name in KEYS:
        return secrets.token_hex(4)
    return f"{MARK}{column._meta.table._meta.tablename}.{name}"[: getattr(column, "length", None)]


def said(place: Place, email: str) -> set[str]:
    """In which columns words stand that were put there, in the database as it is."""
    found = set()
    for table in TABLES:
        name = table._meta.tablename
        for row in place.house.rows(f"SELECT * FROM {name}"):
            found |= {
                f"{name}.{column}"
                for column, value in row.items()
                if MARK in str(value) or email in str(value)
            }
    return found
