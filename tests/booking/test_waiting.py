"""The waiting list over HTTP: who comes next, for how long a seat is held, and that links are whose they are."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.conftest import Houses
from tests.support.booking import Form, Registering, book, words
from tests.support.cast import Cast, Person
from tests.support.changes import Changing, has, sign_in, taken
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.sources import a_source
from tests.support.waiting import until

WAITS = "SELECT id FROM waiting WHERE state = 'waiting' AND email = ?"


def with_capacities(folder: Path, **capacities: int) -> Path:
    text = SCHOOL_REFUSAL.read_text()
    for slug, seats in capacities.items():
        text, found = re.subn(
            rf'(\n\[\[(?:product|session)\]\]\nslug = "{slug.replace("_", "-")}"\n)',
            rf"\1capacity = {seats}\n",
            text,
        )
        assert found, slug
    file = folder / "full.toml"
    file.write_text(text)
    return file


class FullHouse:
    """A house whose seats we count and whose clock we set."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self._folder = folder

    def offer(self, **capacities: int) -> None:
        """Load the conference with so many seats, and wait until the pages know."""
        self.house.plenum("conference", "load", with_capacities(self._folder, **capacities))

    def set_clock(self, time: str) -> None:
        self.house.plenum("clock", time)
        with self.house.client() as anybody:
            until(lambda: f", {time[11:16]}" in anybody.get("/sign-in").text)


@pytest.fixture(scope="module")
def opened_house(
    lasting_houses: Houses, database: str, tmp_path_factory: pytest.TempPathFactory
) -> FullHouse:
    return FullHouse(lasting_houses(database, workers=2), tmp_path_factory.mktemp("full"))


@pytest.fixture
def full(opened_house: FullHouse) -> FullHouse:
    """On 2 May at 10, with seats for everybody."""
    opened_house.set_clock("2017-05-02T10:00")
    opened_house.offer()
    return opened_house


def seats(full: FullHouse, **left: int) -> None:
    """Let there be so many seats left of each."""
    full.offer(**{slug: taken(full.house, slug.replace("_", "-")) + more for slug, more in left.items()})


def wait_for(client: httpx.Client, booking: str, offer: str, *numbers: str, lets_pass: bool = False) -> str:
    """Join the list for something full, for these delegates of a booking. Returns the party's own page."""
    until(lambda: f'value="{offer}"' in client.get(f"{booking}/waiting").text)
    form = Form(client.get(f"{booking}/waiting").text, "waiting")
    form.fill({"offer": offer, "delegates": list(numbers), "lets_pass": ["yes"] if lets_pass else []})
    answer = client.post(f"{booking}/waiting", data=form.values)
    assert answer.status_code == 303, Form(answer.text, "waiting").errors
    return answer.headers["location"]


def says(client: httpx.Client, page: str) -> str:
    return words(client.get(page).text)


def ask_to_wait(client: httpx.Client, person: Person, **fields: str) -> httpx.Response:
    """Ask for a place on the list of the conference."""
    return client.post("/waiting", data={"name": person.name, "email": person.email, "seats": "1"} | fields)


def news(house: House, person: Person, subject: str) -> str:
    """The link in the mail about the waiting list with this subject, once it has come."""
    mail = until(lambda: [m for m in house.outbox() if person.email in m["To"] and subject in m["Subject"]])[
        -1
    ]
    text = mail.get_body(("plain",))
    assert text
    found = re.search(r"/waiting/[\w./-]+", text.get_content())
    assert found
    return found[0]


