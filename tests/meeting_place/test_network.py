"""The network afterwards: the archive, taking out, erasing, and figures of the exchange across borders."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from pathlib import Path

from tests.conftest import Houses
from tests.support.booking import words
from tests.support.cast import Cast
from tests.support.house import SCHOOL_REFUSAL
from tests.support.meeting import PLACE, Guest, Place, become_contacts, place_in


def test_everything_of_ones_own_can_be_taken_out_and_nothing_of_others(dag: Guest, gia: Guest) -> None:
    dag.tells("line", line="Mornings", telephone="+47 11 22 33 44")
    note = dag.writes("Mine to take", "All of it")
    theirs = gia.writes("Hers")
    dag.replies(theirs, "My reply")
    gia.replies(note, "Her reply")
    become_contacts(dag, gia)
    dag.done(f"/contacts/{gia.tag}/messages", text="My message")
    gia.done(f"/contacts/{dag.tag}/messages", text="Her message")
    answer = dag.client.get(f"{PLACE}/mine.json")
    mine = answer.json()
    assert mine["profile"]["telephone"] == "+47 11 22 33 44"
    assert mine["profile"]["shown"] == ["line"]
    assert [one["title"] for one in mine["notes"]] == ["Mine to take"]
    assert [(one["to"], one["text"]) for one in mine["replies"]] == [("Hers", "My reply")]
    assert [one["text"] for one in mine["messages"]] == ["My message"]
    assert [one["email"] for one in mine["contacts"]] == [gia.person.email]
    for word in ("Her reply", "Her message"):
        assert word not in answer.text
    gia.done(f"/notes/{theirs}/withdraw")
    assert [(one["to"], one["text"]) for one in dag.client.get(f"{PLACE}/mine.json").json()["replies"]] == [
        ("", "My reply")
    ]


def test_whoever_erases_themselves_is_a_delegate_and_gone_everywhere_else(dag: Guest, gia: Guest) -> None:
    dag.tells("line", line="Mornings")
    note, theirs = dag.writes("Stays without a name"), gia.writes("Hers")
    dag.replies(theirs, "Said by somebody")
    become_contacts(dag, gia)
    table = int(
        gia.done("/tables", title="Hers", place="table-1", starts="2017-11-08T12:00", minutes="15").rsplit(
            "/", 1
        )[1]
    )
    gia.place.house.rows("UPDATE round_table SET seats = 2 WHERE id = ?", table)
    dag.done(f"/tables/{table}/seat")
    tag = dag.tag
    assert dag.post("/leave").status_code == 422
    assert dag.tag == tag
    with gia.listening() as events:
        dag.done("/leave", sure="yes")
        data = next(data for name, data in events if name == "cards")
        assert dag.name not in data
    page = gia.get(f"/notes/{note}")
    assert "A delegate" in page
    assert dag.name not in page
    assert "Said by somebody" in gia.get(f"/notes/{theirs}")
    assert dag.name not in gia.get(f"/notes/{theirs}")
    for path in ("/people", "/contacts", f"/tables/{table}"):
        assert tag not in gia.get(path)
    assert dag.person.email not in gia.get("/contacts")
    assert gia.place.house.rows("SELECT taken FROM round_table WHERE id = ?", table) == [{"taken": 1}]
    assert note not in dag.sees("?whose=mine")  # who comes back begins anew
    assert dag.tag != tag


def test_whoever_takes_out_or_erases_all_their_data_means_the_meeting_place_too(
    dag: Guest, gia: Guest
) -> None:
    telephone = f"+47 {secrets.randbelow(10**8)}"
    dag.tells("line", line="Mornings", telephone=telephone)
    note = dag.writes("Stays when all goes")
    become_contacts(dag, gia)
    gia.tells("role", role="Teacher", organisation="Not shown")
    dag.done(f"/contacts/{gia.tag}/note", note="Owes me a book")
    gia.done(f"/contacts/{dag.tag}/note", note="Hers alone")
    dag.done(f"/contacts/{gia.tag}/messages", text="Gone with me")
    taken_out = dag.client.get("/me/data.json")
    [mine] = taken_out.json()["meeting_place"]
    assert "Hers alone" not in taken_out.text
    assert mine["profile"]["telephone"] == telephone
    assert [one["title"] for one in mine["notes"]] == ["Stays when all goes"]
    assert [one["text"] for one in mine["messages"]] == ["Gone with me"]
    [contact] = mine["contacts"]
    assert (contact["email"], contact["note"]) == (gia.person.email, "Owes me a book")
    assert (contact["role"], contact["organisation"]) == ("Teacher", "")  # as far as she shows it
    assert "Your profile in the meeting place" in words(dag.client.get("/me/erasure").text)
    tag = dag.tag
    assert tag in gia.finds()
    before = gia.place.revision
    assert dag.client.post("/me/erasure", data={"sure": "yes"}).status_code == 200
    with gia.listening(after=before) as events:
        assert dag.name not in next(events)[1]
    assert tag not in gia.finds()
    assert tag not in gia.get("/contacts")
    assert dag.name not in gia.get(f"/notes/{note}")
    house = gia.place.house
    assert not house.rows("SELECT id FROM profile WHERE telephone = ?", telephone)
    assert not house.rows("SELECT id FROM message WHERE text = ?", "Gone with me")


def test_words_that_nobody_has_any_more_are_forgotten(
    dag: Guest, gia: Guest, place: Place, cast: Cast
) -> None:
    mona, house = place.moderator(cast.mona), place.house

    def known() -> set[str]:
        ours = "SELECT DISTINCT word FROM spelling WHERE word LIKE ?"
        return {row["word"] for row in house.rows(ours, "zz%")}

    dag.tells("line", name="Dag Zzuniquename", line="Zzshared and zzwalking and zzlonely")
    gia.tells("line", line="Zzshared and zzwalks")
    assert known() == {"zzuniquename", "zzshared", "zzwalking", "zzlonely", "zzwalks"}
    dag.tells("line", name="Dag Zzuniquename", line="Zzshared and zzwalking")
    assert known() == {"zzuniquename", "zzshared", "zzwalking", "zzwalks"}
    mona.done(f"/desk/person/{dag.profile['id']}/warn", says="Dear Dag Zzuniquename, please stay kind.")
    mona.done(f"/desk/person/{gia.profile['id']}/warn", says="Dear Gia, please stay kind, too.")
    assert "Dear Dag Zzuniquename" in mona.get("/desk/log")
    dag.done("/leave", sure="yes")
    assert known() == {"zzshared", "zzwalks"}
    assert "Zzuniquename" not in mona.get("/desk/log")
    assert "Dear Gia" in mona.get("/desk/log")
    note = gia.writes("Zzwords of a note")
    assert "zzwords" in known()
    gia.done(f"/notes/{note}/withdraw")
    assert "zzwords" not in known()
    assert gia.tag in mona.get("/people?q=zzshard"), "what there is to find is still found with a slip in it"


def test_erasing_oneself_ends_no_pause(dag: Guest, place: Place, cast: Cast) -> None:
    mona = place.moderator(cast.mona)
    mona.done(f"/desk/person/{dag.profile['id']}/mute")
    dag.done("/leave", sure="yes")
    assert dag.post("/notes", title="Here again", kind="seek").status_code == 409


def test_after_its_last_day_it_is_an_archive(houses: Houses, tmp_path: Path, cast: Cast) -> None:
    house = houses()
    with place_in(house) as place:
        dag, gia = place.delegate(cast.dag), place.delegate(cast.gia)
        note = dag.writes("Written in time")
        become_contacts(dag, gia)
        table = dag.done(
            "/tables", title="Over coffee", place="table-1", starts="2017-11-06T12:00", minutes="30"
        )
        table = table.rsplit("/", 1)[1]
        long_ago = ("2017-04-02 10:00:00+00:00", "2017-04-02 10:30:00+00:00", table)
        house.rows("UPDATE round_table SET starts_at = ?, ends_at = ? WHERE id = ?", *long_ago)
        before = gia.get("/tables")
        for until, status in (("2017-05-02", 303), ("2017-05-01", 409)):
            file = tmp_path / "conference.toml"
            text = SCHOOL_REFUSAL.read_text().replace(
                "ends = 2017-11-08", f"meeting_place_until = {until}\nends = 2017-11-08", 1
            )
            file.write_text(text)
            house.plenum("conference", "load", file)
            assert ("Open until Tuesday 2 May" in gia.get()) == (status == 303)
            assert gia.post(f"/notes/{note}/replies", text="In time?").status_code == status
        assert "is an archive now" in gia.get()
        assert "Put up a note" not in gia.get()
        assert note in gia.sees()
        for path in (f"/notes/{note}/me-too", f"/people/{dag.tag}/ask", "/tables"):
            assert gia.post(path, title="Late", kind="seek").status_code in (409, 422)
        assert dag.post(f"/notes/{note}/close").status_code == 409
        assert dag.post("/here", here="yes").status_code == 409
        for words_of_a_button in ("close it", "Change it", "to become contacts", "Follow this note"):
            assert words_of_a_button not in dag.get(f"/notes/{note}") + gia.get(f"/notes/{note}")
        # No page offers what would be refused.
        acts = [
            f"/contacts/{dag.tag}/note",
            f"/contacts/{dag.tag}/part",
            f"/notes/{note}/withdraw",
            f"/notes/{note}/unfollow",
            "/replies/1/withdrawal",
        ]
        pages = [
            "",
            f"/notes/{note}",
            "/tables/new",
            f"/people/{dag.tag}/ask",
            "/contacts",
            "/card",
            f"/contacts/{dag.tag}",
        ]
        for someone, path in [*((gia, path) for path in pages), (dag, f"/notes/{note}/edit")]:
            offered = re.findall(r'action="([^"]+)"', someone.get(path))
            kept = [PLACE, *(PLACE + act for act in acts)]
            assert set(offered) <= set(kept), path
        assert gia.client.get(f"{PLACE}/contacts.vcf").text.count("BEGIN:VCARD") == 1
        assert "an archive now, for those who took part" in place.signed_in(cast.sten).get(PLACE).text
        assert gia.client.get(f"{PLACE}/mine.json").status_code == 200
        # Tables of long ago stand in the archive, and nowhere else.
        assert "Over coffee" not in before
        assert "Over coffee" in gia.get("/tables")
        assert "This table is over" in gia.get(f"/tables/{table}")
        dag.done(f"/notes/{note}/withdraw")
        gia.done("/leave", sure="yes")


def test_figures_show_the_exchange_and_nothing_of_fewer_than_three_pairs(place: Place, cast: Cast) -> None:
    far = [place.delegate(replace(Cast().gia, country=country)) for country in ("IS", "IS", "IS", "FO", "FO")]
    host = place.delegate(replace(cast.dag, country="GL"))
    note = host.writes("Who is far away?")
    for someone in far:
        someone.replies(note, "I am")
    page = host.get("/figures")
    assert "Iceland" in page
    assert "Greenland" in page
    assert "Faroe" not in page  # two are too few
    assert "<svg" in page
    for again in range(3):
        far[3].replies(note, f"And once more, which makes {again + 3}")
    become_contacts(far[4], host)
    assert "Faroe" not in host.get("/figures")  # however much the two have to say
    third = place.delegate(replace(Cast().gia, country="FO"))
    said = third.replies(note, "I am the third")
    assert "Faroe" in host.get("/figures")
    third.done(f"/replies/{said}/withdrawal")
    assert "Faroe" not in host.get("/figures")
    become_contacts(third, host)
    assert "Faroe" in host.get("/figures")
    place.moderator(cast.mona).done(f"/desk/note/{note}/hide")
    page = host.get("/figures")
    assert "Iceland" not in page  # what is said under a hidden note counts no more
    assert "Faroe" not in page
