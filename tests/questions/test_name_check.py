"""The name check over HTTP: whoever writes is asked once, moderators are told, and nobody else is."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.support.booking import words
from tests.support.cast import Cast
from tests.support.meeting import PLACE, Guest, Place
from tests.support.names import asked_about
from tests.support.room import PANEL, Room

ABOUT_KASPER = "How do we help Kasper Holm, who is thirteen?"
ASKS = "This seems to name “Kasper Holm”. Please do not make anybody recognisable who is not here"
HTMX = {"HX-Request": "true"}


def is_asked(answer: httpx.Response, *kept: str) -> str:
    """That a form came back with the question beside its field, and all that was typed. Returns the names."""
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "send it as it is" in answer.text
    for text in kept:
        assert text in words(answer.text)
    return asked_about(answer.text)


def reports(someone: Guest, text: str) -> list[str]:
    """The cards at the desk with this text."""
    cards = re.findall(r'<section class="report-card".*?</section>', someone.get("/desk"), re.DOTALL)
    return [words(card) for card in cards if text in words(card)]


def close_all(moderator: Guest) -> None:
    for report in moderator.place.house.rows("SELECT id FROM report WHERE done_at IS NULL"):
        moderator.done(f"/desk/report/{report['id']}/close")


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["without a script", "with htmx"])
def test_a_question_that_names_somebody_is_asked_about_once(room: Room, headers: dict[str, str]) -> None:
    gia = room.guest("Gia")
    gia.client.headers.update(headers)
    before = room.house.rows("SELECT count(*) AS n FROM question")[0]["n"]
    names = is_asked(gia.ask(ABOUT_KASPER, key="a-key-of-hers"), ASKS, ABOUT_KASPER)
    assert names == "Kasper Holm"
    assert room.house.rows("SELECT count(*) AS n FROM question")[0]["n"] == before
    answer = gia.ask(ABOUT_KASPER, key="a-key-of-hers", nobody_to_protect=names)
    assert answer.status_code == (200 if headers else 303)
    assert room.question(room.last_question())["text"] == ABOUT_KASPER
    assert gia.ask("How do we help a pupil of thirteen?").status_code == (200 if headers else 303)


def test_another_name_is_asked_about_again(room: Room) -> None:
    gia = room.guest()
    answer = gia.ask("What about Kasper Holm and Lena?", nobody_to_protect="Kasper Holm")
    assert is_asked(answer, "“Kasper Holm” and “Lena”") == "Kasper Holm, Lena"
    assert not re.search(r'nobody_to_protect"[^>]* checked', answer.text)
    room.asked(gia, "What about Kasper Holm?", nobody_to_protect="kasper holm, Lena")


def test_what_was_confirmed_stays_so_while_something_else_is_not_in_order(room: Room) -> None:
    answer = room.guest().ask(ABOUT_KASPER, nobody_to_protect="Kasper Holm", signed="named")
    assert answer.status_code == 422
    assert "Please enter the name to show" in answer.text
    assert "This seems to name" not in answer.text
    assert re.search(r'nobody_to_protect"[^>]* checked', answer.text)


def test_a_message_about_the_text_itself_comes_first(room: Room) -> None:
    answer = room.guest().ask(f"{ABOUT_KASPER} {'x' * 300}")
    assert answer.status_code == 422
    assert "under 300 characters" in answer.text
    assert "This seems to name" not in answer.text


def test_lecturers_and_whoever_signs_are_named_freely(room: Room, cast: Cast) -> None:
    dag = room.delegate(cast.dag)
    room.asked(dag, "Does David Heyne’s approach work with girls? Dag Delås asks.", signed="named")
    assert is_asked(dag.ask("Does it work with girls? Dag Delås asks.")) == "Dag Delås"
    assert dag.ask("Does Heyne’s approach work with girls? Trude Havig said so.").status_code == 303


def test_a_question_that_is_changed_is_checked_as_well(room: Room, cast: Cast) -> None:
    gia, mona = room.guest(), room.moderator(cast.mona)
    question = room.asked(gia, "How do we help a pupil?")
    address = f"/panels/{PANEL}/questions/{question}"
    answer = gia.client.post(address, data={"text": ABOUT_KASPER})
    names = is_asked(answer, ASKS, ABOUT_KASPER)
    assert room.question(question)["text"] == "How do we help a pupil?"
    assert "May name somebody" not in _card(mona.page(), question)
    changed = gia.client.post(address, data={"text": ABOUT_KASPER, "nobody_to_protect": names})
    assert changed.status_code == 303
    assert "May name somebody: Kasper Holm" in _card(mona.page(), question)


def _card(page: str, question: int) -> str:
    found = re.search(rf'<li class="desk-card[^>]*id="question-{question}".*?</li>', page, re.DOTALL)
    assert found
    return words(found[0])


def test_the_desk_is_told_live_and_nobody_else(room: Room, cast: Cast) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()
    with mona.client.stream("GET", f"/panels/{PANEL}/desk/live", timeout=10) as desk:
        lines = desk.iter_lines()
        next(line for line in lines if line == "event: all")
        question = room.asked(gia, ABOUT_KASPER)
        assert next(line for line in lines if "May name somebody: Kasper Holm" in line)
    assert mona.act(question, "approve").is_success
    assert mona.act(question, "show").is_success
    screen = f"/panels/{PANEL}/screen/{room.row['screen_code']}"
    for page in (
        gia.page(),
        room.stranger().page(),
        room.stranger().client.get(f"/panels/{PANEL}/questions.json").text,
        room.stranger().client.get(screen).text,
    ):
        assert ABOUT_KASPER in page
        assert "May name" not in page
        assert "may-name" not in page
    assert "names" not in room.public()[question]


def test_what_everybody_is_sent_is_the_same_whether_it_names_somebody_or_not(room: Room, cast: Cast) -> None:
    mona = room.moderator(cast.mona)

    def sent(text: str) -> tuple[str, str, str]:
        assert mona.bring(text).is_success
        question = room.last_question()
        assert mona.act(question, "show").is_success
        stranger = room.stranger().client
        screen = stranger.get(f"/panels/{PANEL}/screen/{room.row['screen_code']}").text
        with stranger.stream("GET", f"/panels/{PANEL}/live", timeout=10) as live:
            card = next(line for line in live.iter_lines() if f'id="question-{question}"' in line)
        said = (card, screen, str(room.public()[question]))
        same = [re.sub(r"\d+", "0", part.replace(text, "…")) for part in said]
        return same[0], same[1], same[2]

    one, other = sent("How do we help Kasper Holm?"), sent("How do we help every pupil?")
    assert one[1:] == other[1:]
    assert one[0] == other[0]


def test_a_moderator_in_a_hurry_is_not_asked_but_told(room: Room, cast: Cast) -> None:
    mona = room.moderator(cast.mona)
    assert mona.bring(ABOUT_KASPER).is_success
    assert "May name somebody: Kasper Holm" in _card(mona.page(), room.last_question())
    assert mona.bring("I am Kasper Holm. How long does it take?", author="Kasper Holm").is_success
    assert "May name" not in _card(mona.page(), room.last_question())


def test_a_note_that_names_somebody_goes_up_when_confirmed_and_to_the_moderators(
    dag: Guest, gia: Guest, mona: Guest, place: Place
) -> None:
    before = place.revision
    fields = {
        "title": "About Kasper Holm",
        "text": "He is thirteen.",
        "kind": "seek",
        "tags": "sleep",
        "key": "k",
    }
    answer = dag.post("/notes", **fields)
    names = is_asked(answer, ASKS, "He is thirteen.")
    assert 'value="About Kasper Holm"' in answer.text
    assert 'value="sleep"' in answer.text
    assert place.revision == before
    with mona.listening(path="/desk/live") as events:
        note = int(dag.done("/notes", **fields, nobody_to_protect=names).rsplit("/", 1)[1])
        data = next(data for name, data in events if name == "reports" and "About Kasper Holm" in data)
    assert "Found by the name check" in data
    assert "This seems to name “Kasper Holm”." in data
    assert f"/meeting-place/desk/notes/{note}" in data
    assert dag.name in data
    assert dag.done("/notes", **fields, nobody_to_protect=names).endswith(f"/{note}")  # a double click
    assert len(reports(mona, "About Kasper Holm")) == 1
    for page in (gia.get(f"/notes/{note}"), gia.get(), dag.get("/notices"), gia.get("/notices")):
        assert "name check" not in page
    assert gia.client.get(f"{PLACE}/desk").status_code == 403
    mona.done(f"/desk/note/{note}/hide", says="Please without the name.")
    assert gia.client.get(f"{PLACE}/notes/{note}").status_code == 404


def test_an_edit_is_reported_once_while_nobody_has_looked(dag: Guest, mona: Guest) -> None:
    note = dag.writes("About a pupil of mine")
    assert reports(mona, f"note {note}") == []
    fields = {"title": "About a pupil", "kind": "seek"}
    answer = dag.post(f"/notes/{note}", text="Her name is Freja", **fields)
    assert is_asked(answer, "This seems to name “Freja”") == "Freja"
    assert "Freja" not in dag.get(f"/notes/{note}")
    for text in ("Her name is Freja", "Her name is still Freja"):
        dag.done(f"/notes/{note}", text=text, **fields, nobody_to_protect="Freja")
    assert len(reports(mona, "Freja")) == 1
    dag.done(f"/notes/{note}", text="Malthe knows her", **fields, nobody_to_protect="Malthe")
    assert len(reports(mona, "Malthe")) == 1
    close_all(mona)
    assert reports(mona, "Freja") == reports(mona, "Malthe") == []
    dag.done(f"/notes/{note}", text="Her name is Freja", **fields, nobody_to_protect="Freja")
    assert len(reports(mona, "Freja")) == 1
    close_all(mona)


def test_nothing_is_reported_of_what_was_refused(dag: Guest, gia: Guest, mona: Guest) -> None:
    note, profile = gia.writes("Who would know?"), dag.profile["id"]
    mona.done(f"/desk/person/{profile}/mute")
    refused = dag.post(
        f"/notes/{note}/replies", text="Sofie Blåbjerg would know", nobody_to_protect="Sofie Blåbjerg"
    )
    assert refused.status_code == 409
    assert "Sofie Blåbjerg would know" in refused.text
    assert reports(mona, "Sofie Blåbjerg") == []
    mona.done(f"/desk/person/{profile}/unmute")
    dag.done(f"/notes/{note}/replies", text="Sofie Blåbjerg would know", nobody_to_protect="Sofie Blåbjerg")
    assert len(reports(mona, "Sofie Blåbjerg")) == 1


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["without a script", "with htmx"])
def test_a_reply_is_asked_about_and_those_who_talk_there_are_named_freely(
    dag: Guest, gia: Guest, mona: Guest, headers: dict[str, str]
) -> None:
    note = gia.writes("Who works with gaming?")
    dag.client.headers.update(headers)
    answer = dag.post(f"/notes/{note}/replies", text="Villads in my class would like it", key="r")
    names = is_asked(answer, "This seems to name “Villads”", "Villads in my class would like it")
    assert 'value="r"' in answer.text
    assert "0 replies" in words(gia.get(f"/notes/{note}"))
    done = dag.post(
        f"/notes/{note}/replies", text="Villads in my class would like it", key="r", nobody_to_protect=names
    )
    assert done.status_code == (200 if headers else 303)
    (report,) = reports(mona, "Villads in my class")
    assert "Found by the name check" in report
    assert "See it where it stands" in report
    mona.replies(note, "It is called Minecraft.")
    thanks = dag.post(f"/notes/{note}/replies", text="Thank you, Gia Giannini and Mona Måkestad! Dag Delås")
    assert thanks.status_code == (200 if headers else 303)
    close_all(mona)


def test_a_note_from_a_question_is_asked_about_by_whoever_makes_it(
    dag: Guest, gia: Guest, mona: Guest, place: Place
) -> None:
    place.house.rows(
        "INSERT INTO question (panel, text, lecture, lecturer, name, ever_named, source, author, link, state, position,"
        " reason, muted, votes, tally, revision, asked_at) SELECT id, ?, '', '', '', ?, 'floor', '', '', 'answered',"
        " 0, '', ?, 0, 0, 0, ? FROM panel WHERE slug = ?",
        ABOUT_KASPER,
        False,
        False,
        "2017-05-02T10:00:00+00:00",
        PANEL,
    )
    question = place.house.rows("SELECT max(id) AS id FROM question")[0]["id"]
    address = f"/from-question/{question}"
    assert "send it as it is" not in dag.get(address)
    answer = dag.post(address)
    assert answer.status_code == 422
    assert ASKS in words(answer.text)
    assert place.house.rows("SELECT id FROM note WHERE question = ?", question) == []
    leads = dag.done(address, nobody_to_protect=asked_about(answer.text))
    (report,) = reports(mona, ABOUT_KASPER)
    assert "A note of nobody’s" in report
    assert gia.done(address) == leads  # it is there: nobody else is asked
    assert len(reports(mona, ABOUT_KASPER)) == 1
    close_all(mona)


def test_a_table_is_asked_about_too(dag: Guest, mona: Guest) -> None:
    fields = {"place": "table-5", "starts": "2017-11-08T06:30", "minutes": "15"}
    answer = dag.post("/tables", title="What to do for Kasper Holm", **fields)
    names = is_asked(answer, ASKS)
    assert 'value="What to do for Kasper Holm"' in answer.text
    leads = dag.done("/tables", title="What to do for Kasper Holm", **fields, nobody_to_protect=names)
    (report,) = reports(mona, "A table: What to do for Kasper Holm")
    assert "Found by the name check" in report
    dag.done(f"{leads.removeprefix(PLACE)}/cancel")
    leads = dag.done("/tables", title="What to do for a pupil", **fields)
    assert reports(mona, "What to do for a pupil") == []
    dag.done(f"{leads.removeprefix(PLACE)}/cancel")
    close_all(mona)


def test_what_contacts_write_to_each_other_is_not_checked(dag: Guest, gia: Guest) -> None:
    dag.tells()
    gia.tells()
    dag.done(f"/people/{gia.tag}/ask", text="You know Kasper Holm, too.")


def test_a_report_of_somebody_who_is_gone_is_still_somebodys(dag: Guest, gia: Guest, mona: Guest) -> None:
    note = dag.writes("Words to be reported")
    assert gia.post(f"/report/note/{note}", reason="Please look").status_code == 200
    gia.done("/leave", sure="yes")
    (report,) = reports(mona, "Words to be reported")
    assert "Reported by a delegate" in report
    assert "name check" not in report
    close_all(mona)
