"""Schedules in the field's exchange format: what others planned loads here, and what is here loads elsewhere."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest

from tests.conftest import Houses
from tests.support.house import House
from webapp.conference_file import ConferenceFileError
from webapp.schedule_exchange import read_schedule


@pytest.mark.parametrize("name", ["schedule.json", "schedule.xml"])
def test_what_goes_out_comes_in_again_with_its_times_and_speakers(
    house: House, tmp_path: Path, name: str
) -> None:
    with house.client() as client:
        (tmp_path / name).write_bytes(client.get(f"/programme/{name}").content)
    file = read_schedule(tmp_path / name).file
    keynote = next(session for session in file.session if "David Heyne" in session.title)
    assert keynote.starts_at
    assert keynote.ends_at
    assert keynote.starts_at.isoformat() == "2017-11-06T10:45:00+01:00"
    assert keynote.ends_at.isoformat() == "2017-11-06T12:00:00+01:00"
    names = {speaker.slug: speaker.name for speaker in file.speaker}
    assert [names[slug] for slug in keynote.speakers] == ["David Heyne"]
    assert not any("welcome" in session.title for session in file.session), "no time is invented for it"
    assert not file.product


def test_several_hundred_talks_load_and_are_served(houses: Houses, tmp_path: Path) -> None:
    start = datetime.fromisoformat("2027-05-01T09:00:00+02:00")
    talks = [
        {
            "id": number + 1,
            "guid": str(uuid5(NAMESPACE_URL, str(number))),
            "date": (start + timedelta(minutes=30 * (number // 25))).isoformat(),
            "start": (start + timedelta(minutes=30 * (number // 25))).strftime("%H:%M"),
            "duration": "00:30",
            "room": f"Room {number % 25}",
            "title": f"Talk {number}",
            "persons": [{"id": number % 90, "public_name": f"Person {number % 90}"}],
            "track": f"Track {number % 6}",
        }
        for number in range(500)
    ]
    rooms = {f"Room {room}": [t for t in talks if t["room"] == f"Room {room}"] for room in range(25)}
    conference = {
        "acronym": "large",
        "title": "A large conference",
        "start": "2027-05-01",
        "end": "2027-05-01",
        "time_zone_name": "Europe/Copenhagen",
        "days": [{"index": 1, "date": "2027-05-01", "rooms": rooms}],
    }
    file = tmp_path / "schedule.json"
    file.write_text(json.dumps({"schedule": {"version": "1", "conference": conference}}))
    house = houses()
    house.plenum("conference", "load", file)
    assert house.rows("SELECT count(*) AS talks FROM session WHERE title LIKE 'Talk %'") == [{"talks": 500}]


def test_a_file_that_is_no_schedule_is_refused_in_plain_words(tmp_path: Path) -> None:
    for name, content in {"a.json": "{}", "b.json": "[", "c.xml": "<a>", "d.xml": "<html/>"}.items():
        (tmp_path / name).write_text(content)
        with pytest.raises(ConferenceFileError) as refused:
            read_schedule(tmp_path / name)
        assert refused.value.problems[0].reason
