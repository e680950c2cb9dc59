"""My account: where I am signed in, my address, my data."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import random
import re
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import expect

from tests.conftest import Houses, Visit
from tests.support.booking import Registering, book, words
from tests.support.browser import barriers
from tests.support.cast import Cast, Person
from tests.support.changes import Changing, use_link
from tests.support.house import House
from tests.support.mailbox import Servers, text_of
from tests.support.meeting import Guest, Place, place_in
from tests.support.room import Desk, Room
from tests.support.traces import on_disk
from tests.support.waiting import until
from webapp.mail.post import CARRIERS

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
CONFIRM = re.compile(r"/address/[\w.-]{40,}")


def sign_in(room: House, client: httpx.Client, person: Person, agent: str = "") -> None:
    """By the link in a mail, as a person does."""
    pattern = r"/sign-in/[\w-]{20,}"

    def links() -> list[str]:
        mails = [mail for mail in room.outbox() if mail["To"] == person.email]
        return [link for mail in mails for link in re.findall(pattern, text_of(mail))]

    before = len(links())
    client.post("/sign-in", data={"email": person.email})
    until(lambda: len(links()) > before)
    # The newest stands last, or not: mails of one instant have no order. The others are used.
    client.headers["User-Agent"] = agent
    answers = [use_link(client, link) for link in links()]
    assert any(answer.status_code == 303 for answer in answers)


def mails_to(house: House, address: str, subject: str = "Your e-mail address") -> list[str]:
    return [
        text_of(mail)
        for mail in house.outbox()
        if mail["To"] == address and str(mail["Subject"]).startswith(subject)
    ]


def confirmation(house: House, address: str) -> str:
    """The link in the latest mail about a change of address to this mailbox."""
    until(lambda: mails_to(house, address))
    [link] = CONFIRM.findall(mails_to(house, address)[-1])
    return str(link)


# Signing in tells nobody who is known here


def spread_apart(one: Callable[[], object], other: Callable[[], object], times: int) -> float:
    """How surely one takes another time than the other: the z of a rank test, which does not mind a busy machine."""
    order = [True, False] * times
    random.shuffle(order)  # so that what one leaves behind burdens both
    taken: list[tuple[float, bool]] = []
    for first in order:
        began = time.perf_counter()
        (one if first else other)()
        taken.append((time.perf_counter() - began, first))
    rank_sum = sum(rank for rank, (_, first) in enumerate(sorted(taken), start=1) if first)
    u = rank_sum - times * (times + 1) / 2
    return (u - times * times / 2) / math.sqrt(times * times * (2 * times + 1) / 12)


def test_signing_in_takes_as_long_whether_the_address_is_known_or_not(
    houses: Houses, servers: Servers, database: str, cast: Cast
) -> None:
    server = servers()
    server.stalls_at = "RCPT"
    house = houses(database, SMTP_URL=server.url)
    times = 60
    for number in range(times):
        house.rows(
            "INSERT INTO person (email, name, organiser, since) VALUES (?, '', ?, ?)",
            f"{number}.{cast.dag.email}",
            False,
            "2017-05-02T10:00:00+00:00",
        )
    known, unknown, more = iter(range(times)), iter(range(times)), itertools.count()
    with house.client() as client:

        def ask(address: str, times: int = 1) -> None:
            for _ in range(times):
                assert client.post("/sign-in", data={"email": address}).status_code == 200

        # All who carry mails are held at the mail server, so that nothing but the requests is measured.
        for number in range(CARRIERS):
            ask(f"{number}.{cast.dag.email}")
        until(lambda: server.waiting == CARRIERS)
        z = spread_apart(
            lambda: ask(f"{next(known)}.{cast.dag.email}"),
            lambda: ask(f"{next(unknown)}.{cast.sten.email}"),
            times,
        )
        assert abs(z) < 5, "which by chance happens once in two million times"
        # And it would be noticed if one did more than the other, such as all of it twice.
        control = spread_apart(
            lambda: ask(f"{next(more)}.{cast.gia.email}"),
            lambda: ask(f"{next(more)}.{cast.gia.email}", times=2),
            times,
        )
        assert abs(control) > 3, "which by chance happens once in four hundred times"
        rows = house.rows(
            "SELECT recipient FROM outgoing_mail WHERE state <> 'sent' AND template = 'sign_in'"
        )
        asked = [row["recipient"] for row in rows]
        for name in (cast.dag.email, cast.sten.email):
            assert sum(address.endswith(name) for address in asked) >= times, (
                "the same is left to be done later"
            )


def test_a_link_is_sent_to_nobody_who_is_not_known_here(house: House, cast: Cast) -> None:
    with house.client() as client:
        book(client, cast.dag)
        for person in (cast.sten, cast.dag):
            client.post("/sign-in", data={"email": person.email})
    until(lambda: mails_to(house, cast.dag.email, "Your sign-in link"))
    of_sten = "SELECT id FROM outgoing_mail WHERE recipient = ?"
    until(lambda: not house.rows(of_sten, cast.sten.email))
    assert mails_to(house, cast.sten.email, "") == []


# Where I am signed in


def test_dag_sees_where_he_is_signed_in_and_ends_what_is_not_his(house: House, cast: Cast) -> None:
    with house.client() as at_work, house.client() as on_the_train, house.client() as lost:
        book(at_work, cast.dag)
        for client, agent in ((at_work, FIREFOX), (on_the_train, IPHONE), (lost, "")):
            sign_in(house, client, cast.dag, agent)
        said = words(at_work.get("/me").text)
        for browser in ("Firefox on Windows This one", "Safari on iPhone", "A browser"):
            assert browser in said
        rows = house.rows(
            "SELECT s.id, s.browser FROM sign_in s JOIN person p ON p.id = s.person WHERE p.email = ? ORDER BY s.id",
            cast.dag.email,
        )
        ids = {row["browser"]: row["id"] for row in rows}
        ended = at_work.post(f"/me/sign-ins/{ids['Safari on iPhone']}/end")
        assert ended.headers["location"] == "/me#sign-ins"
        assert on_the_train.get("/me").headers["location"] == "/sign-in"
        assert at_work.post(f"/me/sign-ins/{ids['Safari on iPhone']}/end").status_code == 404
        assert lost.get("/me").status_code == 200
        at_work.post("/me/sign-ins/end-others")
        assert lost.get("/me").headers["location"] == "/sign-in"
        assert at_work.get("/me").status_code == 200
        gone = at_work.post(f"/me/sign-ins/{ids['Firefox on Windows']}/end")
        assert gone.headers["location"] == "/"
        assert at_work.get("/me").headers["location"] == "/sign-in"


def test_nobody_ends_the_sign_in_of_another(house: House, cast: Cast) -> None:
    with house.client() as dag, house.client() as sten, house.client() as stranger:
        for client, person in ((dag, cast.dag), (sten, cast.sten)):
            book(client, person)
            sign_in(house, client, person)
        [his] = house.rows(
            "SELECT s.id FROM sign_in s JOIN person p ON p.id = s.person WHERE p.email = ?", cast.dag.email
        )
        for number in (his["id"], 2**31, 2**63, 0):
            assert sten.post(f"/me/sign-ins/{number}/end").status_code == 404
        sten.post("/me/sign-ins/end-others")
        assert stranger.post(f"/me/sign-ins/{his['id']}/end").status_code == 401
        assert stranger.post("/me/sign-ins/end-others").status_code == 401
        assert dag.get("/me").status_code == 200
        assert dag.post(f"/me/sign-ins/{his['id']}/end").status_code == 303


def test_who_has_only_booked_comes_into_nobodys_account(house: House, cast: Cast) -> None:
    """Anybody can book with the address of somebody else."""
    with house.client() as browser:
        book(browser, cast.dag)
        page = browser.get("/me").text
        assert "Where you are signed in" not in page
        for path in ("/me/address", "/me/data.json", "/me/erasure"):
            assert browser.get(path).status_code == 303, path
        for path in ("/me/address", "/me/erasure", "/me/sign-ins/end-others"):
            fields = {"email": cast.sten.email, "sure": "yes"}
            assert browser.post(path, data=fields).status_code == 401, path
        sign_in(house, browser, cast.dag)
        assert "Where you are signed in" in browser.get("/me").text
        assert browser.get("/me/data.json").status_code == 200


def test_a_lost_telephone_asks_and_votes_no_more(room: Room, cast: Cast) -> None:
    desk = room.moderator(cast.mona)
    question = room.listed(desk)
    lost, found = room.delegate(cast.dag), room.delegate(cast.dag)
    assert lost.vote(question).is_success
    assert found.client.post("/me/sign-ins/end-others").status_code == 303
    until(lambda: lost.vote(question, "unvote").status_code == 401)
    assert lost.ask("What is this telephone worth?").status_code == 401
    assert found.vote(question, "unvote").is_success


# Another address


def test_an_address_changes_when_both_mailboxes_have_confirmed_it(house: House, cast: Cast) -> None:
    new = f"new.{cast.dag.email}"
    with house.client() as dag, house.client() as anywhere:
        book(dag, cast.dag)
        sign_in(house, dag, cast.dag)
        answer = dag.post("/me/address", data={"email": new})
        assert f"{new}: not confirmed yet" in words(answer.text)
        old_link, new_link = (confirmation(house, address) for address in (cast.dag.email, new))
        for link, other in ((new_link, cast.dag.email), (old_link, "")):
            for _ in range(2):  # a scanner of mails opens links, and uses nothing up
                assert anywhere.get(link).status_code == 200
            assert cast.dag.email in words(dag.get("/me").text)
            done = anywhere.post(link)
            assert done.status_code == 200
            if other:
                assert f"open the link in the mail to {other}" in words(done.text)
                assert f"Signed in as {cast.dag.email}" in words(dag.get("/me").text)
            for used in (anywhere.get(link), anywhere.post(link)):
                assert used.status_code == 410
        assert f"Signed in as {new}" in words(dag.get("/me").text)
        assert "Booking" in dag.get("/me").text
        assert house.rows("SELECT payer_email FROM booking WHERE payer_email = ?", new)
        with house.client() as at_home:
            sign_in(house, at_home, replace(cast.dag, email=new))
            assert "Booking" in at_home.get("/me").text


def test_links_to_change_an_address_that_are_old_replaced_or_made_up_change_nothing(
    house: House, cast: Cast
) -> None:
    first, second = f"first.{cast.dag.email}", f"second.{cast.dag.email}"
    with house.client() as dag:
        book(dag, cast.dag)
        sign_in(house, dag, cast.dag)
        dag.post("/me/address", data={"email": first})
        replaced = confirmation(house, first)
        dag.post("/me/address", data={"email": second})
        link = confirmation(house, second)
        for spent in (dag.get(replaced), dag.post(replaced)):
            assert spent.status_code == 410
        payload, _, signature = link.removeprefix("/address/").partition(".")
        booking = re.findall(r"/bookings/([\w.-]+)", dag.get("/me").text)[0]
        for forged in (payload, f"{payload}.{signature[:-2]}AA", f"x{payload}.{signature}", booking, "%00"):
            assert dag.get(f"/address/{forged}").status_code == 404
            assert dag.post(f"/address/{forged}").status_code == 404
        assert dag.get(link).status_code == 200
        value = datetime(2017, 5, 1, tzinfo=UTC)
        house.rows(
            "UPDATE address_change SET expires_at = ? WHERE new_email = ?",
            value if house.database == "postgresql" else value.isoformat(sep=" "),
            second,
        )
        for late in (dag.get(link), dag.post(link)):
            assert late.status_code == 410
        assert cast.dag.email in words(dag.get("/me").text)


def test_an_address_that_is_somebody_elses_stays_theirs_and_dag_does_not_learn_of_it(
    house: House, cast: Cast
) -> None:
    free = f"free.{cast.dag.email}"
    with house.client() as dag, house.client() as gia:
        book(gia, cast.gia)
        book(dag, cast.dag)
        sign_in(house, dag, cast.dag)
        pages = [
            words(dag.post("/me/address", data={"email": address}).text).replace(address, "…")
            for address in (cast.gia.email, free)
        ]
        assert pages[0] == pages[1]
        until(lambda: mails_to(house, cast.gia.email))
        [told] = mails_to(house, cast.gia.email)
        assert "known here already" in " ".join(told.split())
        assert not CONFIRM.findall(told)
        # Free when it was asked for, and somebody's when it is confirmed.
        confirm = [confirmation(house, free)]
        confirm += [
            link for mail in mails_to(house, cast.dag.email) for link in CONFIRM.findall(mail) if free in mail
        ]
        with house.client() as quicker:
            book(quicker, replace(cast.sten, email=free))
        assert dag.post(confirm[0]).status_code == 200
        answers = [dag.post(link) for link in confirm[1:]]
        assert 409 in [answer.status_code for answer in answers]
        assert f"Signed in as {cast.dag.email}" in words(dag.get("/me").text)


@pytest.mark.one_database
@pytest.mark.parametrize("typed", ["", "dag", "dag@", "x" * 5000, "dag\x00@skola.example"])
def test_an_address_that_is_none_keeps_what_was_typed(house: House, cast: Cast, typed: str) -> None:
    with house.client() as dag:
        book(dag, cast.dag)
        sign_in(house, dag, cast.dag)
        answer = dag.post("/me/address", data={"email": typed})
        assert answer.status_code == 422
        assert "does not look like an e-mail address" in answer.text
        same = dag.post("/me/address", data={"email": cast.dag.email.upper()})
        assert same.status_code == 422
        assert "This is your address already" in same.text
        assert cast.dag.email.upper() in same.text


# My data


def everything_about(house: House, *needles: str) -> list[str]:
    """Where in the database one of these words stands."""
    tables = (
        ["SELECT name FROM sqlite_master WHERE type = 'table'"]
        if house.database == "sqlite"
        else ["SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"]
    )
    return [
        f"{table['name']}.{column}"
        for table in house.rows(tables[0])
        for row in house.rows(f'SELECT * FROM "{table["name"]}"')
        for column, value in row.items()
        if any(needle in str(value) for needle in needles)
    ]


def test_dag_takes_out_what_is_his_and_nothing_of_his_colleagues(room: Room, cast: Cast) -> None:
    house = room.house
    desk = room.moderator(cast.mona)
    listed = room.listed(desk)
    dag = room.delegate(cast.dag)
    room.asked(dag, "What helps on Monday mornings?", name_choice="anonymous")
    dag.vote(listed)
    dag.client.post("/programme/keynote-david-heyne/mark")
    house.rows("UPDATE person SET password_hash = 'argon2-of-something' WHERE email = ?", cast.dag.email)
    taken = dag.client.get("/me/data.json")
    assert taken.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert taken.headers["cache-control"] == "no-store"
    data = taken.json()
    assert data["person"]["email"] == cast.dag.email
    assert [question["text"] for question in data["questions"]] == ["What helps on Monday mornings?"]
    assert [vote["question"] for vote in data["votes"]] == ["How do we begin?"]
    assert "argon2" not in taken.text
    assert "key_hash" not in taken.text


def test_a_booking_is_in_what_is_taken_out_by_whoever_comes_and_by_whoever_pays(
    house: House, cast: Cast
) -> None:
    with house.client() as olga, house.client() as dag:
        page = Registering(olga)
        page.for_delegates(cast.dag, cast.gia, name=cast.olga.name, email=cast.olga.email)
        page.fill({"delegates.0.diet": "No fish, please", "delegates.1.diet": "Vegan"})
        page.book()
        sign_in(house, olga, cast.olga)
        sign_in(house, dag, cast.dag)
        his, hers = dag.get("/me/data.json"), olga.get("/me/data.json")
        [place] = his.json()["places"]
        assert place["diet"] == "No fish, please"
        assert place["holds"][0]["offer"] == "participation"
        assert cast.gia.name not in his.text
        assert "Vegan" not in his.text
        assert [booking["payer_name"] for booking in hers.json()["bookings_paid"]] == [cast.olga.name]
        assert his.json()["bookings_paid"] == []
        assert [mail["recipient"] for mail in his.json()["mails"]].count(cast.dag.email) >= 2


def test_dag_is_erased_but_for_the_accounts(house: House, cast: Cast) -> None:
    with house.client() as dag, house.client() as elsewhere:
        page = Registering(dag)
        page.for_delegates(cast.dag, cast.gia)
        page.fill({"delegates.0.diet": f"No fish for {cast.dag.email}"})
        booking = page.book()
        sign_in(house, dag, cast.dag)
        sign_in(house, elsewhere, cast.dag)
        dag.post("/me/address", data={"email": f"other.{cast.dag.email}"})
        confirmation(house, f"other.{cast.dag.email}")
        refused = dag.post("/me/erasure")
        assert refused.status_code == 422
        assert "Nothing is erased yet" in refused.text
        assert everything_about(house, cast.dag.email)
        done = dag.post("/me/erasure", data={"sure": "yes"})
        assert "Your data is erased" in done.text
        for client in (dag, elsewhere):
            assert client.get("/me").headers["location"] == "/sign-in"
        # What was invoiced is kept as it was issued: accounts ask for that.
        assert everything_about(house, cast.dag.email) == ["invoice.contents"]
        assert words(dag.get(booking).text).count("NOK") > 2
        # Who pays for what stays, and whoever comes along is not touched.
        [row] = house.rows(
            "SELECT payer_name, payer_email FROM booking WHERE id IN"
            " (SELECT booking FROM delegate WHERE email = ?)",
            cast.gia.email,
        )
        assert row == {"payer_name": cast.dag.name, "payer_email": ""}
        dag.post("/sign-in", data={"email": cast.dag.email})
        with house.client() as gia:
            sign_in(house, gia, cast.gia)
            assert "Booking" in gia.get("/me").text


def test_of_somebody_erased_no_byte_is_left_on_disk(place: Place, cast: Cast) -> None:
    house, needs = place.house, f"Nothing with nuts {cast.dag.email.split('@')[0]}"
    person = replace(cast.dag, name=f"Dag {secrets.token_hex(6)}")
    with house.client() as olga, house.client() as dag:
        page = Registering(olga)
        page.for_delegates(person, cast.gia, name=cast.olga.name, email=cast.olga.email)
        page.fill({"delegates.0.diet": needs})
        page.book()
        sign_in(house, dag, person)
        Guest(dag, place, person).tells()
        dag.post("/me/address", data={"email": f"other.{person.email}"})
        confirmation(house, f"other.{person.email}")
        house.outbox(cast.olga.email)
        if house.database == "sqlite":
            assert "plenum.sqlite-wal" in on_disk(house, needs)
        assert any("booking" in what for what in on_disk(house, person.name))
        assert "Your data is erased" in dag.post("/me/erasure", data={"sure": "yes"}).text
    assert on_disk(house, needs, person.email) == []
    # Accounts keep the invoice as it was issued, and that names those who come.
    assert set(everything_about(house, person.name)) <= {"invoice.contents"}
    kept = sum(row["contents"].count(person.name) for row in house.rows("SELECT contents FROM invoice"))
    files = [path for path in house.data.rglob("*") if path.is_file()]
    assert sum(path.read_bytes().count(person.name.encode()) for path in files) <= kept


def test_a_mail_that_is_still_to_go_names_nobody_who_is_erased(
    houses: Houses, servers: Servers, database: str, cast: Cast
) -> None:
    server = servers()
    house = houses(database, SMTP_URL=server.url)
    server.refuse = "554 Not today"
    with place_in(house) as place, house.client() as olga:
        page = Registering(olga)
        page.for_delegates(cast.dag, cast.gia, name=cast.olga.name, email=cast.olga.email)
        page.book()
        failed = "SELECT contents FROM outgoing_mail WHERE state = 'failed' AND recipient = ?"
        [letter] = until(lambda: house.rows(failed, cast.olga.email))
        assert json.dumps(cast.dag.name) in letter["contents"]
        place.signed_in(cast.dag).post("/me/erasure", data={"sure": "yes"})
        server.refuse = None
        house.plenum("mail", "retry", "all")
        [mail] = server.to(cast.olga.email)
        assert cast.dag.name not in text_of(mail)
        assert "Erased" in text_of(mail)
        assert cast.gia.name in text_of(mail)


def test_questions_of_somebody_erased_are_nobodys(room: Room, cast: Cast) -> None:
    desk = room.moderator(cast.mona)
    dag = room.delegate(cast.dag)
    question = room.asked(dag, "May I be named?", signed="named", name=cast.dag.name)
    room.house.rows("UPDATE question SET name = ? WHERE id = ?", cast.dag.name, question)
    desk.act(question, "approve")
    until(lambda: question in room.public())
    assert room.public()[question]["name"] == cast.dag.name
    other = room.listed(desk)
    assert dag.vote(other).is_success
    votes = room.question(other)["votes"]
    assert dag.client.post("/me/erasure", data={"sure": "yes"}).status_code == 200
    until(lambda: room.public()[question]["name"] != cast.dag.name)
    assert room.question(question)["participant"] is None
    assert room.question(other)["votes"] == votes
    assert dag.ask("Am I still here?").status_code == 401


def test_whoever_is_erased_does_not_give_away_what_they_asked_anonymously(room: Room, cast: Cast) -> None:
    desk = room.moderator(cast.mona)
    dag, gia = room.delegate(cast.dag), room.delegate(cast.gia)
    named = room.asked(dag, "With my name", signed="named")
    anonymous, theirs = room.asked(dag, "Without my name"), room.asked(gia, "Somebody else's")
    for question in (named, anonymous, theirs):
        desk.act(question, "approve")
    pseudonyms = {question: pseudonym(desk, question) for question in (anonymous, theirs)}
    assert all(pseudonyms.values())
    seen = {question: room.question(question) for question in (anonymous, theirs)}
    before = room.row["revision"]
    assert dag.client.post("/me/erasure", data={"sure": "yes"}).status_code == 200
    for stream, cookies in ((room.stranger(), "live"), (desk, "desk/live")):
        with stream.client.stream("GET", f"{stream.path}/{cookies}?after={before}", timeout=10) as answer:
            told = next(line for line in answer.iter_lines() if f'id="question-{named}"' in line)
        assert cast.dag.name not in told
        assert f'id="question-{anonymous}"' not in told
    assert {question: room.question(question) for question in seen} == seen
    # Nor is anything else of them when their cards are drawn again.
    for question in (named, anonymous, theirs):
        assert desk.act(question, "next").is_success
        assert desk.act(question, "return").is_success
    assert {question: pseudonym(desk, question) for question in seen} == pseudonyms
    assert pseudonym(desk, named) == ""
    for question in (anonymous, theirs):
        assert desk.act(question, "mute").is_success
        assert desk.act(question, "unmute").is_success
    [nobody] = room.house.rows("SELECT * FROM participant WHERE id = ?", seen[anonymous]["participant"])
    assert (nobody["person"], nobody["name"]) == (None, "")
    assert room.question(named)["participant"] is None, "nothing says that both were one person's"


def test_who_is_erased_at_this_moment_signs_nothing_any_more(room: Room, cast: Cast) -> None:
    dag = room.delegate(cast.dag)
    waiting = room.asked(dag, "What shall I say?", signed="named", name=cast.dag.name)
    person = room.house.rows("SELECT id FROM person WHERE email = ?", cast.dag.email)[0]["id"]
    # As another worker leaves it, of which this one has not heard yet.
    room.house.rows("UPDATE participant SET person = NULL, name = '' WHERE person = ?", person)
    asked = dag.ask("Who am I?", signed="named", name=cast.dag.name)
    assert asked.status_code == 409
    assert "You are signed out here" in words(asked.text)
    assert dag.ask("And now?").status_code == 409
    said_anew = {"text": "Otherwise", "signed": "named", "name": cast.dag.name}
    edited = dag.client.post(f"{dag.path}/questions/{waiting}", data=said_anew)
    assert edited.status_code == 409
    assert room.question(waiting)["text"] == "What shall I say?"
    assert room.last_question() == waiting
    # Nor do they get a name again.
    room.house.rows("UPDATE person SET email = 'erased-1', name = '' WHERE id = ?", person)
    assert dag.ask("Who was I?", signed="named", name=cast.dag.name).status_code in (409, 422)
    assert room.house.rows("SELECT name FROM person WHERE id = ?", person) == [{"name": ""}]


def pseudonym(desk: Desk, question: int) -> str:
    """The nickname at a question's card at the desk, as it is once its last change is told."""
    room = desk.room
    revision = room.question(question)["revision"]

    def card() -> str:
        found = re.search(
            rf'<li[^>]* id="question-{question}".*?</li>\s*(?=<li|</ul)', desk.page(), re.DOTALL
        )
        assert found
        return found[0]

    html = until(lambda: drawn if f'data-revision="{revision}"' in (drawn := card()) else "")
    found = re.search(r"desk-pseudonym[^>]*>([^<]+)<", html)
    return found[1] if found else ""


