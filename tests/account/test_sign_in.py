"""Signing in by a link in a mail, over a real mail server."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil
import pytest

from tests.conftest import Houses
from tests.support.booking import book
from tests.support.cast import Cast, Person
from tests.support.house import NO_CERTIFICATES, House
from tests.support.mailbox import Mailbox
from tests.support.sources import a_source
from tests.support.valkey import OurValkey
from tests.support.waiting import until


@pytest.fixture
def posting_house(houses: Houses, mailbox: Mailbox) -> House:
    return houses(SMTP_URL=mailbox.url)


def link_for(person: Person, mailbox: Mailbox) -> str:
    """The link that was sent to somebody, once it has come."""

    def sent() -> list[str]:
        return [
            link
            for mail in mailbox.to(person.email)
            for link in re.findall(r"/sign-in/[\w-]{20,}", str(mail))
        ]

    return until(sent)[0]


def test_dag_signs_in_elsewhere_by_the_link_in_his_mail_and_only_once(
    posting_house: House, mailbox: Mailbox, cast: Cast
) -> None:
    with (
        posting_house.client() as at_work,
        posting_house.client() as at_home,
        posting_house.client() as thief,
    ):
        book(at_work, cast.dag)
        assert "Booking" in at_work.get("/me").text
        assert at_home.get("/me").headers["location"] == "/sign-in"
        sent = at_home.post("/sign-in", data={"email": cast.dag.email})
        link = link_for(cast.dag, mailbox)
        for _ in range(3):  # a scanner of mails opens links too, and uses nothing up
            assert "Sign in here" in thief.get(link).text
            assert thief.head(link).status_code == 200
        assert thief.get("/me").status_code == 303
        signed_in = at_home.post(link)
        assert signed_in.headers["location"] == "/me"
        assert cast.dag.email in at_home.get("/me").text
        assert thief.post(link).status_code == 410
        assert thief.get("/me").status_code == 303
        at_home.post("/sign-out")
        assert at_home.get("/me").status_code == 303
        unknown = thief.post("/sign-in", data={"email": cast.sten.email})
        assert sent.text.replace(cast.dag.email, "…") == unknown.text.replace(cast.sten.email, "…")


def test_of_two_browsers_that_use_a_link_at_once_one_is_signed_in(
    posting_house: House, mailbox: Mailbox, cast: Cast
) -> None:
    with posting_house.client() as client:
        book(client, cast.dag)
        client.post("/sign-in", data={"email": cast.dag.email})
        link = link_for(cast.dag, mailbox)

    def use(_: int) -> int:
        with posting_house.client() as client:
            return client.post(link).status_code

    with ThreadPoolExecutor(8) as browsers:
        assert sorted(browsers.map(use, range(8))) == [303] + 7 * [410]


def test_a_link_is_too_old_after_a_quarter_of_an_hour(
    posting_house: House, mailbox: Mailbox, cast: Cast
) -> None:
    with posting_house.client() as client, posting_house.client() as later:
        book(client, cast.dag)
        client.post("/sign-in", data={"email": cast.dag.email})
        link = link_for(cast.dag, mailbox)
        assert later.get(link).status_code == 200
        posting_house.rows("UPDATE sign_in_link SET expires_at = '2017-05-01 00:00:00+00:00'")
        assert later.get(link).status_code == 410
        assert later.post(link).status_code == 410


def test_a_key_that_a_client_made_up_signs_nobody_in_and_is_never_taken_over(
    house: House, cast: Cast
) -> None:
    with house.client() as client:
        client.cookies.set("plenum_sign_in", "made-up-by-sten")
        assert client.get("/me").status_code == 303
        book(client, cast.sten)
        keys = [cookie.value for cookie in client.cookies.jar if cookie.name == "plenum_sign_in"]
        assert "made-up-by-sten" not in keys[-1:]
    with house.client(cookies={"plenum_sign_in": "made-up-by-sten"}) as client:
        assert client.get("/me").status_code == 303


@pytest.mark.one_database
def test_an_address_that_is_none_is_said_beside_the_field(house: House) -> None:
    with house.client() as client:
        for typed in ("", "dag", "dag@", "x" * 5000, "dag\x00@skola.example"):
            answer = client.post("/sign-in", data={"email": typed})
            assert answer.status_code == 422
            assert "does not look like an e-mail address" in answer.text


@pytest.mark.one_database
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {},
    ],
)
def test_no_other_site_can_send_a_form_here(house: House, cast: Cast, headers: dict[str, str]) -> None:
    forms = [
        "/sign-in",
        "/sign-out",
        "/sign-in/key",
        "/register",
        "/register/price",
        "/programme/welcome/mark",
    ]
    with httpx.Client(
        base_url=house.url, headers=headers, trust_env=False, verify=NO_CERTIFICATES
    ) as stranger:
        for path in forms:
            assert stranger.post(path, data={"email": cast.dag.email}).status_code == 403, path
    ours = {"Origin": house.url}
    with httpx.Client(base_url=house.url, headers=ours, trust_env=False, verify=NO_CERTIFICATES) as browser:
        assert browser.post("/programme/welcome/mark").status_code == 303


def letters_to(house: House, person: Person) -> list[dict[str, Any]]:
    """What is, or was, in the outbox for somebody, the oldest first."""
    return house.rows("SELECT * FROM outgoing_mail WHERE recipient = ? ORDER BY id", person.email)


def has_password(house: House, person: Person, password: str) -> None:
    house.plenum("moderator", "add", person.email, "--password", typed=f"{password}\n{password}\n")


def test_a_stranger_who_asks_for_monas_links_keeps_nobody_but_himself_from_more(
    house: House, cast: Cast
) -> None:
    asked = {"email": cast.mona.email}
    with house.client(headers=a_source()) as sten, house.client(headers=a_source()) as mona:
        assert [sten.post("/sign-in", data=asked).status_code for _ in range(5)] == [200] * 5
        sixth = sten.post("/sign-in", data=asked)
        assert sixth.status_code == 429
        assert "no other one was sent" in sixth.text
        assert re.search(r"You can ask again in 1[0-2] minutes\.", sixth.text)
        assert f'value="{cast.mona.email}"' in sixth.text
        assert len(letters_to(house, cast.mona)) <= 5  # nobody knows her here, so they may be gone already
        hers = mona.post("/sign-in", data=asked)
        assert hers.status_code == 200
        assert "a link is on its way" in hers.text


def test_however_many_links_are_asked_for_one_a_minute_leaves_and_a_known_browser_does_not_wait(
    posting_house: House, mailbox: Mailbox, cast: Cast
) -> None:
    house = posting_house
    with house.client() as hers, house.client() as elsewhere:
        book(hers, cast.dag)
        hers.post("/sign-in", data={"email": cast.dag.email})
        hers.post(link_for(cast.dag, mailbox))
        hers.post("/sign-out")
        mark = hers.cookies["plenum_known"]
        assert cast.dag.email not in mark
        before = len(letters_to(house, cast.dag))
        for _ in range(8):
            with house.client(headers=a_source()) as strangers:
                for _ in range(4):
                    sent = strangers.post("/sign-in", data={"email": cast.dag.email})
                    assert sent.status_code == 200
        # The page says what is true, and the same of an address that nobody knows.
        assert re.search(r"the next one leaves in (\d+ seconds|a second|a minute)\.", sent.text)
        later = [mail for mail in letters_to(house, cast.dag)[before:] if re.search(r" \d+$", mail["event"])]
        assert 1 <= len(later) <= 2, "two where a minute has passed meanwhile"
        at_once = [mail for mail in letters_to(house, cast.dag)[before:] if mail not in later]
        assert len(at_once) <= 20
        # She who was here before does not even notice.
        known = hers.post("/sign-in", data={"email": cast.dag.email})
        assert "a link is on its way" in known.text
        # Her mark is of no use for anybody else.
        elsewhere.cookies.set("plenum_known", mark.replace(mark[-3:], "abc"))
        assert "the next one leaves in" in elsewhere.post("/sign-in", data={"email": cast.dag.email}).text


def test_where_nobody_can_be_told_from_anybody_links_are_never_refused(house: House, cast: Cast) -> None:
    with house.client() as anybody:
        answers = [anybody.post("/sign-in", data={"email": cast.sten.email}) for _ in range(30)]
    assert {answer.status_code for answer in answers} == {200}
    assert "the next one leaves in" in answers[-1].text


def test_wrong_passwords_of_others_do_not_lock_mona_out(house: House, cast: Cast) -> None:
    words, right = "three plain words", {"address": cast.mona.email, "password": "three plain words"}
    has_password(house, cast.mona, words)
    with (
        house.client(headers=a_source()) as hers,
        house.client() as new,
        house.client(headers=a_source()) as sten,
        house.client(headers=a_source()) as at_work,
    ):
        assert hers.post("/sign-in/password", data=right).headers["location"] == "/me"
        hers.post("/sign-out")
        for stranger in (sten, new):
            tried = [stranger.post("/sign-in/password", data=right | {"password": str(n)}) for n in range(11)]
            assert [answer.status_code for answer in tried] == [422] * 10 + [429]
            assert re.search(r"Please try again in (\d+ seconds|2 minutes), or have a link", tried[-1].text)
        # What comes from an unknown place is one, and is slowed down; she is known, or comes from another one.
        assert new.post("/sign-in/password", data=right).status_code == 429
        assert hers.post("/sign-in/password", data=right).headers["location"] == "/me"
        assert at_work.post("/sign-in/password", data=right).headers["location"] == "/me"
        # A mark is of its owner: it opens nothing for whoever tries somebody else's password.
        has_password(house, cast.sten, "other plain words")
        stens = {"address": cast.sten.email, "password": "other plain words"}
        assert new.post("/sign-in/password", data=stens).headers["location"] == "/me"
        assert new.post("/sign-in/password", data=right).status_code == 429


def test_a_known_browser_may_mistype_as_often_as_it_likes(house: House, cast: Cast) -> None:
    words = "three plain words"
    has_password(house, cast.mona, words)
    right = {"address": cast.mona.email, "password": words}
    with house.client() as hers:
        assert hers.post("/sign-in/password", data=right).headers["location"] == "/me"
        wrong = [hers.post("/sign-in/password", data=right | {"password": str(n)}) for n in range(10)]
        assert {answer.status_code for answer in wrong} == {422}
        began = time.monotonic()
        assert hers.post("/sign-in/password", data=right).headers["location"] == "/me"
        assert time.monotonic() - began > 2, "slower, but let in"


def test_many_passwords_at_once_take_little_memory_and_are_not_all_looked_at(
    houses: Houses, cast: Cast
) -> None:
    house = houses()
    words = "three plain words"
    has_password(house, cast.mona, words)
    worker = psutil.Process(house.process.pid)
    right = {"address": cast.mona.email, "password": words}

    def attempt(number: int) -> httpx.Response:
        with house.client(headers=a_source()) as stranger:
            fields = {"address": f"{number}@example.org", "password": "a guess"}
            return stranger.post("/sign-in/password", data=fields)

    with house.client() as hers, ThreadPoolExecutor(80) as strangers:
        assert hers.post("/sign-in/password", data=right).headers["location"] == "/me"
        before = most = worker.memory_info().rss
        trying = [strangers.submit(attempt, number) for number in range(160)]
        while not all(attempt.done() for attempt in trying):
            most = max(most, worker.memory_info().rss)
        assert hers.post("/sign-in/password", data=right).headers["location"] == "/me"
    answers = [attempt.result() for attempt in trying]
    assert {answer.status_code for answer in answers} == {422, 429}
    assert any("Many passwords are being tried just now." in answer.text for answer in answers)
    assert most - before < 200 * 2**20, f"{(most - before) / 2**20:.0f} MB"


def test_a_known_browser_that_sends_very_many_passwords_keeps_nobody_else_waiting(
    houses: Houses, cast: Cast
) -> None:
    house = houses()
    words = "three plain words"
    for person in (cast.sten, cast.mona):
        has_password(house, person, words)
    stens = {"address": cast.sten.email, "password": words}
    monas = {"address": cast.mona.email, "password": words}
    limits = httpx.Limits(max_connections=200)
    with house.client(limits=limits) as his, house.client() as hers, ThreadPoolExecutor(120) as at_once:
        assert his.post("/sign-in/password", data=stens).headers["location"] == "/me"
        wrong = stens | {"password": "a guess"}
        trying = [at_once.submit(his.post, "/sign-in/password", data=wrong) for _ in range(120)]
        until(lambda: sum(attempt.done() for attempt in trying) >= 5)
        answers = [hers.post("/sign-in/password", data=monas) for _ in range(5)]
        house.stop()  # nobody waits for the rest of his
    assert [answer.headers.get("location") for answer in answers] == ["/me"] * 5


def test_while_redis_is_away_passwords_are_still_limited(
    houses: Houses, valkey: OurValkey, cast: Cast
) -> None:
    house = houses(REDIS_URL=valkey.url)
    has_password(house, cast.mona, "three plain words")
    valkey.kill()
    wrong = {"address": cast.mona.email, "password": "a guess"}
    with house.client() as stranger:
        tried = [stranger.post("/sign-in/password", data=wrong).status_code for _ in range(15)]
    assert tried == [422] * 10 + [429] * 5
