"""Checks everything Plenum needs, and says how to mend what is wrong."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import aiosmtplib
from redis.asyncio import Redis

from webapp import clock
from webapp.conference.programme import Programme
from webapp.database.connected import connected
from webapp.database.engine import DB
from webapp.database.migrating import migrations_to_run
from webapp.mail.mail_server import smtp_options
from webapp.refusal import Refused
from webapp.running import valkey
from webapp.running.alone import is_served
from webapp.settings import SENDER_MISSING, settings
from webapp.tables import Conference, MailState, OutgoingMail, Rehearsal
from webapp.tables.mail import Troubled
from webapp.text.written import clock_time, moment
from webapp.web.limits import in_words
from webapp.web.pdf import scripts_without_letters

SPACE_WANTED = 200 * 1024 * 1024
"""Free bytes under the data directory below which the doctor worries."""

NAMED = 5
"""Mails that the doctor names; the others are only counted."""


@dataclass(frozen=True)
class Finding:
    what: str
    well: bool
    says: str


async def examine() -> list[Finding]:
    """Everything that was looked at, in the order in which one would mend it."""
    return [
        await _look(what, look)
        for what, look in {
            "Data directory": _data,
            "Secret": _secret,
            "Database": _database,
            "Conference": _conference,
            "Redis": _redis,
            "Mail": _mail,
            "Outbox": _outbox,
            "Address": _address,
            "Letters": _letters,
        }.items()
    ]


class Ailing(Exception):
    """What is wrong, and how to mend it."""


async def _look(what: str, look: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(what, True, await look())
    except (Ailing, Refused) as ailing:
        return Finding(what, False, str(ailing))
    except Exception as error:  # whatever else is wrong is a finding too
        return Finding(what, False, f"{type(error).__name__}: {error}")


async def _data() -> str:
    data = settings().data
    try:
        settings().make_data()
    except Refused as refusal:
        raise Ailing(f"{refusal} Give it to the user who runs Plenum, or set PLENUM_DATA.") from refusal
    if trouble := _not_ours_alone(data):
        raise Ailing(trouble)
    free = shutil.disk_usage(data).free
    if free < SPACE_WANTED:
        raise Ailing(f"Only {free // 2**20} MB are free under {data}. Make room before the conference.")
    return f"{data}, {free // 2**20} MB free, and nobody else may read it."


def _not_ours_alone(data: Path) -> str:
    """What is wrong with who owns and who may read the files under the data directory."""
    everything = {}
    for path in (data, *data.rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # gone since: a server runs here
            if not path.is_symlink():
                everything[path] = path.lstat()
    readable = [path for path, has in everything.items() if has.st_mode & 0o077]
    if readable:
        mend = f"chmod -R go= {shlex.quote(str(data))}"
        return f"Others on this machine may read {_named(readable)}. Mend it with: {mend}"
    owner = everything[data].st_uid
    strange = [path for path, has in everything.items() if has.st_uid != owner]
    if strange:
        return (
            f"{_named(strange)} belongs to another user than {data}, perhaps since a command was run as root. "
            f"Mend it with: chown -R --reference={shlex.quote(str(data))} {shlex.quote(str(data))}"
        )
    return ""


def _named(paths: Sequence[Path]) -> str:
    return f"{paths[0]}" + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")


async def _secret() -> str:
    where = "PLENUM_SECRET" if os.environ.get("PLENUM_SECRET") else settings().data / "secret"
    return f"{where} holds {len(settings().secret)} characters."


async def _database() -> str:
    async with connected():
        await DB.examine()
        waiting = await migrations_to_run()
    kind = settings().database_url.partition(":")[0]
    if waiting:
        raise Ailing(
            f"{kind} is reached, but not up to date with this version. `plenum run` mends that as it starts."
        )
    return f"{kind}, up to date."


async def _conference() -> str:
    async with connected():
        programme = await Programme.read() if await Conference.table_exists() else None
        shift = await Rehearsal.shift() if programme else None
    if programme is None:
        raise Ailing("None is loaded. Load one with: plenum conference load FILE")
    zone = ZoneInfo(programme.conference.timezone)
    there = datetime.now(zone)
    if shift:
        return (
            f"“{programme.conference.title}”. A rehearsal is on: for Plenum it is {moment(there + shift)} "
            f"there ({zone.key}). Go back with: plenum clock real"
        )
    return (
        f"“{programme.conference.title}”. It is {clock_time(there)} there ({zone.key}); that should be right."
    )


async def _redis() -> str:
    shared, data = settings().redis_url, settings().data
    url = shared or valkey.running(data)
    if url is None and is_served(data):
        raise Ailing(
            "Plenum runs, but its Valkey does not answer: pages do not follow what happens. Plenum starts it again "
            f"within seconds. If it stays like this, {data / 'valkey' / 'valkey.log'} may say why."
        )
    if url is None:
        return f"none runs now; `plenum run` starts its own ({valkey.program()})."
    async with Redis.from_url(url) as redis:
        try:
            info = await redis.info("server")
        except Exception as error:
            raise Ailing(
                f"The one at REDIS_URL does not answer ({error}). Start it, or unset REDIS_URL."
            ) from error
    return f"answers, version {info.get('valkey_version') or info['redis_version']}."


async def _mail() -> str:
    url = settings().smtp_url
    if url is None:
        return f"SMTP_URL is not set, so mail stays in {settings().outbox}. Set it before delegates register."
    if settings().sender_missing:
        raise Ailing(SENDER_MISSING)
    options = smtp_options(url)
    user, password = options.pop("username"), options.pop("password")
    try:
        async with aiosmtplib.SMTP(**options) as server:
            if user and password:
                await server.login(user, password)
    except Exception as error:
        raise Ailing(
            f"The mail server at SMTP_URL does not take us ({error}). Check address, user and password."
        ) from error
    return "the mail server answers" + (" and knows us." if user else ".")


async def _outbox() -> str:
    async with connected():
        there = await OutgoingMail.table_exists()
        troubled = await OutgoingMail.troubled() if there else []
        queued, last = await OutgoingMail.queued() if there else (0, None)
    if not troubled and last:
        return (
            f"no mail is held up. {queued} wait for their turn, as many were asked for at once: the last leaves in "
            f"{in_words(last - clock.real())}."
        )
    if not troubled:
        return "no mail is held up."
    named = "".join(f"\n  {line}" for line in map(described, troubled[:NAMED]))
    more = f"\n  and {len(troubled) - NAMED} more: plenum mail list" if len(troubled) > NAMED else ""
    raise Ailing(
        f"{len(troubled)} mail{'s have' if len(troubled) > 1 else ' has'} not arrived for certain:{named}{more}\n"
        "  When the reason is mended, send one again with: plenum mail retry NUMBER (or: all)"
    )


def described(mail: Troubled) -> str:
    """A mail that is held up, in one line."""
    fate = {
        MailState.WAITING: "waits, and is tried again",
        MailState.HANDED_OVER: "may have arrived or not, so it is not sent again of itself",
        MailState.FAILED: "refused",
    }[MailState(mail["state"])]
    error = " ".join(mail["error"].split()) or "Plenum ended before the mail server had answered."
    return f"{mail['id']}  {mail['recipient']}  “{mail['subject']}” {fate}: {error}"


async def _address() -> str:
    url = settings().url
    if url.startswith(("http://127.0.0.1", "http://localhost")):
        return f"{url}: good for trying out. Set PLENUM_URL to the address delegates use; mails link to it."
    if not url.startswith("https://"):
        raise Ailing(f"PLENUM_URL is {url}: people sign in over it, so let it be https://.")
    return url


async def _letters() -> str:
    without = scripts_without_letters()
    if not without:
        return "documents can show names in every script."
    named = " and ".join([", ".join(without[:-1]), without[-1]] if len(without) > 1 else without)
    return (
        f"documents show boxes for letters of {named}. If people so called may come, install fonts for "
        "them: on Debian and Ubuntu, fonts-noto-core and fonts-noto-cjk."
    )
