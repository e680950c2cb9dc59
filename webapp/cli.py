"""The `plenum` command: what an organiser needs.

What only one command needs is imported in it: most of the time that a command takes is spent on imports.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import rich_click as click

from webapp import __version__
from webapp.live import announced
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.text.written import counted

if TYPE_CHECKING:
    from webapp.conference.file import ConferenceFile

SHORTEST_PASSWORD = 12
MOST_DOUBTS = 20
"""Lines about what may be a slip in a schedule from elsewhere."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="Plenum %(version)s")
def main() -> None:
    """A conference that talks back: its programme, its registration, its questions."""


@main.command
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on; 0 takes a free one.")
@click.option("--workers", default=1, show_default=True, help="Processes that answer requests.")
@click.option(
    "--dev", "development", is_flag=True, help="Load the first conference, show /outbox and /styleguide."
)
def run(host: str, port: int, workers: int, development: bool) -> None:
    """Serve the conference."""
    from webapp.running import server

    try:
        server.run(host, port, workers, development=development)
    except Refused as refusal:
        fail(refusal.reason)


@main.group
def conference() -> None:
    """The conference and its programme."""


@conference.command
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--moved", is_flag=True, help="It is on other days now, and all who are booked come then.")
@click.option("--strict", is_flag=True, help="Load a schedule only if nothing in it would be left out.")
@click.option("--timezone", default="", help="Of a schedule that does not say its own: Europe/Copenhagen.")
def load(file: Path, moved: bool, strict: bool, timezone: str) -> None:
    """Load a conference FILE, or load it again after it was edited.

    FILE is Plenum's own .toml, or a schedule.json or schedule.xml as pretalx and others write it.
    """
    from webapp.conference.contradictions import double_booked
    from webapp.conference.problems import ConferenceFileError
    from webapp.conference.reading import read
    from webapp.conference.schedule_import import read_schedule

    if not file.is_file():
        fail(f"{file} is a directory, and not a file." if file.is_dir() else f"There is no file {file}.")
    click.echo(f"Reading {file} …")
    left_out: tuple[str, ...] = ()
    try:
        if file.suffix.lower() == ".toml":
            parsed = read(file)
        else:
            parsed, left_out = read_schedule(file, timezone)
    except ConferenceFileError as error:
        for problem in error.problems:
            where = f"line {problem.line}: " if problem.line else ""
            click.echo(f"  {where}{problem.reason}", err=True)
        fail(
            f"{file} was not loaded: {counted(len(error.problems), 'thing')} to put right. Nothing was changed."
        )
    if file.suffix.lower() != ".toml" and (doubtful := double_booked(parsed)):
        click.echo("Is this meant so?")
        for doubt in doubtful[:MOST_DOUBTS]:
            click.echo(f"  {doubt}")
        if len(doubtful) > MOST_DOUBTS:
            click.echo(f"  And {len(doubtful) - MOST_DOUBTS} more.")
    if left_out:
        click.echo("Plenum has no place for this, and leaves it out:", err=strict)
        for loss in left_out:
            click.echo(f"  {loss}", err=strict)
        if strict:
            fail(f"{file} was not loaded, since --strict lets nothing be left out. Nothing was changed.")
    at_work(_load(parsed, moved=moved))


async def _load(file: ConferenceFile, *, moved: bool) -> None:
    from webapp.conference.loading import load
    from webapp.conference.programme import Programme
    from webapp.conference.schedule_export import unscheduled
    from webapp.tables import Rehearsal

    sessions, speakers = counted(len(file.session), "session"), counted(len(file.speaker), "speaker")
    click.echo(f"Loading {sessions} and {speakers} …")
    if await load(file, datetime.now(UTC) + await Rehearsal.shift(), moved=moved):
        await _announce(announced.PROGRAMME, announced.SEATS)
        click.echo(f"“{file.conference.title}” is loaded.")
    else:
        click.echo(f"“{file.conference.title}” was loaded before and says nothing new.")
    programme = await Programme.read()
    if programme and (count := unscheduled(programme)):
        has, are = ("1 session has", "is") if count == 1 else (f"{count} sessions have", "are")
        click.echo(f"{has} no published time or {are} cancelled, and not in schedule.json and schedule.xml.")


@main.group
def organiser() -> None:
    """The people who organise."""


