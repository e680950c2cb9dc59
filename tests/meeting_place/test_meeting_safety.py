"""What members of the meeting place try: odd bytes in addresses, questions and forms; the things of others."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from tests.support.cast import Cast
from tests.support.meeting import PLACE, Guest, Place
from webapp.app import create_app

ROUTES = sorted(
    (method, route.path)
    for route in create_app().routes
    for method in getattr(route, "methods", ())
    if route.path.startswith(PLACE) and method in ("GET", "POST") and not route.path.endswith("/live")
)
TO_PAGES = ["\u202eabc", "{{7*7}}", "<script>alert(1)</script>", "😀" * 3000, "%"]
TO_DATABASES = [
    "\0",
    "x\0y",
    "\ud800",
    "' OR '1'='1",
    '" OR "x"* NEAR(',
    "-1",
    str(2**31),
    "9" * 60,
    "x" * 10_000,
    "AND OR NOT *",
    "2017-11-06T12:00+99:00",
]
ODD = [*(pytest.param(odd, marks=pytest.mark.one_database) for odd in TO_PAGES), *TO_DATABASES]
FIELDS = """name organisation role themes shown languages line telephone listed kind title text tags session key reason
block says note place starts minutes sure here""".split()  # noqa: SIM905 - it is read more easily so


def encoded(odd: str) -> bytes:
    return odd.encode("utf-8", "surrogatepass")


def percent(odd: str) -> str:
    return "".join(f"%{byte:02X}" for byte in encoded(odd)[:900])


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: ascii(odd[:20]))
def test_nothing_that_a_member_sends_breaks_anything(mona: Guest, odd: str) -> None:
    form = "&".join(f"{name}={percent(odd)}" for name in FIELDS)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for method, path in ROUTES:
        for value in (percent(odd).replace("%2F", "x"), "1"):
            address = re.sub(r"\{\w+:\w+\}", value, path)
            if method == "GET":
                query = "&".join(
                    f"{name}={percent(odd)}" for name in ("q", "kind", "theme", "country", "before", "page")
                )
                answer = mona.client.get(f"{address}?{query}&session={percent(odd)}&whose={percent(odd)}")
            else:
                answer = mona.client.post(address, content=form, headers=headers)
            assert answer.status_code < 500, (method, path, odd[:20])
            if "html" in answer.headers.get("content-type", ""):
                assert "<script>alert" not in answer.text, path


def test_what_is_typed_is_kept_as_it_is(place: Place, cast: Cast) -> None:
    dag, gia = place.delegate(cast.dag), place.delegate(cast.gia)
    for typed in ("Ωμέγα & <b>", "שלום", "日本語の学校", "👩‍👩‍👧‍👦 family", "O’Brien", "100 % \\ _"):
        note = dag.writes(typed, typed)
        page = gia.get(f"/notes/{note}")
        escaped = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert escaped in page, typed
        if typed[0].isalpha():
            assert note in gia.sees(f"?q={typed.split()[0]}"), typed


def test_nobody_reaches_into_the_things_of_others(place: Place, cast: Cast) -> None:
    dag, gia, sten = (place.delegate(person) for person in (cast.dag, cast.gia, cast.sten))
    gia.done(f"/people/{dag.tag}/ask")
    dag.done(f"/people/{gia.tag}/accept")
    table = int(
        dag.done("/tables", title="Mine", place="table-3", starts="2017-11-08T20:00", minutes="15").rsplit(
            "/", 1
        )[1]
    )
    for path in (
        f"/contacts/{gia.tag}",
        f"/contacts/{gia.tag}/card.vcf",
        f"/contacts/{gia.tag}/live",
    ):
        assert dag.client.head(PLACE + path).status_code == 200
        assert sten.client.get(PLACE + path).status_code == 404
    for path in (f"/contacts/{gia.tag}/note", f"/contacts/{gia.tag}/part", f"/contacts/{gia.tag}/messages"):
        assert sten.post(path, text="x", note="x").status_code == 404
    assert sten.post(f"/tables/{table}/cancel").status_code == 409
    dag.done(f"/tables/{table}/cancel")


def test_nobody_saves_or_presses_faster_than_people_do_and_nothing_typed_is_lost(
    place: Place, cast: Cast
) -> None:
    dag, gia = place.delegate(cast.dag), place.delegate(cast.gia)
    note, text = dag.writes("Mine"), "Typed with care"
    saved, too_fast = until_refused(lambda: dag.post(f"/notes/{note}", title="Mine", text=text, kind="seek"))
    assert saved >= 20
    assert text in too_fast.text
    profile = dag.post("/profile", name=dag.name, line=text)
    table = dag.post("/tables", title=text, place="table-1", starts="2017-11-08T03:00", minutes="15")
    for refused in (profile, table):
        assert refused.status_code == 409
        assert text in refused.text
        assert "a little fast" in refused.text
    gia.tells(line=text)  # others are as free as before
    laid = gia.done("/tables", title=text, place="table-1", starts="2017-11-08T03:00", minutes="15")
    pressed, _ = until_refused(lambda: dag.post(f"{laid.removeprefix(PLACE)}/seat"))
    assert pressed >= 60
    assert dag.post("/from-question/1").status_code == 409


def until_refused(do: Callable[[], httpx.Response]) -> tuple[int, httpx.Response]:
    """How often it is done before it is too fast, and that answer. On a slow machine some time passes, and more is."""
    for done in range(300):
        answer = do()
        if answer.status_code == 409:
            return done, answer
        assert answer.status_code == 303
    raise AssertionError("It was never too fast.")
