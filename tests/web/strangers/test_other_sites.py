"""What other sites can do: send nothing in our visitors' names, and keep nothing of theirs."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest

from tests.support.booking import Registering, book, fields_for
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.mailbox import text_of
from tests.support.room import PANEL, Room, room_in
from tests.support.strangers import (
    ONE_CLICK,
    READABLE,
    UNSAFE,
    everything_in,
    filled,
    link_for,
    stranger,
)


def test_all_that_changes_something_is_known_here() -> None:
    assert [path for _, path in UNSAFE] == [
        "/address/{token:str}",
        "/bookings/{token:str}/cancellation",
        "/bookings/{token:str}/delegates/{number:str}",
        "/bookings/{token:str}/delegates/{number:str}/cancellation",
        "/bookings/{token:str}/delegates/{number:str}/replacement",
        "/bookings/{token:str}/payer",
        "/bookings/{token:str}/proposals/{number:int}/acceptance",
        "/bookings/{token:str}/proposals/{number:int}/refusal",
        "/bookings/{token:str}/proposals/{number:int}/withdrawal",
        "/bookings/{token:str}/waiting",
        "/details/{token:str}",
        "/me/address",
        "/me/erasure",
        "/me/name",
        "/me/sign-ins/end-others",
        "/me/sign-ins/{number:int}/end",
        "/meeting-place/contacts/{tag:str}/messages",
        "/meeting-place/contacts/{tag:str}/note",
        "/meeting-place/contacts/{tag:str}/part",
        "/meeting-place/desk/{kind:str}/{thing:int}/{verb:str}",
        "/meeting-place/foyer/renewal",
        "/meeting-place/from-question/{question:int}",
        "/meeting-place/here",
        "/meeting-place/leave",
        "/meeting-place/meet/{token:str}",
        "/meeting-place/notes",
        "/meeting-place/notes/{note:int}",
        "/meeting-place/notes/{note:int}/replies",
        "/meeting-place/notes/{note:int}/{act:str}",
        "/meeting-place/notices/read",
        "/meeting-place/notices/{notice:int}/read",
        "/meeting-place/people/{tag:str}/accept",
        "/meeting-place/people/{tag:str}/ask",
        "/meeting-place/people/{tag:str}/block",
        "/meeting-place/people/{tag:str}/decline",
        "/meeting-place/people/{tag:str}/unblock",
        "/meeting-place/profile",
        "/meeting-place/replies/{reply:int}/withdrawal",
        "/meeting-place/report/{kind:str}/{thing:str}",
        "/meeting-place/tables",
        "/meeting-place/tables/calendar/renewal",
        "/meeting-place/tables/{table:int}",
        "/meeting-place/tables/{table:int}/{act:str}",
        "/no-more-mail/{token:str}",
        "/panels/{slug:str}/desk/acts/{act:int}/undo",
        "/panels/{slug:str}/desk/declined",
        "/panels/{slug:str}/desk/questions",
        "/panels/{slug:str}/desk/settings/{setting:str}",
        "/panels/{slug:str}/guests",
        "/panels/{slug:str}/questions",
        "/panels/{slug:str}/questions/{question:int}",
        "/panels/{slug:str}/questions/{question:int}/acts/{verb:str}",
        "/panels/{slug:str}/questions/{question:int}/withdrawal",
        "/panels/{slug:str}/questions/{question:int}/{vote:str}",
        "/panels/{slug:str}/screen/{code:str}/shown",
        "/programme/{slug:str}/mark",
        "/programme/{slug:str}/unmark",
        "/register",
        "/register/price",
        "/screen",
        "/sign-in",
        "/sign-in/kept",
        "/sign-in/password",
        "/sign-in/{key:str}",
        "/sign-out",
        "/waiting",
        "/waiting/confirmation/{token:str}",
        "/waiting/{token:str}",
        "/waiting/{token:str}/departure",
    ]


@pytest.mark.parametrize(
    "says",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "Same-Origin, cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://["},
        {"Origin": "http://127.0.0.1"},
        {"Referer": "http://127.0.0.1/register"},
        {},
    ],
    ids=str,
)
def test_no_other_site_may_send_anything(sqlite_house: House, says: dict[str, str]) -> None:
    with stranger(sqlite_house, **says) as client:
        for method, path in UNSAFE:
            if path == ONE_CLICK:
                continue
            answer = client.request(method, filled(path), headers={"HX-Request": "true"})
            assert answer.status_code == 403, path
            assert "nothing was changed" in answer.text
            assert "set-cookie" not in answer.headers


def test_an_origin_like_ours_outweighs_nothing_that_the_browser_says(sqlite_house: House) -> None:
    with stranger(sqlite_house, **{"Origin": sqlite_house.url, "Sec-Fetch-Site": "cross-site"}) as client:
        assert client.post("/programme/welcome/mark").status_code == 403
    with stranger(sqlite_house, **{"Origin": sqlite_house.url, "Sec-Fetch-Site": "same-origin"}) as client:
        assert client.post("/programme/welcome/mark").status_code == 303


@pytest.mark.parametrize("says", ["same-origin", "none", "Origin"])
def test_our_own_pages_may(sqlite_house: House, says: str) -> None:
    headers = {"Origin": sqlite_house.url} if says == "Origin" else {"Sec-Fetch-Site": says}
    with stranger(sqlite_house, **headers) as client:
        for method, path in UNSAFE:
            answer = client.request(method, filled(path))
            assert answer.status_code in (200, 303, 401, 404, 410, 422), path


def assert_ours_only(
    house: House, client: httpx.Client, path: str, fields: dict[str, Any] | None = None
) -> None:
    """What another site sends changes nothing, and the same from our own does."""
    before, cookies = everything_in(house), dict(client.cookies)
    foreign = client.post(path, data=fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403, path
    assert (everything_in(house), dict(client.cookies)) == (before, cookies), path
    assert client.post(path, data=fields).status_code in (200, 303), path
    assert everything_in(house) != before, path


@pytest.mark.one_database
def test_only_our_own_pages_can_book_mark_and_sign_in(house: House, cast: Cast) -> None:
    with house.client() as client:
        book(client, cast.dag)
        client.post("/programme/welcome/mark")
        client.post("/sign-in", data={"email": cast.dag.email})
        at_the_page = Registering(client)
        at_the_page.for_delegates(cast.mona)
        at_the_page.press("price")
        assert_ours_only(house, client, "/programme/keynote-david-heyne/mark")
        assert_ours_only(house, client, "/programme/welcome/unmark")
        assert_ours_only(house, client, "/register", at_the_page.form.values | {"action": "book"})
        assert_ours_only(house, client, "/sign-in", {"email": cast.dag.email})
        assert_ours_only(house, client, link_for(house, cast.dag))
        new = f"new.{cast.dag.email}"
        assert_ours_only(house, client, "/me/address", {"email": new})
        [mail] = [mail for mail in house.outbox(new) if mail["To"] == new]
        [link] = re.findall(r"/address/[\w.-]+", text_of(mail))
        assert_ours_only(house, client, link)
        with house.client() as elsewhere:
            book(elsewhere, cast.dag)
        assert_ours_only(house, client, "/me/sign-ins/end-others")
        assert_ours_only(house, client, "/me/erasure", {"sure": "yes"})


@pytest.mark.one_database
def test_only_our_own_pages_can_sign_out(house: House, cast: Cast) -> None:
    with house.client() as client:
        book(client, cast.dag)
        assert_ours_only(house, client, "/sign-out")
        book(client, cast.dag)
        client.post("/sign-in", data={"email": cast.dag.email})
        client.post(link_for(house, cast.dag))
        [sign_in] = re.findall(r"/me/sign-ins/\d+/end", client.get("/me").text)
        assert_ours_only(house, client, sign_in)


@pytest.mark.one_database
def test_only_our_own_pages_can_ask_vote_and_moderate(house: House, open_panel: Room, cast: Cast) -> None:
    mona, gia = open_panel.moderator(cast.mona), open_panel.guest()
    assert_ours_only(house, gia.client, f"{gia.path}/questions", {"text": "May I?"})
    asked = open_panel.last_question()
    acts = f"{mona.path}/questions/{asked}/acts"
    assert_ours_only(house, gia.client, f"{gia.path}/questions/{asked}", {"text": "Might I?"})
    seen = {"seen": str(open_panel.question(asked)["revision"])}
    assert_ours_only(house, mona.client, f"{acts}/approve", seen)
    assert_ours_only(house, gia.client, f"{gia.path}/questions/{asked}/vote")
    assert_ours_only(house, gia.client, f"{gia.path}/questions/{asked}/unvote")
    undoable = max(act["id"] for act in everything_in(house)["act"])
    assert_ours_only(house, mona.client, f"{mona.path}/desk/acts/{undoable}/undo")
    assert_ours_only(house, gia.client, f"{gia.path}/questions/{asked}/withdrawal")
    assert_ours_only(house, mona.client, f"{mona.path}/desk/questions", {"text": "Who?", "source": "floor"})
    assert_ours_only(house, mona.client, f"{mona.path}/desk/settings/blackout", {"value": "yes"})
    assert_ours_only(house, mona.client, f"{mona.path}/desk/settings/blackout", {"value": "no"})
    sten = open_panel.stranger()
    assert_ours_only(house, sten.client, f"{sten.path}/guests", {"room_code": open_panel.code})


@pytest.mark.one_database
def test_another_site_leaves_no_draft_behind(house: House, cast: Cast) -> None:
    with house.client() as client:
        at_the_page = Registering(client)
        at_the_page.press("price")
        fields = at_the_page.form.values | fields_for(cast.sten)
        foreign = client.post("/register/price", data=fields, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
        assert cast.sten.email not in client.get("/register").text
        client.post("/register/price", data=fields)
        assert cast.sten.email in client.get("/register").text


@pytest.mark.one_database
def test_a_link_that_was_opened_from_another_site_is_still_good(house: House, cast: Cast) -> None:
    with house.client() as client, house.client(headers={"Sec-Fetch-Site": "cross-site"}) as mail_program:
        book(client, cast.dag)
        client.post("/sign-in", data={"email": cast.dag.email})
        link = link_for(house, cast.dag)
        before = everything_in(house)
        assert "Sign in here" in mail_program.get(link).text
        assert everything_in(house) == before
        assert client.post(link).headers["location"] == "/me"


# Cookies, and what others may keep


def cookies_of(answer: httpx.Response) -> SimpleCookie:
    jar = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        jar.load(header)
    return jar


@pytest.mark.parametrize("secure", [False, True], ids=["over http", "over https"])
def test_cookies_stay_with_us(sqlite_house: House, secure_house: House, secure: bool, cast: Cast) -> None:
    answers: list[httpx.Response] = []
    house = secure_house if secure else sqlite_house
    # A client that talks HTTP keeps no cookie that insists on HTTPS, so what is in forms has to do.
    with house.client(event_hooks={"response": [answers.append]}) as client:
        book(client, cast.dag)
        client.post("/programme/welcome/mark")
        client.post("/sign-in", data={"email": cast.dag.email})
        client.post(link_for(house, cast.dag))
        client.post("/sign-out")
        with room_in(house) as room:
            join = {"room_code": room.code, "name": cast.gia.name}
        client.post(f"/panels/{PANEL}/guests", data=join)
    jars = [cookies_of(answer) for answer in answers]
    assert {name for jar in jars for name in jar} == {
        "plenum_draft",
        "plenum_kept",
        "plenum_known",
        "plenum_marks",
        "plenum_planner",
        "plenum_sign_in",
        "plenum_voice",
    }
    for jar in jars:
        for name, cookie in jar.items():
            assert bool(cookie["httponly"]) == (name != "plenum_marks"), name
            assert cookie["samesite"] == "lax", name
            assert bool(cookie["secure"]) == secure, name
            assert cookie["path"] == "/", name
            assert not cookie["domain"], name


@pytest.mark.one_database
def test_what_is_one_persons_is_kept_by_no_cache_on_the_way(house: House, cast: Cast) -> None:
    with house.client() as client:
        booking = book(client, cast.dag, seminar_1="seminar-1a")
        client.post("/programme/welcome/mark")
        calendar = re.findall(r"/my-programme/[\w-]+\.ics", client.get("/my-programme").text)[0]
        for path in (
            *(booking, f"{booking}x", f"{booking}/9.ics", "/me", "/my-programme"),
            *("/register", "/sign-in", "/sign-in/made-up", "/outbox", "/screen"),
            *(filled(path) for path in READABLE if path.startswith("/panels/") and "/desk" not in path),
        ):
            assert client.get(path).headers["cache-control"] == "no-store", path
        for path in (f"{booking}/1.ics", calendar):
            answer = client.get(path)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "private, no-cache"
            # A calendar program that asks again every hour is still spared what it has.
            again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.headers["cache-control"]) == (304, "private, no-cache")
        assert client.get("/programme.ics").headers["cache-control"] == "no-cache"


@pytest.mark.one_database
def test_where_a_visitor_comes_from_is_told_to_nobody_else(house: House, cast: Cast) -> None:
    with house.client() as client:
        booking = client.get(book(client, cast.dag))
    assert booking.headers["referrer-policy"] == "same-origin"
    assert 'name="robots" content="noindex"' in booking.text