def test_a_seat_that_comes_free_is_offered_to_the_next_held_a_day_and_passed_on(
    full: FullHouse, cast: Cast
) -> None:
    house = full.house
    with house.client() as dags, house.client() as gias, house.client() as monas, house.client() as stens:
        dags_booking = book(dags, cast.dag, seminar_1="seminar-1a")
        gias_booking, monas_booking = book(gias, cast.gia, seminar_1="seminar-1b"), book(monas, cast.mona)
        stens_booking = book(stens, cast.sten)
        seats(full, seminar_1a=0)
        gia = wait_for(gias, gias_booking, "seminar-1a", "1")
        mona = wait_for(monas, monas_booking, "seminar-1a", "1")
        assert "You are the next" in says(gias, gia)
        assert "Your place on the list: number 2" in says(monas, mona)
        assert "1A Gamification , Mona Måkestad: place 2" in says(monas, monas_booking)
        assert news(house, cast.mona, "You are on the waiting list for 1A Gamification") == mona
        house.plenum("organiser", "add", cast.olga.email)
        with house.client() as olgas:
            sign_in(house, olgas, cast.olga)
            assert f"1A Gamification Mona Måkestad {cast.mona.email} 1 0 waits" in says(olgas, "/organise")
        before = taken(house, "seminar-1a")
        Changing(dags, f"{dags_booking}/delegates/1").save(seminar_1="")
        # The seat is hers for a day: nobody else finds it free.
        assert taken(house, "seminar-1a") == before
        assert news(house, cast.gia, "A seat is held for you in 1A Gamification") == gia
        assert "A seat is held for you Until Wednesday 3 May, 10:0" in says(gias, gia)
        assert "You are the next" in says(monas, mona)
        sten = Changing(stens, f"{stens_booking}/delegates/1")
        stolen = sten.form.values | {"delegates.0.seminar.seminar-1": ["seminar-1a"]}
        assert stens.post(sten.path, data=stolen | {"action": "save"}).status_code == 409
        # She lets the day go by; then it is the next one's, with nobody doing anything.
        full.set_clock("2017-05-03T10:05")
        assert news(house, cast.mona, "A seat is held for you in 1A Gamification") == mona
        assert "The time to take it is over" in says(gias, gia)
        assert gias.post(gia, data={"action": "save"}).status_code == 409
        assert "has gone to the next" in until(lambda: house.outbox(cast.gia.email))[-1]["Subject"]
        # The link is enough: she need not sign in.
        with house.client() as mailed:
            page = Changing(mailed, mona)
            assert "New: 1A Gamification" in words(page.answer.text)
            assert page.press("save").status_code == 303
            assert "You have what you waited for" in says(mailed, mona)
            assert mailed.post(mona, data=page.form.values).status_code == 409, "it was used"
            assert mailed.post(f"{mona}/departure").status_code == 409
        assert "seminar-1a" in has(house, cast.mona)
        assert taken(house, "seminar-1a") == before
        assert "seminar-1b" in has(house, cast.gia), "she keeps what she had"


def test_a_party_of_three_is_not_passed_by_one_unless_it_says_so(full: FullHouse) -> None:
    house = full.house
    for lets_pass in (False, True):
        full.offer()
        cast, more = Cast(), Cast()
        with house.client() as holders, house.client() as parties, house.client() as ones:
            page = Registering(holders)
            page.for_delegates(cast.dag, cast.gia, cast.sten)
            for number in range(3):
                page.fill({f"delegates.{number}.workshop": "yes"})
            held = page.book()
            three = Registering(parties)
            three.for_delegates(more.dag, more.gia, more.sten)
            party_booking, one_booking = three.book(), book(ones, more.mona)
            seats(full, workshop=0)
            party = wait_for(parties, party_booking, "workshop", "1", "2", "3", lets_pass=lets_pass)
            one = wait_for(ones, one_booking, "workshop", "1")
            Changing(holders, f"{held}/delegates/1").save(workshop=[])
            if lets_pass:
                assert "A seat is held for you" in says(ones, one)
                continue
            assert "nobody passes you" in says(parties, party)
            assert "Your place on the list: number 2" in says(ones, one)
            Changing(holders, f"{held}/delegates/2").save(workshop=[])
            Changing(holders, f"{held}/delegates/3/cancellation").cancel()
            assert news(house, more.dag, "Seats are held for you in Optional workshop") == party
            assert "3 seats are held for you" in says(parties, party)
            take = Changing(parties, party)
            assert "more" in words(take.answer.text)
            assert take.press("save").status_code == 303
            assert all("workshop" in has(house, person) for person in (more.dag, more.gia, more.sten))
            assert "You are the next" in says(ones, one)
            # Who leaves lets the next one move up.
            assert ones.post(f"{one}/departure").status_code == 303
            assert "You wait no more" in says(ones, one)


