"""The folder that stands in for a mail server where none is set."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Collection
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path


def put(folder: Path, name: str, message: EmailMessage) -> None:
    """Write a mail into the folder under this name."""
    folder.mkdir(parents=True, exist_ok=True)
    # Written under another name first, so that a reader of the folder never meets half a mail.
    unfinished = folder / f".{name}"
    unfinished.write_bytes(message.as_bytes())
    unfinished.rename(folder / name)


def take_out(folder: Path, names: Collection[str], words: Collection[str]) -> None:
    """Remove those of these mails in which one of these addresses or names stands, whoever they are to."""
    known = "|".join(re.escape(" ".join(word.split())) for word in words if word.strip())
    stands = re.compile(rf"(?<!\w)(?:{known})(?!\w)", re.IGNORECASE)
    for file in map(folder.joinpath, names):
        if file.exists() and stands.search(_text_of(file)):
            file.unlink(missing_ok=True)


def _text_of(file: Path) -> str:
    message = BytesParser(policy=email.policy.default).parsebytes(file.read_bytes())
    text = message.get_body(("plain",))
    return " ".join([str(message["To"]), *(text.get_content() if text else "").split()])
