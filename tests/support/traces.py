"""What lies on the disk, whichever program would read it."""

from __future__ import annotations

from tests.support.house import House


def on_disk(house: House, *words: str) -> list[str]:
    """The files under the data directory in whose bytes one of these words stands, and mails that say one."""
    found = [
        path.name
        for path in house.data.rglob("*")
        if path.is_file() and any(word.encode().lower() in path.read_bytes().lower() for word in words)
    ]
    said = [
        str(mail["Subject"])
        for mail in house.outbox()
        if any(
            word.lower()
            in " ".join(
                str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"
            ).lower()
            for word in words
        )
    ]
    return found + said