def test_whoever_waits_for_the_conference_registers_with_the_seat_that_is_held(
    full: FullHouse, cast: Cast
) -> None:
    house = full.house
    with house.client() as dags, house.client() as gias, house.client() as stens:
        booking = book(dags, cast.dag)
        seats(full, participation=0)
        until(lambda: "The conference is full" in says(stens, "/register"))
        form = Form(gias.get("/waiting").text, "waiting")
        form.fill({"name": "Gia", "email": "gia@nowhere", "seats": "0"})
        answer = gias.post("/waiting", data=form.values)
        assert answer.status_code == 422
        again = Form(answer.text, "waiting")
        assert again.errors.keys() == {"email", "seats"}
        assert again.values["name"] == ["Gia"]
        again.fill({"email": cast.gia.email, "seats": "1"})
        sent = gias.post("/waiting", data=again.values)
        assert f"A link is on its way to {cast.gia.email}" in words(sent.text)
        assert not house.rows(WAITS, cast.gia.email), "first she says that it is her"
        link = news(house, cast.gia, "Your place on the waiting list")
        assert "Join the list" in says(gias, link)
        assert not house.rows(WAITS, cast.gia.email), "a link alone does nothing: mail scanners open them"
        gia = gias.post(link).headers["location"]
        assert gias.post(link).status_code == 409, "once is enough"
        assert ask_to_wait(stens, cast.gia).text == sent.text, "who is on the list is nobody's business"
        assert gias.get(f"/register?waiting={gia.split('/')[-1]}").headers["location"] == gia, "not yet"
        Changing(dags, f"{booking}/cancellation").cancel()
        assert news(house, cast.gia, "A seat is held for you in Participation") == gia
        sten = Registering(stens)
        sten.for_delegates(cast.sten)
        sten.press("price")
        assert sten.press("book").status_code == 409
        with house.client() as mailed:
            page = Registering(mailed)
            page._look_at(mailed.get(f"/register?waiting={gia.split('/')[-1]}"))
            assert page.form.values["delegates.0.email"] == [cast.gia.email]
            assert "The conference is full" not in page.answer.text
            page.for_delegates(cast.gia)
            page.book()
            assert "You have what you waited for" in says(mailed, gia)
            # The same seat is not there for another form.
            late = Registering(mailed)
            late.for_delegates(cast.mona)
            late.press("price")
            late.form.values["waiting"] = [gia.split("/")[-1]]
            assert late.press("book").status_code == 409
        assert has(house, cast.gia) == {"participation": 580_000}


def test_nobody_waits_and_nothing_is_held_while_there_are_seats(full: FullHouse, cast: Cast) -> None:
    house = full.house
    with house.client() as dags, house.client() as gias:
        booking = book(dags, cast.dag)
        before = taken(house, "participation")
        for seats_wanted in ("1", "20"):
            answer = ask_to_wait(gias, cast.gia, seats=seats_wanted)
            assert answer.status_code == 409
            assert "There are seats: nobody needs to wait Register now" in words(answer.text)
        # Full when she asks, and no more when she opens her mail.
        seats(full, participation=0)
        until(lambda: "The conference is full" in says(gias, "/register"))
        assert ask_to_wait(gias, cast.gia).status_code == 200
        link = news(house, cast.gia, "Your place on the waiting list")
        Changing(dags, f"{booking}/cancellation").cancel()
        until(lambda: "There are seats: nobody needs to wait" in says(gias, link))
        assert gias.post(link).status_code == 409
        assert taken(house, "participation") == before - 1
        assert not house.rows("SELECT id FROM waiting WHERE email = ?", cast.gia.email)


