"""The `plenum` command: what an organiser needs.

What only one command needs is imported in it: most of the time that a command takes is spent on imports.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import rich_click as click

from webapp import __version__
from webapp.commands.at_work import announce, at_work, fail
from webapp.commands.conference import conference
from webapp.commands.mail import mail
from webapp.commands.team import moderator, organiser
from webapp.live import announced
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.text.written import counted


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="Plenum %(version)s")
def main() -> None:
    """A conference that talks back: its programme, its registration, its questions."""


for group in (conference, organiser, moderator, mail):
    main.add_command(group)


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
        await announce(announced.CLOCK)
    shift = await Rehearsal.shift()
    now = (datetime.now(UTC) + shift).astimezone(zone)
    click.echo(f"{'Rehearsing' if shift else 'Real time'}: {now:%A %-d %B %Y, %H:%M:%S} {now.tzname()}")


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
