"""Signing in by a link in a mail, over a real mail server."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.conftest import Houses
from tests.support.booking import book
from tests.support.cast import Cast, Person
from tests.support.house import House
from tests.support.mailbox import Mailbox
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


def test_an_address_that_is_none_is_said_beside_the_field(house: House) -> None:
    with house.client() as client:
        for typed in ("", "dag", "dag@", "x" * 5000, "dag\x00@skola.example"):
            answer = client.post("/sign-in", data={"email": typed})
            assert answer.status_code == 422
            assert "does not look like an e-mail address" in answer.text


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
    with httpx.Client(base_url=house.url, headers=headers, trust_env=False) as stranger:
        for path in forms:
            assert stranger.post(path, data={"email": cast.dag.email}).status_code == 403, path
    ours = {"Origin": house.url}
    with httpx.Client(base_url=house.url, headers=ours, trust_env=False) as browser:
        assert browser.post("/programme/welcome/mark").status_code == 303
