"""One’s own data: taken out whole, and erased but for what the accounts keep."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import replace

from tests.conftest import Houses
from tests.support.account import confirmation, everything_about, sign_in
from tests.support.booking import Registering, words
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.mailbox import Servers, text_of
from tests.support.meeting import Guest, Place, place_in
from tests.support.room import Desk, Room
from tests.support.traces import on_disk
from tests.support.waiting import until


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