# Two at once


def at_once(
    pairs: Sequence[tuple[Callable[[], httpx.Response], Callable[[], httpx.Response]]],
) -> list[list[int]]:
    """Let all of them act in the same instant. Returns the answers of each pair."""
    with ThreadPoolExecutor(2 * len(pairs)) as windows:
        under_way = [[windows.submit(act) for act in pair] for pair in pairs]
        return [[act.result().status_code for act in pair] for pair in under_way]


ROUNDS = 8


def test_who_is_erased_is_not_brought_back_by_whoever_changes_the_booking(house: House) -> None:
    rounds = []
    with contextlib.ExitStack() as opened:
        for _ in range(ROUNDS):
            cast = Cast()
            dag, gia = opened.enter_context(house.client()), opened.enter_context(house.client())
            page = Registering(dag)
            page.for_delegates(cast.dag, cast.gia)
            change = Changing(dag, f"{page.book()}/delegates/2")
            change.fill({"diet": f"Vegan, says {cast.gia.email}", "workshop": "yes"})
            change.press("price")
            sign_in(house, gia, cast.gia)
            rounds.append((cast.gia, change, gia))

        def save(change: Changing) -> Callable[[], httpx.Response]:
            return lambda: change.client.post(change.path, data=change.form.values | {"action": ["save"]})

        def erase(gia: httpx.Client) -> Callable[[], httpx.Response]:
            return lambda: gia.post("/me/erasure", data={"sure": "yes"})

        # One is quicker by so much that there is no race; the others are.
        (_, first, gias), *racing = rounds
        assert erase(gias)().status_code == 200
        assert first.press("save").status_code == 409
        for answers in at_once([(save(change), erase(gia)) for _, change, gia in racing]):
            assert answers in ([303, 200], [409, 200])
        for erased, *_ in rounds:
            assert set(everything_about(house, erased.email)) <= {"invoice.contents"}


