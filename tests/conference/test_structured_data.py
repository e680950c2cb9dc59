"""What search engines learn of the conference, and those with whom a page is shared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Houses
from tests.support.booking import words
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.waiting import until
from tests.support.watched import Watched


@pytest.fixture
def visitor(sqlite_house: House) -> Iterator[httpx.Client]:
    with sqlite_house.client() as client:
        yield client


def json_ld(visitor: httpx.Client, path: str) -> dict[str, Any]:
    [text] = Watched(visitor.get(path).text).data
    data: dict[str, Any] = json.loads(text)
    assert data["@context"] == "https://schema.org"
    return data


def test_search_engines_learn_what_when_where_and_for_how_much(
    visitor: httpx.Client, sqlite_house: House
) -> None:
    event = json_ld(visitor, "/")
    assert event["@type"] == "Event"
    assert event["name"] == "International School-refusal conference"
    assert event["url"] == f"{sqlite_house.url}/"
    assert (event["startDate"], event["endDate"]) == ("2017-11-06", "2017-11-08")
    assert event["eventStatus"] == "https://schema.org/EventScheduled"
    assert event["location"]["name"] == "Radisson Blu Scandinavia Hotel, Copenhagen"
    assert event["location"]["address"] == {
        "@type": "PostalAddress",
        "streetAddress": "Amager Boulevard",
        "addressLocality": "Copenhagen",
        "addressCountry": "DK",
    }
    assert event["performer"][0] == {
        "@type": "Person",
        "name": "Pia Allerslev",
        "affiliation": {"@type": "Organization", "name": "City of Copenhagen"},
    }
    assert [organiser["name"] for organiser in event["organizer"]] == ["JobbAktiv", "Magelungen AB"]
    assert [(o["name"], o["price"], o["priceCurrency"]) for o in event["offers"]] == [
        ("Participation: Early bird", "5800.00", "NOK"),
        ("Participation: Regular", "6800.00", "NOK"),
        ("Optional workshop (day 3)", "1900.00", "NOK"),
    ]
    assert event["offers"][0]["priceValidUntil"] == "2017-06-20T00:00:00+02:00"
    assert "priceValidUntil" not in event["offers"][1]


def test_search_engines_learn_of_every_session_with_no_time_invented(
    visitor: httpx.Client, sqlite_house: House
) -> None:
    keynote = json_ld(visitor, "/programme/keynote-david-heyne")
    assert keynote["startDate"] == "2017-11-06T10:45:00+01:00"
    assert keynote["endDate"] == "2017-11-06T12:00:00+01:00"
    assert [person["name"] for person in keynote["performer"]] == ["David Heyne"]
    assert keynote["superEvent"]["url"] == f"{sqlite_house.url}/"
    assert keynote["description"].startswith("Even when using our best treatments")
    welcome = json_ld(visitor, "/programme/welcome")
    assert welcome["startDate"] == "2017-11-06"
    assert "endDate" not in welcome
    [offer] = json_ld(visitor, "/programme/workshop")["offers"]
    assert (offer["name"], offer["price"]) == ("Optional workshop (day 3)", "1900.00")
    assert "offers" not in keynote


def test_a_conference_has_a_picture_an_organisation_that_lectures_and_names_elsewhere(
    houses: Houses, tmp_path: Path
) -> None:
    file = tmp_path / "named.toml"
    text = SCHOOL_REFUSAL.read_text().replace(
        'tagline = "A', 'image = "https://example.org/hall.jpg"\ntagline = "A', 1
    )
    text = text.replace(
        'slug = "david-heyne"\nname = "David Heyne"',
        'slug = "david-heyne"\nname = "Magelungen"\norganisation = true',
    )
    file.write_text(
        text.replace(
            'name = "Twitter"', 'name = "Twitter"\nhandle = "@schools"\nurl = "https://example.org/schools"'
        )
    )
    house = houses()
    with house.client() as visitor:
        asks = words(visitor.get("/panels/questions-and-answers").text)
        assert "You can also ask on Twitter or Facebook with #schoolrefusal2017 (an example)." in asks
        house.plenum("conference", "load", file)
        until(lambda: "Magelungen" in visitor.get("/speakers").text)
        page = visitor.get("/panels/questions-and-answers").text
        assert (
            '<a href="https://example.org/schools" rel="noopener">Twitter</a> (@schools) or Facebook' in page
        )
        keynote = json_ld(visitor, "/programme/keynote-david-heyne")
        assert keynote["performer"] == [{"@type": "Organization", "name": "Magelungen"}]
        assert keynote["image"] == json_ld(visitor, "/")["image"] == ["https://example.org/hall.jpg"]
        assert Watched(visitor.get("/").text).properties["og:image"] == "https://example.org/hall.jpg"


def test_whoever_shares_a_page_shares_its_title_and_what_it_is_about(
    visitor: httpx.Client, sqlite_house: House
) -> None:
    titles = {
        "/": "International School-refusal conference",
        "/programme": "Programme",
        "/programme/seminar-1a": "Gamification",
        "/speakers/pia-allerslev": "Pia Allerslev",
        "/practical": "Practical",
    }
    for path, title in titles.items():
        page = Watched(visitor.get(f"{path}?utm_source=mail").text)
        assert page.properties["og:title"] == title
        assert page.properties["og:site_name"] == "International School-refusal conference"
        assert page.properties["og:url"] == page.canonical == sqlite_house.url + path
        assert page.properties["og:description"]
