"""What commands share: the database at work, plain refusals, and telling the workers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn

import rich_click as click

from webapp.refusal import Refused
from webapp.settings import settings


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


def say_all(lines: list[str], none: str) -> None:
    for line in lines or [none]:
        click.echo(line)


def address_of(email: str) -> str:
    from webapp.text.typed import email_address

    try:
        return email_address(email)
    except Refused as refusal:
        fail(f"{email!r}: {refusal.reason}")


def fail(reason: str) -> NoReturn:
    """End with one plain sentence and an exit status."""
    click.echo(reason, err=True)
    sys.exit(1)


async def announce(*names: str) -> None:
    """Tell the workers, if a server runs that could listen."""
    from webapp.running import valkey

    if url := settings().redis_url or valkey.running(settings().data):
        from webapp.live.publishing import publish_once

        await publish_once(url, *names)
