"""Public pages as a browser, a search engine and a link checker meet them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.conftest import Houses
from tests.support.booking import words
from tests.support.house import NO_CERTIFICATES, SCHOOL_REFUSAL, House
from tests.support.watched import Watched
from webapp.conference.reading import read

FILE = read(SCHOOL_REFUSAL)

SESSIONS = [f"/programme/{session.slug}" for session in FILE.session]

SPEAKERS = [f"/speakers/{speaker.slug}" for speaker in FILE.speaker]

PUBLIC = ["/", "/programme", *SESSIONS, "/speakers", *SPEAKERS, "/practical"]

OF_ONES_OWN = ["/my-programme", "/register", "/sign-in"]

DATA = ["/programme.ics", "/programme/welcome.ics", "/programme/schedule.json", "/programme/schedule.xml"]

CHROME = "gzip, deflate, br, zstd"
"""What Chrome says it can unpack."""


@pytest.fixture(scope="module")
def house(lasting_houses: Houses) -> House:
    """A house in real time: while rehearsing, every page says which minute it is."""
    return lasting_houses(PLENUM_NOW="real")


@pytest.fixture
def visitor(house: House) -> Iterator[httpx.Client]:
    with house.client() as client:
        yield client


def on_the_wire(client: httpx.Client, path: str, accept_encoding: str) -> int:
    """How many bytes of body come for this."""
    with client.stream("GET", path, headers={"Accept-Encoding": accept_encoding}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        return sum(map(len, answer.iter_raw()))


@pytest.mark.parametrize("path", [*PUBLIC, *OF_ONES_OWN])
def test_every_page_is_there_and_small(visitor: httpx.Client, path: str) -> None:
    assert on_the_wire(visitor, path, CHROME) < 30_000
    assert on_the_wire(visitor, path, "gzip, deflate") < 30_000


@pytest.mark.parametrize("path", [*PUBLIC, *OF_ONES_OWN, *DATA])
def test_looking_sets_no_cookie(visitor: httpx.Client, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


def test_every_link_on_every_page_leads_somewhere(visitor: httpx.Client, house: House) -> None:
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        answer = visitor.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        ids = set(re.findall(r' id="([^"]+)"', answer.text))
        for href in re.findall(r'<(?:a|link)\b[^>]*? href="([^"]+)"', answer.text):
            address = urlsplit(urljoin(f"{house.url}{path}", href.replace("&amp;", "&")))
            if href.startswith("#"):
                assert href[1:] in ids, f"{path} has no {href}"
            link = address.path + (f"?{address.query}" if address.query else "")
            if f"{address.scheme}://{address.netloc}" == house.url and link not in seen:
                seen.add(link)
                waiting.append(link)
    assert seen.issuperset(PUBLIC)


# Filters


@pytest.mark.parametrize("category", [category.slug for category in FILE.category])
def test_the_programme_can_be_read_by_category(visitor: httpx.Client, category: str) -> None:
    page = visitor.get("/programme", params={"category": category, "speaker": ""})
    assert page.status_code == 200
    chosen = [session.slug for session in FILE.session if category in session.categories]
    assert sorted(shown(page.text)) == sorted(chosen)
    assert f'<option value="{category}" selected>' in page.text
    assert f"{len(chosen)} sessions shown. Show all" in words(page.text)


@pytest.mark.parametrize("speaker", [speaker.slug for speaker in FILE.speaker])
def test_the_programme_can_be_read_by_speaker(visitor: httpx.Client, speaker: str) -> None:
    page = visitor.get("/programme", params={"speaker": speaker})
    assert shown(page.text) == [session.slug for session in FILE.session if speaker in session.speakers]
    assert f'<option value="{speaker}" selected>' in page.text


def test_htmx_gets_the_days_only_and_the_whole_page_when_it_goes_back(visitor: httpx.Client) -> None:
    address = "/programme?speaker=trude-havig"
    part = visitor.get(address, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    whole = visitor.get(address, headers={"HX-Request": "true", "HX-Request-Type": "full"})
    assert shown(part.text) == shown(whole.text) == ["school-factors"]
    assert "<html" not in part.text
    assert "<html" in whole.text
    assert part.headers["etag"] != whole.headers["etag"]
    assert "HX-Request-Type" in part.headers["vary"]


def test_a_choice_that_nothing_fits_says_what_to_do(visitor: httpx.Client) -> None:
    page = words(visitor.get("/programme?category=gaming&speaker=david-heyne").text)
    assert "No session is both. Choose another category or another speaker" in page


@pytest.mark.parametrize(
    "query",
    [
        "category=astronomy",
        "speaker=nobody",
        "category=&speaker=",
        "category=%00&speaker=%FF",
        f"category={'a' * 3000}",
        "colour=blue",
        "category[]=gaming",
    ],
)
def test_a_filter_that_names_nothing_filters_nothing(visitor: httpx.Client, query: str) -> None:
    assert len(shown(visitor.get(f"/programme?{query}").text)) == len(FILE.session)


def shown(html: str) -> list[str]:
    """The sessions on the programme, as they stand there."""
    return re.findall(r'<article class="session[^"]*" aria-labelledby="session-([^"]+)"', html)


# What is not there


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/programme/nothing", "There is no session at this address. The programme shows all there are."),
        ("/programme/nothing.ics", "There is no session at this address."),
        ("/speakers/nobody", "There is no speaker at this address. The list of speakers shows all."),
        ("/my-programme/whatever.ics", "This calendar does not exist."),
        ("/bookings/ABC", "There is no booking at this address."),
        ("/nothing", "The page may have moved. The programme is a good place to start again."),
        ("/programme/welcome/nothing", "The page may have moved."),
        ("/static/0123456789/css/app.css", "There is no such file. Please load the page again."),
        ("/static/0123456789/../app.py", "The page may have moved."),
        ("/static/0123456789/..%2f..%2fapp.py", "There is no such file."),
        ("/outbox", "The page may have moved."),
        ("/styleguide", "The page may have moved."),
        ("/schema", "The page may have moved."),
        ("/programme/%00", "There is no session at this address."),
        ("/speakers/%FF%FE", "There is no speaker at this address."),
        ("/speakers/" + "a" * 5000, "There is no speaker at this address."),
    ],
    ids=lambda text: text[:40],
)
def test_an_address_that_leads_nowhere_says_so_in_plain_words(
    visitor: httpx.Client, path: str, says: str
) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert says in words(answer.text)
    assert 'href="/programme"' in answer.text
    assert '<meta name="robots" content="noindex">' in answer.text


@pytest.mark.parametrize(("method", "path"), [("POST", "/programme"), ("DELETE", "/"), ("PUT", "/speakers")])
def test_what_cannot_be_done_says_so(visitor: httpx.Client, method: str, path: str) -> None:
    answer = visitor.request(method, path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert "Please go back and use the buttons on the page." in words(answer.text)


def test_pages_for_those_who_work_on_plenum_are_there_in_development_only(houses: Houses) -> None:
    house = houses(PLENUM_DEV="1")
    with house.client() as client:
        for path in ("/outbox", "/styleguide"):
            assert client.get(path).status_code == 200
        assert client.get("/outbox/nothing.eml").status_code == 404


# Validators


@pytest.mark.parametrize("path", [*PUBLIC, *DATA])
def test_what_a_browser_has_already_is_not_sent_again(visitor: httpx.Client, path: str) -> None:
    first = visitor.get(path)
    etag = first.headers["etag"]
    assert re.fullmatch(r'"[\w-]+"', etag)
    for known in (etag, f"W/{etag}", f'"other", {etag}', f'W/"other" ,W/{etag}', "*"):
        again = visitor.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b""), known
        assert again.headers["etag"] == etag
        assert again.headers["vary"] == first.headers["vary"]
        assert again.headers["cache-control"] == "no-cache"
    for other in ('"other"', etag.strip('"'), f'"{etag}"', f"w/{etag}", ""):
        assert visitor.get(path, headers={"If-None-Match": other}).status_code == 200, other


@pytest.mark.parametrize("path", ["/", "/programme", "/programme.ics"])
def test_every_coding_of_a_page_has_its_own_validator(visitor: httpx.Client, path: str) -> None:
    answers = {
        accept: visitor.get(path, headers={"Accept-Encoding": accept})
        for accept in (CHROME, "gzip", "identity", "br;q=0, gzip;q=0.5", "br; q=0.000", "GZIP")
    }
    coded = {accept: answer.headers.get("content-encoding", "") for accept, answer in answers.items()}
    assert coded == {
        CHROME: "br",
        "gzip": "gzip",
        "identity": "",
        "br;q=0, gzip;q=0.5": "gzip",
        "br; q=0.000": "",
        "GZIP": "gzip",
    }
    assert len({answer.headers["etag"] for answer in answers.values()}) == 3
    assert len({answer.content for answer in answers.values()}) == 1
    for answer in answers.values():
        assert "Accept-Encoding" in answer.headers["vary"]


def test_pages_of_ones_own_are_kept_by_nobody(visitor: httpx.Client) -> None:
    for path in OF_ONES_OWN:
        assert visitor.get(path).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [*PUBLIC, *OF_ONES_OWN, *DATA, "/health", "/favicon.ico"])
def test_monitors_and_link_checkers_may_ask_for_the_head_alone(visitor: httpx.Client, path: str) -> None:
    whole, head = visitor.get(path), visitor.head(path)
    assert (head.status_code, head.content) == (200, b"")
    different = {"date", "content-length"}
    assert {k: v for k, v in head.headers.items() if k not in different} == {
        k: v for k, v in whole.headers.items() if k not in different
    }
    assert visitor.get(path).content.startswith(whole.content[:20]), "the connection is still in order"


def test_the_head_of_what_is_not_there_is_not_there(visitor: httpx.Client) -> None:
    answer = visitor.head("/programme/nothing")
    assert (answer.status_code, answer.content) == (404, b"")


# Safety


def assert_careful(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", path, 200) for path in [*PUBLIC, *OF_ONES_OWN, *DATA, "/health", "/favicon.ico"]),
        ("GET", "/nothing", 404),
        ("GET", "/programme/nothing", 404),
        ("POST", "/programme", 405),
        ("GET", "/me", 303),
        ("HEAD", "/", 200),
        ("POST", "/programme/nothing/mark", 404),
    ],
)
def test_every_answer_tells_the_browser_to_be_careful(
    visitor: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = visitor.request(method, path)
    assert answer.status_code == status
    assert_careful(answer)


def test_also_what_is_not_new_what_streams_and_what_comes_from_elsewhere(
    visitor: httpx.Client, house: House
) -> None:
    etag = visitor.get("/").headers["etag"]
    assert_careful(visitor.get("/", headers={"If-None-Match": etag}))
    with visitor.stream("GET", "/register/seats") as stream:
        assert_careful(stream)
    foreign = httpx.post(
        f"{house.url}/programme/welcome/mark",
        headers={"Sec-Fetch-Site": "cross-site"},
        trust_env=False,
        verify=NO_CERTIFICATES,
    )
    assert foreign.status_code == 403
    assert_careful(foreign)


def test_https_is_insisted_on_where_people_come_over_it(houses: Houses, visitor: httpx.Client) -> None:
    assert "strict-transport-security" not in visitor.get("/").headers
    house = houses(PLENUM_URL="https://conference.example.org")
    with house.client() as client:
        assert "max-age=" in client.get("/").headers["strict-transport-security"]
        marked = client.post("/programme/welcome/mark")
        assert all("Secure" in cookie for cookie in marked.headers.get_list("set-cookie"))
        assert '<link rel="canonical" href="https://conference.example.org/programme">' in (
            client.get("/programme").text
        )


@pytest.mark.parametrize("path", [*PUBLIC, *OF_ONES_OWN, "/nothing"])
def test_no_page_has_script_or_style_in_it_nor_anything_from_another_host(
    visitor: httpx.Client, path: str
) -> None:
    page = Watched(visitor.get(path).text)
    assert page.inline == []
    assert len(page.fetched) >= 4
    assert all(address.startswith("/static/") for address in page.fetched), page.fetched
    assert not any(address.startswith(("javascript:", "data:", "//")) for address in page.addresses)


def test_style_sheets_and_scripts_are_kept_for_good_and_have_another_address_when_they_change(
    visitor: httpx.Client,
) -> None:
    kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    addresses = set(Watched(visitor.get("/").text).fetched)
    assert {address.rpartition(".")[2] for address in addresses} == set(kinds)
    for address in addresses:
        answer = visitor.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"].startswith(kinds[address.rpartition(".")[2]])
        assert answer.headers["content-encoding"] == "br"
        known = visitor.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert known.status_code == 304
        assert_careful(answer)
        _, _, digest, name = address.split("/", 3)
        assert visitor.get(f"/static/{digest[::-1]}x/{name}").status_code == 404
    assert not any("@import" in visitor.get(a).text or "url(http" in visitor.get(a).text for a in addresses)


@pytest.mark.parametrize("path", PUBLIC)
def test_the_same_bytes_come_for_everybody(visitor: httpx.Client, house: House, path: str) -> None:
    with house.client() as gia:
        gia.post("/programme/welcome/mark")
        assert gia.get(path).content == visitor.get(path).content