@organiser.command
@click.argument("email")
def add(email: str) -> None:
    """Let EMAIL organise the conference."""
    address = _address(email)
    at_work(_add_organiser(address))
    click.echo(f"{address} organises now. They sign in at {settings().url}/sign-in")


async def _add_organiser(email: str) -> None:
    from webapp.tables import Person

    await Person.make_organiser(email, datetime.now(UTC))
    await _announce(announced.PEOPLE)


@organiser.command("list")
def list_organisers() -> None:
    """List the addresses of those who organise."""
    at_work(_list_organisers())


async def _list_organisers() -> None:
    from webapp.tables import Person

    _say_all(await Person.organisers(), "Nobody organises yet. Add somebody with: plenum organiser add EMAIL")


@organiser.command("remove")
@click.argument("email")
def remove_organiser(email: str) -> None:
    """Let EMAIL organise no more."""
    address = _address(email)
    at_work(_remove_organiser(address))
    click.echo(f"{address} does not organise any more.")


async def _remove_organiser(email: str) -> None:
    from webapp.tables import Rehearsal
    from webapp.tables.dismissal import dismiss_organiser

    if not await dismiss_organiser(email, datetime.now(UTC) + await Rehearsal.shift()):
        raise Refused(f"{email} did not organise.")
    await _announce(announced.PEOPLE, announced.MEETING)


@main.group
def moderator() -> None:
    """The people who moderate questions."""


@moderator.command("add")
@click.argument("email")
@click.option("--name", default="", help="As other moderators see it.")
@click.option("--panel", default="", help="The slug of one panel, or meeting-place. Without it: all.")
@click.option("--password", is_flag=True, help="Ask for a password, for signing in without a mail.")
def add_moderator(email: str, name: str, panel: str, password: bool) -> None:
    """Let EMAIL moderate questions."""
    address = _address(email)
    secret = click.prompt("Password", hide_input=True, confirmation_prompt=True) if password else None
    if secret is not None and len(secret) < SHORTEST_PASSWORD:
        fail(f"A password has {SHORTEST_PASSWORD} characters at least. Three words are easy to remember.")
    at_work(_add_moderator(address, name, panel, secret))
    click.echo(f"{address} moderates {panel or 'every panel'} now. They sign in at {settings().url}/sign-in")


async def _add_moderator(email: str, name: str, panel: str, password: str | None) -> None:
    from webapp.conference.programme import Programme
    from webapp.tables import Moderator, Person, own_name
    from webapp.tables.meeting_place.profile import MEETING_PLACE

    programme = await Programme.read()
    known = [session.slug for session in programme.panels] if programme else []
    if panel and panel not in (*known, MEETING_PLACE):
        raise Refused(f"There is no panel “{panel}”. There are: {', '.join(known) or 'none yet'}.")
    person = await Moderator.appoint(email, panel, datetime.now(UTC))
    await _announce(announced.PEOPLE)
    if name:
        await own_name.write(person, name)
        await _announce(announced.MEETING)
    if password is not None:
        await Person.set_password(person, password)


@moderator.command("list")
def list_moderators() -> None:
    """List who moderates what. Organisers moderate everything, and are not in this list."""
    at_work(_list_moderators())


async def _list_moderators() -> None:
    from webapp.tables import Moderator

    appointed = await Moderator.appointments()
    lines = [f"{email}  {panel or 'every panel'}" for email, panel in appointed]
    _say_all(lines, "Nobody moderates yet but the organisers. Add somebody with: plenum moderator add EMAIL")


@moderator.command("remove")
@click.argument("email")
@click.option("--panel", default="", help="The slug of one panel. Without it: what was given for all.")
def remove_moderator(email: str, panel: str) -> None:
    """Let EMAIL moderate no more."""
    at_work(_remove_moderator(_address(email), panel))
    click.echo(f"{email} does not moderate {panel or 'every panel'} any more.")


async def _remove_moderator(email: str, panel: str) -> None:
    from webapp.tables.dismissal import dismiss_moderator

    if not await dismiss_moderator(email, panel, datetime.now(UTC)):
        raise Refused(f"{email} did not moderate {panel or 'every panel'}.")
    await _announce(announced.PEOPLE, announced.MEETING)


@main.command
@click.argument("time", required=False)
def clock(time: str | None) -> None:
    """Show the clock, or rehearse at TIME (2017-06-19T23:58, the conference's local time), or go back to `real`."""
    at_work(_clock(time))


