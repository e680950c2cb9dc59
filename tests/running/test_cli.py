"""The command line: what an organiser types, and what is said when it cannot be done."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import Houses
from tests.support.booking import book, words
from tests.support.cast import Cast
from tests.support.house import NO_CERTIFICATES, SCHOOL_REFUSAL, House
from tests.support.mailbox import Mailbox
from tests.support.meeting import place_in
from tests.support.postgres import Postgres
from tests.support.room import PANEL
from tests.support.waiting import until
from webapp import __version__

NOWHERE = "127.0.0.1:1"
"""Where nothing listens."""
FC_LIST = shutil.which("fc-list") or ""


@pytest.fixture
def desk(tmp_path: Path) -> House:
    """An installation that is not running."""
    return House(tmp_path)


def refusal(desk: House, *words: str | Path) -> str:
    """The one plain sentence with which a command ends that cannot do what it was asked."""
    done = desk.plenum(*words, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


def findings(desk: House) -> dict[str, str]:
    """What the doctor says, by what was looked at; it ends well only if all is well."""
    done = desk.plenum("doctor", check=False)
    found = {
        what: f"{sign} {says}"
        for sign, what, says in re.findall(r"^(✓|✗) ([\w ]+): (.+)$", done.stdout, re.MULTILINE)
    }
    lines = [line for line in done.stdout.splitlines() if not line.startswith("  ")]
    assert len(found) == len(lines) == 9, done.stdout
    assert done.returncode == any(says.startswith("✗") for says in found.values())
    assert done.stderr == ""
    return found


def ill(desk: House) -> dict[str, str]:
    return {what: says for what, says in findings(desk).items() if says.startswith("✗")}


# Commands


def test_help_names_what_an_organiser_can_do(desk: House) -> None:
    said = desk.plenum("--help").stdout
    for command in ("run", "conference", "organiser", "clock", "doctor"):
        assert re.search(rf"\b{command} ", said)
    assert "Load a conference FILE" in desk.plenum("conference", "load", "--help").stdout
    assert "--port" in desk.plenum("run", "--help").stdout


def test_a_file_that_is_not_there_or_is_no_conference_is_refused(desk: House, tmp_path: Path) -> None:
    missing = desk.plenum("conference", "load", tmp_path / "missing.toml", check=False)
    assert missing.returncode == 1
    assert missing.stderr == f"There is no file {tmp_path / 'missing.toml'}.\n"
    folder = desk.plenum("conference", "load", tmp_path, check=False)
    assert folder.returncode == 1
    assert folder.stderr == f"{tmp_path} is a directory, and not a file.\n"
    for name in ("letter.txt", "schedule.json", "schedule.xml", "conference.toml"):
        file = tmp_path / name
        file.write_text("Dear Olga")
        refused = desk.plenum("conference", "load", file, check=False)
        assert refused.returncode == 1
        assert refused.stderr.endswith("1 thing to put right. Nothing was changed.\n")
        assert "Traceback" not in refused.stderr
    assert not desk.data.joinpath("plenum.sqlite").exists()


def test_a_command_imports_neither_the_web_server_nor_what_migrates(desk: House) -> None:
    heavy = "'litestar', 'uvicorn', 'redis', 'black'"  # Piccolo's migrations are laid out by black
    look = (
        "import sys; from webapp.cli import main; main(['clock'], standalone_mode=False);"
        f"print([name for name in ({heavy}) if name in sys.modules])"
    )
    for imported in ("['black']", "[]"):  # the first command migrates
        said = subprocess.run(
            [sys.executable, "-c", look], env=desk.environment, capture_output=True, text=True, check=True
        ).stdout
        assert said.splitlines()[-1] == imported


def test_the_command_says_its_version(desk: House) -> None:
    assert desk.plenum("--version").stdout == f"Plenum {__version__}\n"


def test_an_organiser_is_added_once(desk: House, cast: Cast) -> None:
    said = refusal(desk, "organiser", "add", "olga at example.org")
    assert said == (
        "'olga at example.org': This does not look like an e-mail address. One looks like name@school.org."
    )
    assert not desk.data.joinpath("plenum.sqlite").exists()
    assert f"{cast.olga.email} organises now." in desk.plenum("organiser", "add", cast.olga.email).stdout
    desk.plenum("organiser", "add", cast.olga.email.upper())
    [olga] = desk.rows("SELECT * FROM person")
    assert olga["email"] == cast.olga.email
    assert olga["organiser"]


def test_an_organiser_is_listed_and_removed(houses: Houses, cast: Cast) -> None:
    house = houses()
    assert "Nobody organises yet." in house.plenum("organiser", "list").stdout
    for person in (cast.olga, cast.mona):
        house.plenum("organiser", "add", person.email)
    assert house.plenum("organiser", "list").stdout.split() == sorted([cast.olga.email, cast.mona.email])
    with place_in(house) as place:
        olga, mona = place.signed_in(cast.olga), place.signed_in(cast.mona)
        for organiser in (olga, mona):
            assert organiser.get("/organise").status_code == 200
        said = house.plenum("organiser", "remove", cast.olga.email).stdout
        assert said == f"{cast.olga.email} does not organise any more.\n"
        assert olga.get("/organise").status_code != 200
        assert mona.get("/organise").status_code == 200
    assert house.plenum("organiser", "list").stdout.split() == [cast.mona.email]
    assert refusal(house, "organiser", "remove", cast.olga.email) == f"{cast.olga.email} did not organise."


def test_moderators_are_listed_with_what_they_moderate(houses: Houses, cast: Cast) -> None:
    house = houses()
    assert "Nobody moderates yet" in house.plenum("moderator", "list").stdout
    house.plenum("moderator", "add", cast.mona.email)
    house.plenum("moderator", "add", cast.gia.email, "--panel", PANEL)
    assert house.plenum("moderator", "list").stdout.splitlines() == sorted(
        [f"{cast.mona.email}  every panel", f"{cast.gia.email}  {PANEL}"]
    )
    house.plenum("moderator", "remove", cast.mona.email)
    assert house.plenum("moderator", "list").stdout == f"{cast.gia.email}  {PANEL}\n"


# What is missing, or wrong


@pytest.mark.parametrize("command", [["run"], ["doctor"], ["conference", "load", SCHOOL_REFUSAL], ["clock"]])
@pytest.mark.parametrize("url", ["mysql://localhost/plenum", "nonsense", ":"])
def test_a_database_we_do_not_know_is_refused_in_one_sentence(
    desk: House, command: list[str | Path], url: str
) -> None:
    desk.environment["DATABASE_URL"] = url
    assert refusal(desk, *command).startswith("DATABASE_URL must begin with sqlite:/// or postgresql://")


def test_a_database_that_cannot_be_reached_is_told_in_one_sentence(desk: House, postgres: Postgres) -> None:
    nobodys = postgres.url.replace("/postgres?", "/plenum_has_no_such?")
    for url, why in {
        f"postgresql://plenum@{NOWHERE}/plenum": "Connect call failed",
        "postgresql://plenum@localhost:port/plenum": "invalid literal",
        "sqlite:////dev/null/plenum.sqlite": "unable to open database file",
        nobodys: "does not exist",
    }.items():
        desk.environment["DATABASE_URL"] = url
        for command in (["run", "--port", "0"], ["clock"]):
            said = refusal(desk, *command)
            assert said.startswith("The database at DATABASE_URL cannot be reached: "), said
            assert why in said
        assert "The database at DATABASE_URL cannot be reached: " in ill(desk)["Database"]


@pytest.mark.parametrize(
    "beginning", [0, 100, 40_000], ids=["from its start", "from its head", "in its middle"]
)
def test_a_damaged_database_is_told_in_one_sentence(desk: House, beginning: int) -> None:
    desk.plenum("conference", "load", SCHOOL_REFUSAL)
    assert ill(desk) == {}
    with desk.data.joinpath("plenum.sqlite").open("r+b") as file:
        file.seek(beginning)
        file.write(b"Dear Olga, " * 5_000)
    for command in (["run", "--port", "0"], ["doctor"]):
        said = refusal(desk, *command) if command[0] == "run" else ill(desk)["Database"].removeprefix("✗ ")
        assert said.startswith("The database at DATABASE_URL is damaged: "), said
        assert said.endswith("put back your latest backup with: plenum restore FILE")


def test_a_data_directory_that_cannot_be_is_told_in_one_sentence(desk: House) -> None:
    desk.environment["PLENUM_DATA"] = "/dev/null/plenum"
    for command in (["run", "--port", "0"], ["conference", "load", str(SCHOOL_REFUSAL)], ["clock"]):
        assert (
            refusal(desk, *command) == "The data directory /dev/null/plenum cannot be made: Not a directory."
        )
    assert "or set PLENUM_DATA." in ill(desk)["Data directory"]


def test_a_rehearsal_at_no_time_is_refused_before_anything_is_served(desk: House) -> None:
    desk.plenum("conference", "load", SCHOOL_REFUSAL)
    desk.environment["PLENUM_NOW"] = "the day before"
    assert refusal(desk, "run", "--port", "0").startswith("'the day before' is no time.")


def test_commands_name_the_address_at_which_plenum_runs(sqlite_house: House, cast: Cast) -> None:
    for command in (["organiser", "add", cast.olga.email], ["moderator", "add", cast.mona.email]):
        assert f"They sign in at {sqlite_house.url}/sign-in" in sqlite_house.plenum(*command).stdout


# The doctor

SENDER = "Conference <conference@example.org>"


def test_the_doctor_finds_a_running_house_well(houses: Houses, mailbox: Mailbox) -> None:
    found = findings(houses(SMTP_URL=mailbox.url, PLENUM_MAIL_FROM=SENDER))
    assert all(says.startswith("✓") for says in found.values()), found
    assert found["Database"] == "✓ sqlite, up to date."
    assert "International School-refusal conference" in found["Conference"]
    assert "A rehearsal is on: for Plenum it is 2 May 2017" in found["Conference"]
    assert "(Europe/Copenhagen)" in found["Conference"]
    assert "answers, version " in found["Redis"]
    assert "the mail server answers" in found["Mail"]


@pytest.mark.skipif(not FC_LIST, reason="Nobody else here knows the fonts of this machine.")
@pytest.mark.parametrize(("script", "language"), [("Thai", "th"), ("Chinese", "zh-cn"), ("Greek", "el")])
def test_the_doctor_says_of_which_letters_documents_would_show_boxes(
    desk: House, script: str, language: str
) -> None:
    fonts = subprocess.run([FC_LIST, f":lang={language}"], capture_output=True, check=True).stdout
    brought = script == "Greek"
    assert (script in findings(desk)["Letters"]) == (not fonts and not brought)


def test_the_doctor_says_that_a_rehearsal_is_on_and_how_it_ends(desk: House) -> None:
    desk.plenum("conference", "load", SCHOOL_REFUSAL)
    desk.plenum("clock", "2017-11-06T09:00")
    rehearsing = findings(desk)["Conference"]
    assert "A rehearsal is on: for Plenum it is 6 November 2017, 09:0" in rehearsing
    assert rehearsing.endswith("Go back with: plenum clock real")
    desk.plenum("clock", "real")
    assert "that should be right" in findings(desk)["Conference"]


def test_before_the_first_start_the_doctor_says_what_to_do_first(desk: House) -> None:
    assert ill(desk) == {
        "Database": "✗ sqlite is reached, but not up to date with this version. `plenum run` mends that as it starts.",
        "Conference": "✗ None is loaded. Load one with: plenum conference load FILE",
    }
    desk.plenum("conference", "load", SCHOOL_REFUSAL)
    assert ill(desk) == {}


@pytest.mark.parametrize(
    ("setting", "value", "what", "says"),
    [
        ("REDIS_URL", f"redis://{NOWHERE}", "Redis", "Start it, or unset REDIS_URL."),
        ("SMTP_URL", f"smtp://{NOWHERE}", "Mail", "Check address, user and password."),
        ("PLENUM_SECRET", "short", "Secret", "Leave it unset and Plenum makes a good one."),
        ("PLENUM_URL", "http://conference.example.org", "Address", "so let it be https://."),
    ],
)
def test_the_doctor_says_how_to_mend_each_thing(
    desk: House, setting: str, value: str, what: str, says: str
) -> None:
    desk.plenum("conference", "load", SCHOOL_REFUSAL)
    desk.environment |= {"PLENUM_MAIL_FROM": SENDER, setting: value}
    found = ill(desk)
    assert set(found) == {what}
    assert found[what].endswith(says)


def test_the_doctor_notices_a_mail_server_that_does_not_take_us(desk: House, mailbox: Mailbox) -> None:
    desk.plenum("conference", "load", SCHOOL_REFUSAL)
    desk.environment["SMTP_URL"] = mailbox.url.replace("smtp://", "smtp://plenum:wrong@")
    desk.environment["PLENUM_MAIL_FROM"] = SENDER
    assert ill(desk)["Mail"].startswith("✗ The mail server at SMTP_URL does not take us")


def test_mail_that_would_leave_in_nobodys_name_is_told(desk: House, mailbox: Mailbox) -> None:
    desk.plenum("conference", "load", SCHOOL_REFUSAL)
    desk.environment["SMTP_URL"] = mailbox.url
    assert ill(desk)["Mail"].startswith("✗ PLENUM_MAIL_FROM is not set, so mail leaves as plenum@localhost")
    desk.start()
    assert "PLENUM_MAIL_FROM is not set" in "".join(desk.log)
    desk.stop()
    desk.environment["PLENUM_MAIL_FROM"] = SENDER
    assert ill(desk) == {}
    desk.log.clear()
    desk.start()
    assert "PLENUM_MAIL_FROM" not in "".join(desk.log)
    desk.stop()


def test_the_doctor_notices_what_others_may_read(desk: House) -> None:
    desk.plenum("conference", "load", SCHOOL_REFUSAL)
    assert ill(desk) == {}
    mend = f"Mend it with: chmod -R go= {desk.data}"
    for path in (desk.data / "secret", desk.data / "plenum.sqlite"):
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o640)
        assert ill(desk) == {"Data directory": f"✗ Others on this machine may read {path}. {mend}"}
        path.chmod(0o600)


def test_the_doctor_says_what_is_wrong_with_a_secret(desk: House) -> None:
    desk.plenum("conference", "load", SCHOOL_REFUSAL)
    assert ill(desk) == {}
    secret = desk.data / "secret"
    for kept, wrong in {"": "empty", "short": "too short"}.items():
        secret.write_text(kept)
        assert ill(desk)["Secret"].startswith(
            f"✗ The secret in {secret} is {wrong}: anybody could make tickets"
        )
        assert refusal(desk, "run", "--port", "0") == ill(desk)["Secret"].removeprefix("✗ ")
    secret.unlink()
    secret.mkdir()
    assert "can be neither read nor made: Is a directory" in ill(desk)["Secret"]


# Serving


@pytest.fixture
def empty_house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, PLENUM_NOW="2017-05-02T10:00")
    house.start()
    yield house
    house.stop()


def test_without_a_conference_every_page_says_what_to_do_until_one_is_loaded(empty_house: House) -> None:
    assert "No conference is loaded yet. Load one with: plenum conference load FILE\n" in empty_house.log
    with empty_house.client() as visitor:
        assert visitor.get("/health").text == "ok"
        for path in ("/", "/programme", "/register", "/my-programme", "/programme.ics", "/sign-in"):
            page = visitor.get(path)
            assert page.status_code == 503
            said = words(page.text)
            assert "An organiser does that with: plenum conference load FILE" in said, path
        assert visitor.get("/nothing").status_code == 404
        empty_house.plenum("conference", "load", SCHOOL_REFUSAL)
        until(lambda: visitor.get("/").status_code == 200)
        assert "International School-refusal conference" in visitor.get("/").text


def test_a_second_start_keeps_everything(houses: Houses, cast: Cast) -> None:
    house = houses(PLENUM_URL="http://conference.example.org")
    with house.client() as dag:
        booking = book(dag, cast.dag, seminar_1="seminar-1b")
        dag.post("/programme/welcome/mark")
        cookies = {cookie.name: cookie.value for cookie in dag.cookies.jar}
        programme, calendar = dag.get("/programme.ics").content, dag.get("/programme/schedule.json").content
    house.stop()
    house.start()
    with httpx.Client(base_url=house.url, trust_env=False, verify=NO_CERTIFICATES) as dag:
        dag.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        assert "Prevention, intervention or compensation" in dag.get(booking).text
        mine = dag.get("/my-programme").text
        assert "Prevention, intervention or compensation" in mine
        assert "Conference welcome" in mine
        assert cast.dag.email in dag.get("/me").text
        assert dag.get("/programme.ics").content == programme
        assert dag.get("/programme/schedule.json").content == calendar
