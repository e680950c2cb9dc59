"""In whose name a question is asked, and what that tells of its asker."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace

import httpx
import pytest

from tests.support.cast import Cast
from tests.support.mailbox import text_of
from tests.support.meeting import place_in
from tests.support.room import Room
from tests.support.waiting import until


def test_what_was_asked_with_a_name_does_not_tell_by_losing_it_who_asked_the_others(
    room: Room, cast: Cast
) -> None:
    dag, mona = room.delegate(cast.dag), room.moderator(cast.mona)
    named = room.asked(dag, "First with my name", signed="named")
    room.asked(dag, "Then without")
    pseudonym = room.house.rows("SELECT pseudonym FROM participant ORDER BY id DESC LIMIT 1")[0]["pseudonym"]
    assert mona.page().count(f">{pseudonym}<") == 1
    changed = dag.client.post(f"{dag.path}/questions/{named}", data={"text": "First with my name"})
    assert changed.status_code == 303
    assert room.question(named)["name"] == ""
    assert mona.page().count(f">{pseudonym}<") == 1


def test_what_was_asked_without_a_name_gets_none_later(room: Room, cast: Cast) -> None:
    dag = room.delegate(cast.dag)
    question = room.asked(dag, "Without my name")
    assert "it stays so" in dag.client.get(f"{dag.path}/questions/{question}/edit").text
    path = f"{dag.path}/questions/{question}"
    assert dag.client.post(path, data={"text": "After all", "signed": "named"}).status_code == 409
    assert room.question(question)["name"] == ""
    assert dag.client.post(path, data={"text": "After all"}).status_code == 303


def test_a_guest_who_gives_a_name_is_known_as_a_guest(room: Room, cast: Cast) -> None:
    gia, mona = room.guest("Gia of Bologna"), room.moderator(cast.mona)
    question = room.asked(gia, "Is it really me?", signed="named")
    mona.act(question, "approve")
    assert room.public()[question]["name"] == "Gia of Bologna (guest)"


def signature(room: Room, question: int) -> str:
    return str(room.question(question)["name"])


def test_dag_signs_with_the_name_that_he_says_and_not_with_what_anybody_booked_him_as(
    room: Room, cast: Cast
) -> None:
    with place_in(room.house) as place:
        place.book_for(replace(cast.dag, name="Silly Billy"))
    mona, dag = room.moderator(cast.mona), room.stranger()
    dag.client.post("/sign-in", data={"email": cast.dag.email})
    [mail] = room.house.outbox(cast.dag.email)
    [link] = re.findall(r"/sign-in/[\w-]{20,}", text_of(mail))
    assert 'value="Silly Billy"' in dag.client.get(link).text, "it is proposed, for him to look at"
    refused = dag.client.post(link, data={"name": cast.mona.name})
    assert refused.status_code == 422
    assert "has this name" in refused.text
    assert dag.client.post(link, data={"name": "Dag Delaas"}).status_code == 303
    first, second = (room.asked(dag, text, signed="named") for text in ("The first", "The second"))
    anonymous = room.asked(dag, "The third")
    assert signature(room, first) == signature(room, second) == "Dag Delaas"
    mona.act(first, "approve")
    corrected = dag.client.post("/me/name", data={"name": "Dag Delås"})
    assert corrected.headers["location"] == "/me#my-name"
    assert signature(room, first) == signature(room, second) == "Dag Delås"
    until(lambda: room.public()[first]["name"] == "Dag Delås")
    # What moderators have not read follows, whatever it is; what they have is not changed behind their backs.
    for another in ("Dagny Delås", "Vote for Dag", "Dag Dulås", "Dag Dules"):
        assert dag.client.post("/me/name", data={"name": another}).status_code == 303
        assert signature(room, second) == another
        assert signature(room, first) in ("Dag Delås", "Dag Dulås")
    assert dag.client.post("/me/name", data={"name": "Dag Delås"}).status_code == 303
    assert signature(room, first) == signature(room, second) == "Dag Delås"
    assert signature(room, anonymous) == ""
    until(lambda: ">Dag Delås</b>" in mona.page())
    assert "“Dag Delås”" in dag.page()
    assert signature(room, room.asked(dag, "The fourth", signed="named")) == "Dag Delås"


def test_who_has_not_said_their_name_says_it_with_the_first_question_they_sign(
    room: Room, cast: Cast
) -> None:
    with place_in(room.house) as place:
        place.book_for(replace(cast.dag, name="Silly Billy"))
    phone, laptop = room.delegate(cast.dag), room.delegate(cast.dag)
    assert 'value="Silly Billy"' in phone.page()
    assert "enter the name to show" in phone.ask("Who am I?", signed="named", name=" ").text
    assert "has this name" in phone.ask("Who am I?", signed="named", name="Dr David Heyne").text
    assert signature(room, room.asked(phone, "Who am I?", signed="named", name="Dag Delås")) == "Dag Delås"
    assert signature(room, room.asked(laptop, "And here?", signed="named")) == "Dag Delås"


@pytest.mark.one_database
@pytest.mark.parametrize(
    "name",
    [
        "{mona}",
        "{mona} (guest)",
        "{mona}, moderator",
        "David Heyne",
        "HEYNE David",
        "D\u0430vid Heyne",
        "Davld Heyne",
        "\U0001d403avid Heyne",
        "\u1d05avid Heyne",
        "Prof. David Heyne",
    ],
)
def test_nobody_signs_with_the_name_of_a_lecturer_or_of_the_team(room: Room, cast: Cast, name: str) -> None:
    """The name of whoever moderates is theirs in each room, also where it is typed with a Cyrillic letter in it."""
    room.moderator(cast.mona)
    taken = name.format(mona=cast.mona.name)
    stranger = room.stranger()
    joining = stranger.client.post(f"{stranger.path}/guests", data={"room_code": room.code, "name": taken})
    assert joining.status_code == 422
    assert "has this name" in joining.text
    assert f'value="{room.code}"' in joining.text, "what was typed is kept"
    gia, dag = room.guest(), room.delegate(cast.dag)
    asked = gia.ask("Am I she?", signed="named", name=taken)
    assert asked.status_code == 422
    assert "has this name" in asked.text
    assert "Am I she?" in asked.text
    own = room.asked(gia, "Then as I am", signed="named", name="Gia")
    changed = gia.client.post(
        f"{gia.path}/questions/{own}", data={"text": "Then as I am", "signed": "named", "name": taken}
    )
    assert changed.status_code == 422
    assert signature(room, own) == "Gia (guest)"
    said = dag.client.post("/me/name", data={"name": taken})
    assert said.status_code == 422
    assert "has this name" in said.text
    assert signature(room, room.asked(dag, "As ever", signed="named")) == cast.dag.name


def test_who_has_the_name_of_somebody_who_comes_to_the_team_later_signs_with_it_no_more(
    room: Room, cast: Cast
) -> None:
    namesake = replace(cast.dag, name=f"{cast.dag.name} {secrets.token_hex(4)}")
    dag = room.delegate(namesake)
    room.asked(dag, "Still mine", signed="named")
    room.moderator(replace(namesake, email=cast.mona.email))
    refused = dag.ask("Mine no more", signed="named")
    assert refused.status_code == 422
    assert "has this name" in refused.text
    room.asked(dag, "Mine no more")


def test_anonymous_is_the_default_and_leaves_no_trace(room: Room, cast: Cast) -> None:
    someone = replace(cast.dag, name="Nobody’s Namesake")  # nobody else in this room is called so
    dag, mona = room.delegate(someone), room.moderator(cast.mona)
    question = room.asked(dag, "Who is afraid of asking?")
    desk = mona.page()
    assert "Who is afraid of asking?" in desk
    mona.act(question, "approve")
    log = mona.client.get(f"{mona.path}/desk/log").text
    for seen in (desk, mona.page(), room.stranger().page(), str(room.public()), log):
        assert someone.name not in seen
        assert someone.email not in seen
    assert room.public()[question]["name"] == ""
    pseudonym = room.house.rows(
        "SELECT pseudonym FROM participant JOIN question ON participant.id = participant WHERE question.id = ?",
        question,
    )[0]["pseudonym"]
    assert pseudonym in mona.page()
    assert pseudonym not in room.stranger().page()


def test_with_a_name_it_is_the_delegates_own_and_not_what_somebody_types(room: Room, cast: Cast) -> None:
    dag, mona = room.delegate(cast.dag), room.moderator(cast.mona)
    question = room.asked(dag, "Here I stand", signed="named", name="Somebody Else")
    mona.act(question, "approve")
    assert room.public()[question]["name"] == cast.dag.name


def test_a_named_question_does_not_tell_the_desk_which_anonymous_ones_are_by_the_same_person(
    room: Room, cast: Cast
) -> None:
    dag, mona = room.delegate(cast.dag), room.moderator(cast.mona)
    room.asked(dag, "With my name", signed="named")
    pseudonym = room.house.rows("SELECT pseudonym FROM participant ORDER BY id DESC LIMIT 1")[0]["pseudonym"]
    assert pseudonym not in mona.page()
    room.asked(dag, "Without it")
    assert pseudonym in mona.page()


def refused(answer: httpx.Response) -> httpx.Response | None:
    return answer if answer.status_code == 429 else None