async def _clock(time: str | None) -> None:
    from webapp.clock import shift_to
    from webapp.conference.programme import Programme
    from webapp.tables import Rehearsal

    programme = await Programme.read()
    zone = programme.conference.zone if programme else UTC
    if time is not None:
        await Rehearsal.set(shift_to(time, zone))
        await _announce(announced.CLOCK)
    shift = await Rehearsal.shift()
    now = (datetime.now(UTC) + shift).astimezone(zone)
    click.echo(f"{'Rehearsing' if shift else 'Real time'}: {now:%A %-d %B %Y, %H:%M:%S} {now.tzname()}")


@main.group
def mail() -> None:
    """The mail that has not gone out."""


@mail.command("list")
def list_mail() -> None:
    """List the mails that were refused, that wait for the server, or of which nobody knows whether they arrived."""
    at_work(_list_mail())


async def _list_mail() -> None:
    from webapp.running import doctor
    from webapp.tables import OutgoingMail

    for troubled in await OutgoingMail.troubled():
        click.echo(doctor.described(troubled))


@mail.command
@click.argument("number")
def retry(number: str) -> None:
    """Send mail NUMBER of the list again, or `all` of it except what may have arrived."""
    if number != "all" and not number.isdecimal():
        fail(f"{number!r} is no number of a mail. `plenum mail list` shows them; or write all.")
    at_work(_retry(number))


async def _retry(number: str) -> None:
    from webapp.tables import MailState, OutgoingMail

    troubled = await OutgoingMail.troubled()
    wanted = [
        one
        for one in troubled
        if str(one["id"]) == number or (number == "all" and one["state"] != MailState.HANDED_OVER)
    ]
    if not wanted and number != "all":
        raise Refused(f"No mail {number} is held up. `plenum mail list` shows those that are.")
    for one in wanted:
        if recipient := await OutgoingMail.retry(one["id"]):
            click.echo(f"The mail to {recipient} is sent again, while Plenum runs.")


@main.command
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write everything that cannot be had again to FILE, also while Plenum runs, and check it."""
    from webapp.running.backup import take

    os.umask(0o077)
    try:
        contents = take(file)
    except Refused as refusal:
        fail(refusal.reason)
    click.echo(f"{file} is whole: {contents}. Whoever can read it can read everything: keep it safe.")


@main.command
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Put what `plenum backup` wrote to FILE into an empty place."""
    from webapp.running import backup

    try:
        settings().make_data()
        contents = asyncio.run(backup.restore(file))
    except Refused as refusal:
        fail(refusal.reason)
    click.echo(f"{file} is restored: {contents}.")
    at_work(_doubt_what_waits())


async def _doubt_what_waits() -> None:
    from webapp.tables import OutgoingMail

    if waits := await OutgoingMail.doubt():
        click.echo(
            f"{counted(waits, 'mail')} waited when it was made, and may have gone out since: "
            "see plenum mail list"
        )


@main.command("doctor")
def doctor_command() -> None:
    """Check everything Plenum needs, and say how to mend what is wrong."""
    from webapp.running import doctor

    findings = asyncio.run(doctor.examine())
    for finding in findings:
        click.echo(f"{'✓' if finding.well else '✗'} {finding.what}: {finding.says}")
    if not all(finding.well for finding in findings):
        sys.exit(1)


def at_work(work: Coroutine[Any, Any, Any]) -> None:
    """Do something with the database, brought up to date first."""

    async def connectedly() -> None:
        from webapp.database.connected import connected
        from webapp.database.migrating import migrate

        async with connected():
            await migrate()
            await work

    try:
        settings().make_data()
        asyncio.run(connectedly())
    except Refused as refusal:
        fail(refusal.reason)
    finally:
        work.close()  # it was never begun if the database cannot be reached


def _say_all(lines: list[str], none: str) -> None:
    for line in lines or [none]:
        click.echo(line)


def _address(email: str) -> str:
    from webapp.text.typed import email_address

    try:
        return email_address(email)
    except Refused as refusal:
        fail(f"{email!r}: {refusal.reason}")


def fail(reason: str) -> NoReturn:
    """End with one plain sentence and an exit status."""
    click.echo(reason, err=True)
    sys.exit(1)


async def _announce(*names: str) -> None:
    """Tell the workers, if a server runs that could listen."""
    from webapp.running import valkey

    if url := settings().redis_url or valkey.running(settings().data):
        from webapp.live.publishing import publish_once

        await publish_once(url, *names)
