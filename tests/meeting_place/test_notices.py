"""News: what each is told at the meeting place, over HTTP and live."""

from __future__ import annotations

import re

from tests.support.booking import words
from tests.support.cast import Cast
from tests.support.meeting import PLACE, Guest, Place, unread


def test_followers_are_told_of_replies_and_closings_and_the_bell_rings_live(dag: Guest, gia: Guest) -> None:
    note = dag.writes("Tell me more")
    assert unread(dag) == 0
    with dag.listening() as events:
        gia.replies(note, "More")
        assert any(name == "bell" and 'data-unread="1"' in data for name, data in events)
    gia.done(f"/notes/{note}/me-too")
    assert unread(dag) == 2
    news = words(dag.get("/notices"))
    assert f"{gia.name} has replied" in news
    assert f"{gia.name} says “me too”" in news
    number = re.findall(r"/notices/(\d+)/read", dag.get("/notices"))[0]
    assert gia.post(f"/notices/{number}/read").status_code == 404
    assert dag.done(f"/notices/{number}/read") == f"{PLACE}/notes/{note}"
    assert unread(dag) == 1
    dag.done("/notices/read")
    assert unread(dag) == 0
    dag.done(f"/notes/{note}/close")
    assert "they found each other" in gia.get("/notices")
    assert unread(dag) == 0  # one is not told what one has done


def test_who_does_not_follow_is_told_nothing(dag: Guest, gia: Guest, place: Place, cast: Cast) -> None:
    note = dag.writes("Quiet please")
    dag.done(f"/notes/{note}/unfollow")
    gia.replies(note, "Hello?")
    assert unread(dag) == 0


def test_news_of_somebody_blocked_is_withdrawn_and_none_comes(
    dag: Guest, gia: Guest, place: Place, cast: Cast
) -> None:
    sten = place.delegate(cast.sten)
    note = sten.writes("Under which both write")
    dag.done(f"/notes/{note}/follow")
    gia.replies(note, "Before")
    assert unread(dag) == 1
    gia.blocks(dag)
    assert unread(dag) == 0
    gia.replies(note, "After")
    assert unread(dag) == 0
    assert gia.name not in dag.get("/notices")
    assert unread(sten) == 2


def test_a_note_of_somebody_blocked_is_news_no_more_whoever_replies(
    dag: Guest, gia: Guest, place: Place, cast: Cast
) -> None:
    sten = place.delegate(cast.sten)
    note, by_sten = gia.writes("Words of Gia"), sten.writes("Words of Sten")
    for followed in (note, by_sten):
        dag.done(f"/notes/{followed}/follow")
    sten.replies(note, "Before")
    assert unread(dag) == 1
    assert "Words of Gia" in dag.get("/notices")
    dag.blocks(gia)
    assert unread(dag) == 0
    sten.replies(note, "After")
    assert unread(dag) == 0
    assert "Words of Gia" not in dag.get("/notices")
    dag.done(f"/people/{gia.tag}/unblock")
    sten.replies(note, "Once more")
    assert unread(dag) == 0  # whoever wants to follow again says so again
    sten.done(f"/notes/{by_sten}/close")
    assert unread(dag) == 1
