"""Two at once at one account: whoever changes it, whoever books for it, and whoever erases it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.support.account import confirmation, everything_about, sign_in
from tests.support.booking import Registering
from tests.support.cast import Cast
from tests.support.changes import Changing
from tests.support.house import House


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