def test_whoever_changes_their_address_and_their_booking_at_once_has_one_address(house: House) -> None:
    rounds = []
    with contextlib.ExitStack() as opened:
        for _ in range(ROUNDS):
            cast = Cast()
            gia = opened.enter_context(house.client())
            page = Registering(gia)
            page.for_delegates(cast.dag, name=cast.gia.name, email=cast.gia.email)
            add = Changing(gia, f"{page.book()}/delegates/new")
            add.fill({"name": cast.gia.name, "email": cast.gia.email, "country": "IT"})
            add.press("price")
            sign_in(house, gia, cast.gia)
            new = f"new.{cast.gia.email}"
            gia.post("/me/address", data={"email": new})
            old_link, new_link = (confirmation(house, address) for address in (cast.gia.email, new))
            assert gia.post(old_link).status_code == 200
            rounds.append((cast.gia, add, new_link))

        def save(add: Changing) -> Callable[[], httpx.Response]:
            return lambda: add.client.post(add.path, data=add.form.values | {"action": ["save"]})

        def confirm(add: Changing, link: str) -> Callable[[], httpx.Response]:
            return lambda: add.client.post(link)

        answers = at_once([(save(add), confirm(add, link)) for _, add, link in rounds])
        for (person, *_), both in zip(rounds, answers, strict=True):
            assert both in ([303, 200], [422, 200])
            assert not house.rows("SELECT id FROM delegate WHERE email = ?", person.email)
            assert not house.rows("SELECT id FROM person WHERE email = ?", person.email)
            assert not house.rows("SELECT id FROM booking WHERE payer_email = ?", person.email)
            added = house.rows("SELECT id FROM delegate WHERE email = ?", f"new.{person.email}")
            assert len(added) == (both[0] == 303)


