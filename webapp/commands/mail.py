"""`plenum mail`: what has not gone out."""

from __future__ import annotations

import rich_click as click

from webapp.commands.at_work import at_work, fail
from webapp.refusal import Refused


@click.group
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
