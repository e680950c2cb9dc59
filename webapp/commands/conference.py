"""`plenum conference`: loading what an organiser has written, or planned elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from webapp.commands.at_work import announce, at_work, fail
from webapp.live import announced
from webapp.text.written import counted

if TYPE_CHECKING:
    from webapp.conference.file import ConferenceFile

MOST_DOUBTS = 20
"""Lines about what may be a slip in a schedule from elsewhere."""


@click.group
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
        await announce(announced.PROGRAMME, announced.SEATS)
        click.echo(f"“{file.conference.title}” is loaded.")
    else:
        click.echo(f"“{file.conference.title}” was loaded before and says nothing new.")
    programme = await Programme.read()
    if programme and (count := unscheduled(programme)):
        has, are = ("1 session has", "is") if count == 1 else (f"{count} sessions have", "are")
        click.echo(f"{has} no published time or {are} cancelled, and not in schedule.json and schedule.xml.")
