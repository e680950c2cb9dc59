"""`plenum organiser` and `plenum moderator`: who has rights at this conference."""

from __future__ import annotations

from datetime import UTC, datetime

import rich_click as click

from webapp.commands.at_work import address_of, announce, at_work, fail, say_all
from webapp.live import announced
from webapp.refusal import Refused
from webapp.settings import settings

SHORTEST_PASSWORD = 12


@click.group
def organiser() -> None:
    """The people who organise."""


@organiser.command
@click.argument("email")
def add(email: str) -> None:
    """Let EMAIL organise the conference."""
    address = address_of(email)
    at_work(_add_organiser(address))
    click.echo(f"{address} organises now. They sign in at {settings().url}/sign-in")


async def _add_organiser(email: str) -> None:
    from webapp.tables import Person

    await Person.make_organiser(email, datetime.now(UTC))
    await announce(announced.PEOPLE)


@organiser.command("list")
def list_organisers() -> None:
    """List the addresses of those who organise."""
    at_work(_list_organisers())


async def _list_organisers() -> None:
    from webapp.tables import Person

    say_all(await Person.organisers(), "Nobody organises yet. Add somebody with: plenum organiser add EMAIL")


@organiser.command("remove")
@click.argument("email")
def remove_organiser(email: str) -> None:
    """Let EMAIL organise no more."""
    address = address_of(email)
    at_work(_remove_organiser(address))
    click.echo(f"{address} does not organise any more.")


async def _remove_organiser(email: str) -> None:
    from webapp.tables import Rehearsal
    from webapp.tables.dismissal import dismiss_organiser

    if not await dismiss_organiser(email, datetime.now(UTC) + await Rehearsal.shift()):
        raise Refused(f"{email} did not organise.")
    await announce(announced.PEOPLE, announced.MEETING)


@click.group
def moderator() -> None:
    """The people who moderate questions."""


@moderator.command("add")
@click.argument("email")
@click.option("--name", default="", help="As other moderators see it.")
@click.option("--panel", default="", help="The slug of one panel, or meeting-place. Without it: all.")
@click.option("--password", is_flag=True, help="Ask for a password, for signing in without a mail.")
def add_moderator(email: str, name: str, panel: str, password: bool) -> None:
    """Let EMAIL moderate questions."""
    address = address_of(email)
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
    await announce(announced.PEOPLE)
    if name:
        await own_name.write(person, name)
        await announce(announced.MEETING)
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
    say_all(lines, "Nobody moderates yet but the organisers. Add somebody with: plenum moderator add EMAIL")


@moderator.command("remove")
@click.argument("email")
@click.option("--panel", default="", help="The slug of one panel. Without it: what was given for all.")
def remove_moderator(email: str, panel: str) -> None:
    """Let EMAIL moderate no more."""
    at_work(_remove_moderator(address_of(email), panel))
    click.echo(f"{email} does not moderate {panel or 'every panel'} any more.")


async def _remove_moderator(email: str, panel: str) -> None:
    from webapp.tables.dismissal import dismiss_moderator

    if not await dismiss_moderator(email, panel, datetime.now(UTC)):
        raise Refused(f"{email} did not moderate {panel or 'every panel'}.")
    await announce(announced.PEOPLE, announced.MEETING)
