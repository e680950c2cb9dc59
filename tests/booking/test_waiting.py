"""The waiting list over HTTP: who comes next, for how long a seat is held, and that links are whose they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from tests.support.booking import Registering, book, words
from tests.support.cast import Cast
from tests.support.changes import Changing, has, sign_in, taken
from tests.support.waiting import until
from tests.support.waiting_list import (
    FullHouse,
    ask_to_wait,
    news,
    says,
    seats,
    wait_for,
)


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