def test_whoever_has_given_up_an_address_is_not_booked_there_again(house: House, cast: Cast) -> None:
    with house.client() as gia:
        page = Registering(gia)
        page.for_delegates(cast.dag, name=cast.gia.name, email=cast.gia.email)
        booking = page.book()
        add = Changing(gia, f"{booking}/delegates/new")
        add.fill({"name": cast.gia.name, "email": cast.gia.email, "country": "IT"})
        instead = Changing(gia, f"{booking}/delegates/1/replacement")
        instead.fill({"name": cast.gia.name, "email": cast.gia.email, "country": "IT"})
        sign_in(house, gia, cast.gia)
        new = f"new.{cast.gia.email}"
        gia.post("/me/address", data={"email": new})
        for address in (cast.gia.email, new):
            assert gia.post(confirmation(house, address)).status_code == 200
        for stale in (add, instead):
            stale.press("price")
            assert stale.press("save").status_code == 422
            assert new in stale.errors["email"]
            assert stale.value("email") == [cast.gia.email]
        anew = Registering(gia)
        anew.for_delegates(cast.dag, cast.gia, name=cast.gia.name, email=new)
        anew.press("price")
        assert anew.press("book").status_code == 422
        assert new in anew.form.errors["delegates-1-email"]
        assert not house.rows("SELECT id FROM person WHERE email = ?", cast.gia.email)

        # Somebody else may have the mailbox by now.
        add.fill({"name": cast.mona.name})
        add.save()
        assert [
            row["name"] for row in house.rows("SELECT name FROM delegate WHERE email = ?", cast.gia.email)
        ] == [cast.mona.name]


