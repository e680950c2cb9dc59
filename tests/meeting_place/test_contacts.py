"""Contacts, cards and messages, and who sees what of whom, over HTTP."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.conftest import Houses
from tests.support.booking import words
from tests.support.cast import Cast
from tests.support.meeting import PLACE, Guest, Place, become_contacts, place_in, shown
from tests.support.waiting import until


def test_an_address_and_a_telephone_are_seen_when_both_have_said_yes(dag: Guest, gia: Guest) -> None:
    dag.tells(telephone="+47 11 22 33 44")
    gia.done(f"/people/{dag.tag}/ask", text="About the late start?")
    waiting = dag.get("/contacts")
    assert "About the late start?" in waiting
    for page in (waiting, gia.get("/contacts")):
        assert gia.person.email not in page
        assert dag.person.email not in page
    dag.done(f"/people/{gia.tag}/accept")
    seen = gia.get("/contacts")
    assert dag.person.email in seen
    assert "+47 11 22 33 44" in seen
    assert gia.person.email in dag.get(f"/contacts/{gia.tag}")
    assert f"{dag.name} and you are contacts now" in words(gia.get("/notices"))


def test_a_request_can_only_be_accepted_by_whom_it_is_for(dag: Guest, gia: Guest, sten: Guest) -> None:
    gia.done(f"/people/{dag.tag}/ask")
    assert gia.post(f"/people/{dag.tag}/accept").status_code == 409
    assert sten.post(f"/people/{gia.tag}/accept").status_code == 409
    assert sten.client.get(f"{PLACE}/contacts/{gia.tag}").status_code == 404
    dag.done(f"/people/{gia.tag}/accept")


def test_of_a_no_nobody_is_told(dag: Guest, gia: Guest) -> None:
    gia.done(f"/people/{dag.tag}/ask")
    before = words(gia.get("/contacts"))
    dag.done(f"/people/{gia.tag}/decline")
    assert words(gia.get("/contacts")) == before
    assert "No news yet" in gia.get("/notices")
    assert gia.name not in dag.get("/contacts")
    assert gia.post(f"/people/{dag.tag}/ask", text="Again?").status_code == 422
    dag.done(f"/people/{gia.tag}/ask")  # who has said no may think again
    assert gia.person.email in dag.get("/contacts")


def test_five_requests_are_open_at_most_also_when_some_were_declined(place: Place, gia: Guest) -> None:
    others = [place.delegate(Cast().dag) for _ in range(6)]
    for other in others[:5]:
        gia.done(f"/people/{other.tag}/ask")
    others[0].done(f"/people/{gia.tag}/decline")
    refused = gia.post(f"/people/{others[5].tag}/ask", text="Kept for later")
    assert refused.status_code == 422
    assert "as many as one can" in refused.text
    assert "Kept for later" in refused.text
    others[1].done(f"/people/{gia.tag}/accept")
    gia.done(f"/people/{others[5].tag}/ask")


def test_a_request_lapses_after_a_week_and_may_be_made_anew(dag: Guest, gia: Guest, place: Place) -> None:
    gia.done(f"/people/{dag.tag}/ask")
    place.house.rows(
        "UPDATE contact SET asked_at = '2017-04-25 07:00:00+00:00' WHERE asker = ?", gia.profile["id"]
    )
    assert gia.name not in dag.get("/contacts")
    assert dag.post(f"/people/{gia.tag}/accept").status_code == 409
    gia.done(f"/people/{dag.tag}/ask")
    dag.done(f"/people/{gia.tag}/accept")


def test_a_card_is_scanned_and_both_say_yes(dag: Guest, gia: Guest) -> None:
    token = shown(dag)
    assert f"This is {dag.name}’s card" in words(gia.get(f"/meet/{token}"))
    assert gia.name not in dag.get("/contacts")  # looking says nothing
    gia.done(f"/meet/{token}")
    assert "Has scanned your card" in dag.get("/contacts")
    assert dag.person.email not in gia.get("/contacts")
    dag.done(f"/people/{gia.tag}/accept")
    assert dag.person.email in gia.get("/contacts")


def test_a_card_shown_once_asks_once_whatever_the_answer(dag: Guest, gia: Guest) -> None:
    token, asks = shown(dag), "has scanned your card"
    gia.done(f"/meet/{token}")
    dag.done(f"/people/{gia.tag}/decline")
    assert words(dag.get("/notices")).count(asks) == 1
    dag.done("/notices/read")
    assert gia.done(f"/meet/{token}") == f"{PLACE}/contacts"  # as the first time: a no is not told
    assert words(dag.get("/notices")).count(asks) == 1
    assert gia.name not in dag.get("/contacts")
    gia.done(f"/meet/{shown(dag, -timedelta(hours=1))}")  # shown anew, so they have met again
    assert words(dag.get("/notices")).count(asks) == 2
    dag.done(f"/people/{gia.tag}/accept")


def test_to_a_card_from_before_a_no_the_no_holds_and_its_asker_cannot_tell(
    dag: Guest, gia: Guest, sten: Guest, place: Place
) -> None:
    def request(to: Guest) -> dict[str, Any]:
        return place.house.rows("SELECT * FROM contact WHERE asked = ?", to.profile["id"])[0]

    asks, before = "has scanned your card", dict[Guest, Any]()
    for other in (dag, sten):
        gia.done(f"/meet/{shown(other)}")
        before[other] = request(other)["asked_at"]
    dag.done(f"/people/{gia.tag}/decline")
    for other in (dag, sten):
        other.done("/notices/read")
    late = "2017-05-02 10:00:00+00:00"  # that is, two hours later
    place.house.rows("UPDATE contact SET declined_at = ? WHERE id = ?", late, request(dag)["id"])
    for other in (dag, sten):
        assert gia.done(f"/meet/{shown(other, -timedelta(hours=1))}") == f"{PLACE}/contacts"
        assert request(other)["asked_at"] > before[other]
    assert words(gia.get("/contacts")).replace(dag.name, sten.name).count(sten.name) == 2
    assert words(dag.get("/notices")).count(asks) == 1
    assert words(sten.get("/notices")).count(asks) == 2
    assert gia.name not in dag.get("/contacts")
    assert gia.name in sten.get("/contacts")
    place.house.rows(
        "UPDATE contact SET declined_at = ? WHERE id = ?", "2017-05-02 08:30:00+00:00", request(dag)["id"]
    )
    gia.done(f"/meet/{shown(dag, -timedelta(hours=1, minutes=1))}")  # which he has shown after it
    assert gia.name in dag.get("/contacts")


def test_cards_are_scanned_at_a_humane_pace(dag: Guest, gia: Guest) -> None:
    token = shown(dag)
    answers = [gia.post(f"/meet/{token}").status_code for _ in range(61)]
    assert answers == [303] * 60 + [409]


def test_a_card_is_another_each_time_and_good_for_a_while(dag: Guest, gia: Guest) -> None:
    squares = [dag.client.get(f"{PLACE}/card/qr.svg").content for _ in range(2)]
    assert squares[0] != squares[1]
    assert gia.client.get(f"{PLACE}/meet/{shown(dag, timedelta(hours=1))}").status_code == 200
    assert gia.client.get(f"{PLACE}/meet/{shown(dag, timedelta(hours=3))}").status_code == 404
    assert dag.client.get(f"{PLACE}/meet/{shown(dag)}").status_code == 404  # one's own
    assert gia.client.get(f"{PLACE}/meet/{shown(dag)}x").status_code == 404


def test_messages_come_live_to_the_other_and_to_nobody_else(dag: Guest, gia: Guest, sten: Guest) -> None:
    become_contacts(dag, gia)
    with gia.listening(path=f"/contacts/{dag.tag}/live") as events:
        dag.done(f"/contacts/{gia.tag}/messages", text="See you at <b>ten</b>?")
        heard = next(data for name, data in events if name == "thread" and "See you" in data)
    assert "&lt;b&gt;" in heard
    assert "has written to you" in gia.get("/notices")
    assert sten.post(f"/contacts/{gia.tag}/messages", text="Me too").status_code == 404
    assert sten.client.get(f"{PLACE}/contacts/{gia.tag}/live").status_code == 404
    empty = dag.post(f"/contacts/{gia.tag}/messages", text=" ")
    assert empty.status_code == 422


def test_a_message_can_be_reported_by_its_reader(
    dag: Guest, gia: Guest, sten: Guest, place: Place, cast: Cast
) -> None:
    become_contacts(dag, gia)
    dag.done(f"/contacts/{gia.tag}/messages", text="Something unkind")
    number = re.findall(r"/report/message/(\d+)", gia.get(f"/contacts/{dag.tag}"))[0]
    for other in (dag, sten):
        assert other.client.get(f"{PLACE}/report/message/{number}").status_code == 404
    assert gia.post(f"/report/message/{number}", reason="This hurts").status_code == 200
    assert "Something unkind" in place.moderator(cast.mona).get("/desk")


def test_a_block_ends_messages_and_contact_in_both_directions(dag: Guest, gia: Guest) -> None:
    become_contacts(dag, gia)
    gia.blocks(dag)
    for one, other in ((dag, gia), (gia, dag)):
        assert other.person.email not in one.get("/contacts")
        assert one.client.get(f"{PLACE}/contacts/{other.tag}").status_code == 404
        assert one.post(f"/contacts/{other.tag}/messages", text="Hello?").status_code == 404
        assert one.post(f"/people/{other.tag}/ask").status_code == 404
        assert one.client.get(f"{PLACE}/meet/{shown(other)}").status_code == 404
        assert other.person.email not in one.client.get(f"{PLACE}/contacts.vcf").text


def test_notes_to_oneself_are_read_by_nobody_else(dag: Guest, gia: Guest) -> None:
    become_contacts(dag, gia)
    dag.done(f"/contacts/{gia.tag}/note", note="Brings napkins")
    assert "Brings napkins" in dag.get(f"/contacts/{gia.tag}")
    for path in (f"/contacts/{dag.tag}", "/contacts"):
        assert "Brings napkins" not in gia.get(path)
    gia.done(f"/contacts/{dag.tag}/note", note="Late riser")
    assert "Brings napkins" in dag.get("/contacts")


@pytest.mark.one_database
def test_a_vcard_says_how_to_reach_them(dag: Guest, gia: Guest) -> None:
    dag.tells("organisation", name="Delås; Dag, jr.", organisation="Bærum " * 15, telephone="+47 11 22 33 44")
    become_contacts(dag, gia)
    gia.done(f"/contacts/{dag.tag}/note", note="First line\nSecond, line")
    answer = gia.client.get(f"{PLACE}/contacts/{dag.tag}/card.vcf")
    assert answer.headers["content-type"] == "text/vcard; charset=utf-8"
    lines = answer.content.decode().split("\r\n")
    assert max(len(line.encode()) for line in lines) <= 75
    card = answer.content.decode().replace("\r\n ", "").split("\r\n")
    assert card[:2] == ["BEGIN:VCARD", "VERSION:4.0"]
    assert r"FN:Delås\; Dag\, jr." in card
    assert f"EMAIL:{dag.person.email}" in card
    assert "TEL;VALUE=text:+47 11 22 33 44" in card
    assert r"NOTE:First line\nSecond\, line" in card
    assert gia.client.get(f"{PLACE}/contacts.vcf").text.count("BEGIN:VCARD") == 1


def test_contacts_part_and_deleted_people_disappear(
    dag: Guest, gia: Guest, sten: Guest, place: Place
) -> None:
    become_contacts(dag, gia)
    become_contacts(sten, gia)
    gia.done(f"/contacts/{dag.tag}/part")
    assert gia.person.email not in dag.get("/contacts")
    if place.house.database == "sqlite":  # where foreign keys only hold when a connection asks for it
        place.house.rows("DELETE FROM contact WHERE asker = ?", sten.profile["id"])
    place.house.rows("DELETE FROM profile WHERE id = ?", sten.profile["id"])
    assert sten.person.email not in gia.get("/contacts")


def test_presence_is_for_those_who_want_it(dag: Guest, gia: Guest) -> None:
    dag.tells()
    assert "In the hall" not in gia.get(f"/people/{dag.tag}")
    assert "I am in the hall" in dag.get("/contacts")
    dag.done("/here", here="yes")
    assert "In the hall" in gia.get(f"/people/{dag.tag}")
    assert "I am not in the hall any more" in dag.get("/contacts")
    dag.done("/here", here="no")
    assert "In the hall" not in gia.get(f"/people/{dag.tag}")


# Who sees what of whom

FIELDS = {
    "organisation": "Fjordskolen",
    "role": "Nattevakt",
    "languages": "savonian",
    "line": "Owls-in-class",
    "country": "Norway",
    "themes": "Gaming",
}
STATES = ("", "asked", "asks", "declined", "accepted", "blocks", "is blocked", "accepted and blocks")


EVERY_SET = ((), tuple(FIELDS), *((name,) for name in FIELDS))
HEARD = (*EVERY_SET[:2], ("country",))
"""Those that make a difference to what is live."""
NAME, TELEPHONE = "Dag Synlig", "+47 55 66 77 88"


def test_exactly_what_is_allowed_is_seen(houses: Houses, database: str) -> None:
    """In every state between two, and of every set of fields: on pages, live, in search, news, files and mails."""
    house = houses(database, workers=2, PLENUM_NOW="2017-11-06T06:30")
    with place_in(house) as place, ThreadPoolExecutor(len(STATES)) as at_once:
        dag, mona = place.delegate(Cast().dag), place.moderator(Cast().mona)
        said: dict[str, Any] = {name: FIELDS[name] for name in ("organisation", "role", "languages", "line")}
        said |= {"name": NAME, "telephone": TELEPHONE, "themes": ["gaming"]}
        dag.tells(**said)
        note = dag.writes("A note of Dag’s", "plainly")
        laid = dag.done(
            "/tables", title="Dag’s table", place="table-1", starts="2017-11-06T12:00", minutes="15"
        )
        end = mona.writes("The end")
        viewers = [Viewer(place, state, dag) for state in STATES]
        [foyer] = set(re.findall(rf'href="({PLACE}/foyer/[^"]+)"', mona.get("/tables")))
        for listed, shown in itertools.product((False, True), EVERY_SET):
            dag.tells(*shown, listed=listed, **said)
            look = partial(Viewer.looks, dag=dag, listed=listed, shown=shown, note=note, table=laid)
            list(at_once.map(look, viewers))
            if shown in HEARD:
                with ExitStack() as streams:
                    feeds = [streams.enter_context(viewer.guest.listening()) for viewer in viewers]
                    # One press each: whatever it was, it is the other now.
                    for someone, which in ((dag, note), (mona, end)):
                        if someone.post(f"/notes/{which}/close").status_code != 303:
                            someone.done(f"/notes/{which}/open")
                    for viewer, feed in zip(viewers, feeds, strict=True):
                        viewer.hears(feed, dag, shown, end)
            assert NAME not in mona.client.get(foyer).text  # it tells nobody's name, whatever is ticked
        house.plenum("clock", "2017-11-06T07:01")
        until(lambda: len(house.outbox()) >= len([viewer for viewer in viewers if not viewer.apart]))
        for viewer in viewers:
            mails = "".join(
                part.get_content()
                for mail in house.outbox()
                if viewer.guest.person.email in mail["To"]
                for part in mail.iter_parts()
            )
            assert (NAME in mails) == (not viewer.apart), viewer.state
            assert not any(secret in mails for secret in (dag.person.email, TELEPHONE, *FIELDS.values()))


class Viewer:
    """Somebody at the meeting place, and what is between them and Dag."""

    def __init__(self, place: Place, state: str, dag: Guest) -> None:
        self.state = state
        self.apart, self.contacts = "block" in state, state == "accepted"
        self.guest = gia = place.delegate(Cast().gia)
        # The team is mailed to in a rehearsal, too. This alone opens no other door.
        place.house.rows(
            "INSERT INTO moderator (person, panel) VALUES (?, 'elsewhere')", gia.profile["person"]
        )
        self.note = gia.writes("Under which Dag replies")
        dag.replies(self.note, "A reply of Dag’s")
        if state in ("asked", "declined", "accepted", "accepted and blocks"):
            gia.done(f"/people/{dag.tag}/ask")
        match state:
            case "asks":
                dag.done(f"/people/{gia.tag}/ask")
            case "declined":
                dag.done(f"/people/{gia.tag}/decline")
            case "accepted" | "accepted and blocks":
                dag.done(f"/people/{gia.tag}/accept")
        if "blocks" in state:
            dag.blocks(gia)
        elif state == "is blocked":
            gia.blocks(dag)

    def looks(self, *, dag: Guest, listed: bool, shown: Sequence[str], note: int, table: str) -> None:
        gia, tag, apart, contacts = self.guest, dag.tag, self.apart, self.contacts
        found = listed and not apart
        case = f"{self.state}, {listed=}, {shown}"

        def page(path: str, *, there: bool = True) -> str:
            answer = gia.client.get(PLACE + path)
            assert (answer.status_code == 200) == there, (case, path)
            return answer.text.partition("<main")[2] if there else ""

        person = page(f"/people/{tag}", there=found)
        for name, value in FIELDS.items():
            assert (value in person) == (name in shown and found), (case, name)
        searched = {"country": "?country=NO", "themes": "?theme=gaming"}
        some = FIELDS if len(shown) != 1 else (*shown, "line" if "line" not in shown else "role")
        for name in some:
            tags = gia.finds(searched.get(name, f"?q={FIELDS[name]}"))
            assert (tag in tags) == (name in shown and found), (case, name)
        pages = person
        if shown in HEARD:
            board = page("/")
            pages += board
            assert (NAME in board) == (not apart), case
            assert ("Norway" in board) == ("country" in shown and not apart), case
        if len(shown) != 1:
            own, tables, news, people = (
                page(path) for path in (f"/notes/{self.note}", "/tables", "/notices", "/people")
            )
            pages += own + tables + news + people + page(f"/notes/{note}", there=not apart)
            pages += page(table.removeprefix(PLACE), there=not apart)
            for text in (own, tables, news):
                assert (NAME in text) == (not apart), case
            assert (NAME in people) == found, case
            assert (note in gia.sees("?q=synlig")) == found, case
            unread = re.findall(r'data-unread="(\d+)"', gia.get("/people"))
            assert (unread == ["0"]) == apart, case
        assert not any(secret in pages for secret in (dag.person.email, TELEPHONE)), case

        mine = gia.client.get(f"{PLACE}/mine.json").json()["contacts"]
        vcard = gia.client.get(f"{PLACE}/contacts.vcf").text
        for text in (vcard, str(mine), *([page("/contacts")] if len(shown) != 1 else [])):
            for secret in (dag.person.email, TELEPHONE):
                assert (secret in text) == contacts, case
            for name in ("organisation", "role"):
                assert (FIELDS[name] in text) == (name in shown and contacts), (case, name)
        assert ("Norway" in vcard) == ("country" in shown and contacts), case
        assert ([one["country"] for one in mine] == ["NO"]) == ("country" in shown and contacts), case

    def hears(self, feed: Iterator[tuple[str, str]], dag: Guest, shown: Sequence[str], end: int) -> None:
        """All that is live up to a change of the last note."""
        heard = ""
        for _, data in feed:
            heard += data
            if f'data-note="{end}"' in data:
                break
        assert (NAME in heard) == (not self.apart), self.state
        assert ("Norway" in heard) == ("country" in shown and not self.apart), self.state
        assert not any(secret in heard for secret in (dag.person.email, TELEPHONE)), self.state
