"""Everything Plenum reads from its environment, read once."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from webapp.refusal import Refused


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
    url: str
    """The address people reach Plenum at, without a closing slash. PLENUM_URL."""
    development: bool
    """Shows `/outbox` and `/styleguide`. PLENUM_DEV=1, which `plenum run --dev` sets."""
    now: str | None
    """A local time at which to rehearse the conference, from this start on or the first load. PLENUM_NOW."""

    def make_data(self) -> None:
        """Make the data directory. Raises Refused when nothing can be written there."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(f"The data directory {self.data} cannot be made: {error.strerror}.") from error
        if not os.access(self.data, os.W_OK):
            raise Refused(f"The data directory {self.data} may not be written to by this user.")

    @property
    def secret(self) -> str:
        """The key of all signatures: PLENUM_SECRET, else made on first use and kept in the data directory."""
        return os.environ.get("PLENUM_SECRET") or _kept_secret(self.data / "secret")

    @property
    def outbox(self) -> Path:
        return self.data / "outbox"

    @property
    def secure(self) -> bool:
        """Whether people come over HTTPS, so that cookies may insist on it."""
        return self.url.startswith("https://")


@cache
def settings() -> Settings:
    data = Path(os.environ.get("PLENUM_DATA") or "var").resolve()
    return Settings(
        data=data,
        database_url=os.environ.get("DATABASE_URL") or f"sqlite:///{data / 'plenum.sqlite'}",
        redis_url=os.environ.get("REDIS_URL") or None,
        smtp_url=os.environ.get("SMTP_URL") or None,
        mail_from=os.environ.get("PLENUM_MAIL_FROM") or "Plenum <plenum@localhost>",
        url=(os.environ.get("PLENUM_URL") or "http://127.0.0.1:8000").rstrip("/"),
        development=os.environ.get("PLENUM_DEV") == "1",
        now=os.environ.get("PLENUM_NOW") or None,
    )


@cache
def _kept_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes that start at once, one writes and the other reads what it wrote.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secret := secrets.token_urlsafe(48))
    return secret
