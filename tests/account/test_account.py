"""My account: where I am signed in, and my address."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.conftest import Visit
from tests.support.account import CONFIRM, FIREFOX, IPHONE, confirmation, mails_to, sign_in
from tests.support.booking import book, words
from tests.support.browser import barriers
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.mailbox import text_of
from tests.support.room import Room
from tests.support.waiting import until


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
