"""Blocking somebody: neither sees, finds or reaches the other, over HTTP."""

from __future__ import annotations

from tests.support.booking import words
from tests.support.meeting import PLACE, Guest, heard_until


def test_blocked_people_do_not_see_or_reach_each_other_in_either_direction(
    dag: Guest, gia: Guest, sten: Guest
) -> None:
    for someone in (dag, gia):
        someone.tells()
    by_dag, by_gia, by_sten = dag.writes("By Dag"), gia.writes("By Gia"), sten.writes("By Sten")
    said = dag.replies(by_sten, "Dag was here"), gia.replies(by_sten, "Gia was here")
    dag.blocks(gia)
    for one, other, own, others in ((dag, gia, by_dag, by_gia), (gia, dag, by_gia, by_dag)):
        assert own in one.sees()
        assert others not in one.sees()
        assert others not in one.sees("?q=By")
        assert other.tag not in one.finds(f"?q={other.name}")
        assert one.client.get(f"{PLACE}/people/{other.tag}").status_code == 404
        assert one.client.get(f"{PLACE}/notes/{others}").status_code == 404
        assert one.post(f"/notes/{others}/replies", text="Hello?").status_code == 404
        assert one.post(f"/notes/{others}/me-too").status_code == 404
        page = words(one.get(f"/notes/{by_sten}"))
        assert f"{other.name.split()[0]} was here" not in page
        assert f"{one.name.split()[0]} was here" in page
        assert "1 reply" in page
    assert "2 replies" in words(sten.get(f"/notes/{by_sten}"))
    assert said[0] != said[1]
    assert gia.post(f"/people/{dag.tag}/unblock").status_code == 404  # it is Dag's to take back
    assert dag.name not in gia.get("/profile")
    dag.done(f"/people/{gia.tag}/unblock")
    assert by_dag in gia.sees()
    assert by_gia in dag.sees()


def test_the_me_too_of_the_blocked_is_counted_for_others_only(dag: Guest, gia: Guest, sten: Guest) -> None:
    note = sten.writes("Which both want")
    for one in (dag, gia):
        one.done(f"/notes/{note}/me-too")
    assert "Me too 2" in words(dag.get(f"/notes/{note}"))
    dag.blocks(gia)
    for one in (dag, gia):
        assert "Me too 1" in words(one.get(f"/notes/{note}"))
        assert f'data-note="{note}" data-state="open" data-votes="1"' in one.get()
    assert "Me too 2" in words(sten.get(f"/notes/{note}"))
    with gia.listening() as events, sten.listening() as to_sten:
        sten.replies(note, "Drawn anew")
        assert 'data-votes="1"' in heard_until(events, "Drawn anew")
        assert 'data-votes="2"' in heard_until(to_sten, "Drawn anew")


def test_not_a_word_of_the_blocked_is_sent_from_the_moment_on(dag: Guest, gia: Guest, sten: Guest) -> None:
    note = sten.writes("Under which both write")
    with gia.listening() as events:
        dag.blocks(gia)
        assert "cards" not in [name for name, _ in events]  # her stream ends
    for one, other in ((dag, gia), (gia, dag)):
        with one.listening(after=0) as events:
            assert next(events)[0] == "stale"
            other.replies(note, f"Unheard by {one.name}")
            other.writes(f"Unseen by {one.name}")
            end = sten.writes(f"The end for {one.name}")
            heard = heard_until(events, f'data-note="{end}"')
            assert f"Unheard by {one.name}" not in heard
            assert f"Unseen by {one.name}" not in heard
            assert other.name not in heard
