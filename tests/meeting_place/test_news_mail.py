"""The mail of the morning, with what each has not read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx

from tests.conftest import Houses
from tests.support.cast import Cast
from tests.support.house import NO_CERTIFICATES, SCHOOL_REFUSAL, House
from tests.support.mailbox import Servers, text_of
from tests.support.meeting import place_in
from tests.support.waiting import until


def test_in_the_morning_each_is_written_what_they_have_not_read(
    houses: Houses, servers: Servers, database: str, cast: Cast, tmp_path: Path
) -> None:
    server = servers()
    house = houses(database, workers=2, PLENUM_NOW="2017-05-02T06:30", SMTP_URL=server.url)
    with place_in(house) as place:
        mona = place.moderator(cast.mona)
        dag, gia, sten, bea, away = (
            place.delegate(person) for person in (cast.dag, cast.gia, cast.sten, Cast().dag, Cast().dag)
        )
        sten.tells()  # without “write to me once a day”
        for author in (dag, sten, gia, mona, bea, away):
            note = author.writes("Owls & larks")
            if author is not gia:
                gia.replies(note, "Not for the mail")
        hidden = dag.writes("Not kind at all")
        gia.replies(hidden, "Indeed")
        mona.done(f"/desk/note/{hidden}/hide")
        late = dag.writes("Hidden on the way")
        gia.replies(late, "Indeed")
        bea.blocks(gia)
        house.rows("DELETE FROM delegate WHERE person = ?", away.profile["person"])

        # A rehearsal writes to the team alone, however often, and leaves nothing behind.
        for rehearsed in ([mona.person.email], [mona.person.email] * 2):
            house.plenum("clock", f"2017-05-02T07:0{len(rehearsed)}")
            until(partial(lambda expected: letters(house) == expected, rehearsed))
        until(lambda: len(server.to(mona.person.email)) == 2)  # what they say is read when they leave
        assert house.rows("SELECT news_sent_at FROM meeting") == [{"news_sent_at": None}]

        # The real morning, also after a clock that was wrong, and days without any mail.
        house.plenum("conference", "load", where_it_is_noon(tmp_path))
        now = datetime.now(UTC)
        house.rows("UPDATE meeting SET news_sent_at = ?", instant(house, now + timedelta(days=400)))
        house.rows("UPDATE notice SET at = ?", instant(house, now - timedelta(days=3)))
        server.puts_off = [dag.person.email] * 2
        house.plenum("clock", "real")
        until(lambda: not server.puts_off)
        mona.done(f"/desk/note/{late}/hide")  # before the third attempt, five seconds later
        [mail] = server.to(dag.person.email)
        assert sorted(letters(house)[2:]) == sorted([dag.person.email, mona.person.email])
        said = text_of(mail)
        assert f"{gia.name} has replied to “Owls & larks”" in said
        assert "/meeting-place/notices" in said
        for unsaid in ("Not for the mail", "Not kind at all", "Hidden on the way", "Indeed"):
            assert unsaid not in said + text_of(mail, "html")

        # Mail programs stop it with one request; whoever only looks stops nothing.
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = re.sub(r"^<https?://[^/]+|>$", "", mail["List-Unsubscribe"])
        assert link in said
        with httpx.Client(base_url=house.url, trust_env=False, verify=NO_CERTIFICATES) as program:
            assert "Stop these mails?" in program.get(link).text
            assert dag.profile["by_mail"]
            assert program.post(f"{link}x", data={"List-Unsubscribe": "One-Click"}).status_code == 404
            assert dag.profile["by_mail"]
            for stopped in (
                program.post(link, data={"List-Unsubscribe": "One-Click"}),
                program.post(link, files={"List-Unsubscribe": "One-Click"}),
            ):
                assert stopped.status_code == 200
                assert "No more mails with news" in stopped.text
                assert not dag.profile["by_mail"]


def letters(house: House) -> list[str]:
    """To whom news was mailed, in their order."""
    rows = house.rows("SELECT recipient FROM outgoing_mail WHERE template = 'unread' ORDER BY id")
    return [row["recipient"] for row in rows]


def instant(house: House, at: datetime) -> object:
    """In the words that the application itself writes an instant in."""
    return at if house.database == "postgresql" else at.isoformat(sep=" ")


def where_it_is_noon(folder: Path) -> Path:
    """The conference in a zone where it is about noon at this moment, so that this morning is over."""
    ahead = 12 - datetime.now(UTC).hour
    file = folder / "noon.toml"
    zone = f"Etc/GMT{-ahead:+d}"  # whose signs are the other way round
    file.write_text(SCHOOL_REFUSAL.read_text().replace("Europe/Copenhagen", zone if ahead else "Etc/GMT"))
    return file