# As it looks


def test_dag_looks_after_his_account_by_keyboard_and_without_scripts(
    sqlite_house: House, visit: Visit, cast: Cast
) -> None:
    with sqlite_house.client() as client:
        book(client, cast.dag)
        client.post("/sign-in", data={"email": cast.dag.email})
    links = until(
        lambda: [
            link
            for mail in sqlite_house.outbox(cast.dag.email)
            for link in re.findall(r"/sign-in/[\w-]{20,}", text_of(mail))
        ]
    )
    page = visit(sqlite_house, java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(links[0])
    page.get_by_role("button", name="Sign in here").press("Enter")
    expect(page.get_by_text("Chrome on Linux")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name="Change it").press("Enter")
    page.get_by_label("New e-mail address").fill("nonsense")
    page.get_by_role("button", name="Write to both addresses").press("Enter")
    expect(page.get_by_label("New e-mail address")).to_have_value("nonsense")
    page.goto("/me")
    page.get_by_role("link", name="Erase it").press("Enter")
    expect(page.get_by_role("heading", name="What stays")).to_be_visible()
    page.get_by_role("button", name="Erase my data").press("Enter")
    expect(page.get_by_text("Nothing is erased yet")).to_be_visible()
    page.get_by_label("Yes, erase my data").press("Space")
    page.get_by_role("button", name="Erase my data").press("Enter")
    expect(page.get_by_role("heading", name="Your data is erased")).to_be_visible()


@pytest.mark.parametrize("path", ["/me", "/me/name", "/me/address", "/me/erasure"])
def test_nothing_in_the_account_is_in_anybodys_way(
    sqlite_house: House, visit: Visit, cast: Cast, path: str
) -> None:
    with sqlite_house.client() as client:
        book(client, cast.dag)
        sign_in(sqlite_house, client, cast.dag)
        key = client.cookies["plenum_sign_in"]
    page = visit(sqlite_house)
    page.context.add_cookies([{"name": "plenum_sign_in", "value": key, "url": sqlite_house.url}])
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert barriers(page) == []
