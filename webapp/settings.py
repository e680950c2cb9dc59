"""Everything Plenum reads from its environment, read once."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from webapp.refusal import Refused

SHORTEST_SECRET = 32
"""Characters of a key that nobody guesses."""
OURS_ALONE = 0o700

ADDRESS = "address"


@dataclass(frozen=True)
class Settings:
    """What may differ from one installation to another. Every value has a default that runs."""

    data: Path
    """Data directory: database, Valkey, outbox, secret. PLENUM_DATA, default `var`."""
    database_url: str
    """`sqlite:///path` or `postgresql://…`. DATABASE_URL, default a file in the data directory."""
    redis_url: str | None
    """A shared Redis or Valkey. REDIS_URL; without it `plenum run` starts its own."""
    smtp_url: str | None
    """`smtp://user:password@host:587` (STARTTLS when offered) or `smtps://…`. SMTP_URL; else mail stays in `outbox`."""
    mail_from: str
    """Sender of all mail. PLENUM_MAIL_FROM."""
    sender_missing: bool
    """Whether mail leaves for a server with a sender that is nobody's, since PLENUM_MAIL_FROM is not set."""
    url: str
    """The address people reach Plenum at, without a closing slash. PLENUM_URL, default where `plenum run` listens."""
    development: bool
    """Shows `/outbox` and `/styleguide`. PLENUM_DEV=1, which `plenum run --dev` sets."""
    now: str | None
    """A local time at which to rehearse the conference, from this start on or the first load. PLENUM_NOW."""

    def make_data(self) -> None:
        """Make the data directory. It is this user's alone, and so is whatever this process writes from now on.

        Raises Refused when nothing can be written there.
        """
        os.umask(0o777 & ~OURS_ALONE)
        try:
            self.data.mkdir(OURS_ALONE, parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(f"The data directory {self.data} cannot be made: {error.strerror}.") from error
        with contextlib.suppress(PermissionError):  # somebody else's: the doctor says so
            self.data.chmod(OURS_ALONE)
        if not os.access(self.data, os.W_OK):
            raise Refused(f"The data directory {self.data} may not be written to by this user.")

    def say_address(self) -> None:
        """Tell the commands that are run beside this server at which address it is. Raises Refused on a full disk."""
        try:
            (self.data / ADDRESS).write_text(self.url)
        except OSError as error:
            raise Refused(f"Nothing can be written in {self.data}: {error.strerror}.") from error

    @property
    def secret(self) -> str:
        """The key of all signatures: PLENUM_SECRET, else made on first use and kept in the data directory.

        Raises Refused when there is none that is good.
        """
        given = os.environ.get("PLENUM_SECRET")
        if given and len(given) < SHORTEST_SECRET:
            raise Refused(
                f"PLENUM_SECRET is shorter than {SHORTEST_SECRET} characters. "
                "Leave it unset and Plenum makes a good one."
            )
        return given or _kept_secret(self.data / "secret")

    @property
    def outbox(self) -> Path:
        return self.data / "outbox"

    @property
    def secure(self) -> bool:
        """Whether people come over HTTPS, so that cookies may insist on it."""
        return self.url.startswith("https://")


SENDER_MISSING = (
    "PLENUM_MAIL_FROM is not set, so mail leaves as plenum@localhost, and most servers refuse it. Set it to an address "
    "of yours, such as “Conference <conference@example.org>”."
)


@cache
def settings() -> Settings:
    data = Path(os.environ.get("PLENUM_DATA") or "var").resolve()
    return Settings(
        data=data,
        database_url=os.environ.get("DATABASE_URL") or f"sqlite:///{data / 'plenum.sqlite'}",
        redis_url=os.environ.get("REDIS_URL") or None,
        smtp_url=os.environ.get("SMTP_URL") or None,
        sender_missing=bool(os.environ.get("SMTP_URL") and not os.environ.get("PLENUM_MAIL_FROM")),
        mail_from=os.environ.get("PLENUM_MAIL_FROM") or "Plenum <plenum@localhost>",
        url=(os.environ.get("PLENUM_URL") or _last_address(data) or "http://127.0.0.1:8000").rstrip("/"),
        development=os.environ.get("PLENUM_DEV") == "1",
        now=os.environ.get("PLENUM_NOW") or None,
    )


def _last_address(data: Path) -> str:
    """Where Plenum was last served from this data directory."""
    with contextlib.suppress(OSError):
        return (data / ADDRESS).read_text().strip()
    return ""


@cache
def _kept_secret(path: Path) -> str:
    try:
        if not path.exists():
            _make_secret(path)
        kept = path.read_text().strip()
    except OSError as error:
        raise Refused(f"The secret {path} can be neither read nor made: {error.strerror}.") from error
    if len(kept) < SHORTEST_SECRET:
        raise Refused(
            f"The secret in {path} is {'too short' if kept else 'empty'}: anybody could make tickets and links with "
            "it. Put back the one from your backup. Without one, delete the file and Plenum makes a new secret: "
            "tickets and links in mails that went out before open nothing then."
        )
    return kept


def _make_secret(path: Path) -> None:
    # Written aside and linked, so that it is whole or absent at every instant; of two that are made at once, one stays.
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret-") as aside:
        aside.write(secrets.token_urlsafe(48))
        aside.flush()
        os.fsync(aside.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside.name, path)