def test_a_night_has_one_title_wherever_somebody_waits_for_it(full: FullHouse, cast: Cast) -> None:
    night = "Single room at the Radisson Blu Scandinavia, Copenhagen, night of 6 November"
    full.house.plenum("organiser", "add", cast.olga.email)
    with full.house.client() as gias, full.house.client() as olgas:
        booking = book(gias, cast.gia)
        full.offer(room=0)
        gia = wait_for(gias, booking, "room:2017-11-06", "1")
        sign_in(full.house, olgas, cast.olga)
        for page in (gia, booking, f"{booking}/waiting"):
            assert night in says(gias, page), page
        assert f"{night} Gia Giannini" in says(olgas, "/organise")
        assert news(full.house, cast.gia, f"You are on the waiting list for {night}") == gia


def test_the_list_is_no_means_to_write_to_strangers(full: FullHouse, cast: Cast) -> None:
    house = full.house
    with house.client() as stens:
        seats(full, participation=0)
        until(lambda: "The conference is full" in says(stens, "/register"))
        refused = ask_to_wait(stens, cast.gia, name="Buy at https://example.com")
        assert refused.status_code == 422
        assert "Please enter a name." in refused.text
        answers = [ask_to_wait(stens, cast.gia, name="Buy now") for _ in range(8)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
        assert "so no other one was sent" in answers[-1].text
        # One that is written after them has come: so have they.
        assert ask_to_wait(stens, cast.dag).status_code == 200
        link = news(house, cast.dag, "Your place on the waiting list")
        waiting = "SELECT id FROM outgoing_mail WHERE state = 'waiting' AND recipient = ?"
        until(lambda: not house.rows(waiting, cast.gia.email))
        mails = house.outbox(cast.gia.email)
        assert len(mails) == 5
        assert "Buy now" not in mails[0].as_string()
        assert stens.get(link[:-3] + "AAA").status_code == 404
        assert stens.get(link).status_code == 200
        full.set_clock("2017-05-03T10:05")
        assert stens.get(link).status_code == 404, "a day is over"
        assert stens.post(link).status_code == 404


@pytest.mark.parametrize(("length", "status"), [(200, 200), (201, 422), (300, 422)])
def test_a_name_too_long_for_the_list_is_told_beside_its_field(
    full: FullHouse, cast: Cast, length: int, status: int
) -> None:
    with full.house.client() as client:
        seats(full, participation=0)
        until(lambda: "The conference is full" in says(client, "/register"))
        answer = ask_to_wait(client, cast.gia, name="G" * length)
        assert answer.status_code == status
        if status == 422:
            form = Form(answer.text, "waiting")
            assert form.errors == {"name": "Please keep this under 200 characters."}
            assert form.values["name"] == ["G" * length]
        else:
            link = news(full.house, cast.gia, "Your place on the waiting list")
            assert client.post(link).status_code == 303


def test_of_a_hundred_who_race_for_one_freed_seat_one_has_it(full: FullHouse) -> None:
    house = full.house
    holder = Cast().dag
    with house.client() as client:
        booking = book(client, holder, seminar_2="seminar-2a")
        people = [Cast().sten for _ in range(100)]
        form = Registering(client)
        form.for_delegates(people[0])
        form.fill({"delegates.0.seminar.seminar-2": "seminar-2a"})
        form.press("price")
        seats(full, seminar_2a=0)
        giving = Changing(client, f"{booking}/delegates/1")
        giving.fill({"seminar.seminar-2": ""})
        giving.press("price")
        forms = []
        with house.client() as anybody:
            for person in people:
                token = Registering(anybody).form.values["form_token"]
                own = {"form_token": token, "delegates.0.email": [person.email], "action": ["book"]}
                forms.append(form.form.values | own)
        before = taken(house, "seminar-2a")

        def buy(values: dict[str, list[str]]) -> int:
            with house.client() as window:
                for _ in range(50):
                    if (status := window.post("/register", data=values).status_code) == 303:
                        return status
                    if done:
                        return window.post("/register", data=values).status_code
                return status

        done: list[bool] = []
        with ThreadPoolExecutor(25) as all_at_once:
            answers = [all_at_once.submit(buy, values) for values in forms]
            assert giving.press("save").status_code == 303
            done.append(True)
            statuses = [answer.result() for answer in answers]
    assert statuses.count(303) == 1
    assert statuses.count(409) == 99
    assert taken(house, "seminar-2a") == before
    assert (
        len(
            house.rows(
                "SELECT i.id FROM item i JOIN offer o ON o.id = i.offer WHERE o.slug = ?", "seminar-2a"
            )
        )
        == before
    )


def test_who_takes_a_place_waits_in_it_and_the_one_before_no_more(full: FullHouse, cast: Cast) -> None:
    house = full.house
    with house.client() as olgas, house.client() as gias, house.client() as dags, house.client() as monas:
        holders = book(dags, cast.dag, seminar_1="seminar-1b")
        page = Registering(olgas)
        page.for_delegates(cast.gia, cast.sten, name=cast.olga.name, email=cast.olga.email)
        booking = page.book()
        seats(full, seminar_1b=0)
        sign_in(house, gias, cast.gia)
        hers = wait_for(gias, booking, "seminar-1b", "1")
        payers = wait_for(olgas, booking, "seminar-1b", "2")
        assert news(house, cast.gia, "You are on the waiting list") == hers
        Changing(olgas, f"{booking}/delegates/1/replacement").save(
            name=cast.mona.name, email=cast.mona.email, organisation="X", country="NO"
        )
        now_monas = news(house, cast.mona, "You are on the waiting list")
        assert now_monas != hers
        assert f"{cast.mona.name}" in says(monas, now_monas)
        # The seat is held for Mona. With her old link Gia neither takes it nor gives it up.
        Changing(dags, f"{holders}/delegates/1").save(seminar_1="")
        assert news(house, cast.mona, "A seat is held for you") == now_monas
        assert not [mail for mail in house.outbox(cast.gia.email) if "is held for you" in mail["Subject"]]
        assert gias.get(hers).status_code == 404
        for path in (hers, f"{hers}/departure"):
            assert gias.post(path, data={"action": "save"}).status_code == 404
        # Whoever comes after Mona finds it held, too; and what the payer asked for stays the payer's.
        Changing(olgas, f"{booking}/delegates/1/replacement").save(
            name="Dag again", email=f"again.{cast.dag.email}", organisation="X", country="NO"
        )
        assert monas.get(now_monas).status_code == 404
        again = replace(cast.dag, email=f"again.{cast.dag.email}")
        link = news(house, again, "A seat is held for you")
        Changing(olgas, f"{booking}/delegates/2/replacement").save(
            name="Sten’s colleague", email=f"other.{cast.sten.email}", organisation="X", country="NO"
        )
        assert "You are the next" in says(olgas, payers)
        assert (
            monas.post(link, data=Changing(monas, link).form.values | {"action": "save"}).status_code == 303
        )
        assert "seminar-1b" in has(house, again)


def test_who_is_erased_waits_no_more_and_the_seat_is_the_next_ones(full: FullHouse, cast: Cast) -> None:
    house = full.house
    more = Cast()
    with house.client() as dags, house.client() as gias, house.client() as stens, house.client() as monas:
        holders = book(dags, cast.dag, workshop="yes")
        gias_booking, stens_booking = book(gias, cast.gia), book(stens, cast.sten)
        page = Registering(monas)
        page.for_delegates(more.gia, more.sten, name=cast.mona.name, email=cast.mona.email)
        party_booking = page.book()
        seats(full, workshop=0)
        gia = wait_for(gias, gias_booking, "workshop", "1")
        party = wait_for(monas, party_booking, "workshop", "1", "2")
        sten = wait_for(stens, stens_booking, "workshop", "1")
        Changing(dags, f"{holders}/delegates/1").save(workshop=[])
        assert news(house, cast.gia, "A seat is held for you") == gia
        # She is erased: it is the party's of two, who wait for one more. One of them is erased: it is the other's.
        sign_in(house, gias, cast.gia)
        assert gias.post("/me/erasure", data={"sure": "yes"}).status_code == 200
        assert "You wait no more" in says(dags, gia)
        assert "You are the next" in says(monas, party)
        with house.client() as hers:
            sign_in(house, hers, more.gia)
            assert hers.post("/me/erasure", data={"sure": "yes"}).status_code == 200
        assert news(house, cast.mona, "A seat is held for you") == party
        # And when whoever pays is erased, the one who waits has it.
        sign_in(house, monas, cast.mona)
        assert monas.post("/me/erasure", data={"sure": "yes"}).status_code == 200
        assert monas.get(party).status_code == 404
        own = news(house, more.sten, "A seat is held for you")
        with house.client() as his:
            sign_in(house, his, more.sten)
            assert his.post("/me/erasure", data={"sure": "yes"}).status_code == 200
        assert monas.get(own).status_code == 200
        assert news(house, cast.sten, "A seat is held for you") == sten
        assert not house.rows(
            "SELECT id FROM waiting WHERE state IN ('waiting', 'offered') AND name = 'Erased'"
        )


def test_links_of_the_waiting_list_are_whose_they_are(full: FullHouse, cast: Cast) -> None:
    house = full.house
    with house.client() as dags, house.client() as gias, house.client() as stens:
        page = Registering(dags)
        page.for_delegates(cast.dag, cast.gia, name="Olga Ørsted", email=cast.olga.email)
        booking = page.book()
        foreign = book(stens, cast.sten)
        seats(full, seminar_1b=0)
        until(lambda: 'value="seminar-1b"' in dags.get(f"{booking}/waiting").text)
        sign_in(house, gias, cast.gia)
        sign_in(house, stens, cast.sten)
        wish = {"offer": "seminar-1b", "delegates": ["1"]}
        assert stens.get(f"{booking}/waiting").status_code == 404
        assert stens.post(f"{booking}/waiting", data=wish).status_code == 404
        assert gias.post(f"{booking}/waiting", data=wish).status_code == 422, "he is not hers to put there"
        faults: list[dict[str, str | list[str]]] = [
            {"offer": "nothing"},
            {"offer": ""},
            {"delegates": ["3"]},
            {"delegates": []},
            {"delegates": ["1", "x"]},
        ]
        for wrong in faults:
            assert dags.post(f"{booking}/waiting", data=wish | wrong).status_code == 422, wrong
        party = wait_for(gias, booking, "seminar-1b", "2")
        assert gias.post(f"{booking}/waiting", data=wish | {"delegates": ["2"]}).status_code == 409
        assert party in dags.get(booking).text
        assert party not in stens.get(booking).text
        token = party.split("/")[-1]
        for forged in (
            token[:-3] + "AAA",
            booking.split("/")[-1],
            foreign.split("/")[-1],
            "made-up",
            "%00",
            "9" * 40,
        ):
            for path in (f"/waiting/{forged}", f"/waiting/{forged}/departure"):
                assert stens.post(path, data={"action": "save"}).status_code == 404, path
            assert stens.get(f"/waiting/{forged}").status_code == 404
            assert stens.get(f"/register?waiting={forged}").status_code == 303
        assert stens.get(f"/register?waiting={token}").headers["location"] == f"/waiting/{token}"
        # Cancelled, she waits no more.
        Changing(dags, f"{booking}/delegates/2/cancellation").cancel()
        assert "You are the next" not in says(gias, party)
        assert not house.rows(WAITS, cast.gia.email)


def test_who_asks_for_very_many_places_takes_none_of_what_is_everybodys(full: FullHouse, cast: Cast) -> None:
    """As found: one address asked 300 times in six seconds, and everybody else was refused for an hour."""
    house, here = full.house, a_source()
    seats(full, participation=0)
    with house.client(headers=here) as sten, house.client(headers=a_source()) as gias:
        until(lambda: "The conference is full" in says(sten, "/register"))
        people = [Cast().sten for _ in range(160)]
        answers = [ask_to_wait(sten, person) for person in people]
        assert [answer.status_code for answer in answers[:30]] == [200] * 30
        assert "A link is on its way to" in answers[0].text
        assert re.search(r"leaves in \d+ minutes", answers[40].text)
        assert answers[-1].status_code == 429
        assert re.search(r"Many places have been asked for from your network.*minutes?\.", answers[-1].text)
        assert f'value="{people[-1].email}"' in answers[-1].text
        assert "A link is on its way to" in ask_to_wait(gias, cast.gia).text
        assert news(house, cast.gia, "Your place on the waiting list")
