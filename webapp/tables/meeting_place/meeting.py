"""The meeting place as a whole: what counts its changes, and until when anything is added."""

from __future__ import annotations

from datetime import datetime

from piccolo.columns import Integer, Serial
from piccolo.table import Table

from webapp.conference.file import ConferenceFile
from webapp.database.columns import Instant
from webapp.refusal import Refused


class Meeting(Table):
    """The meeting place: one row. `revision` counts its changes, and everything that changes live knows the one it
    changed at.

    The row is locked by whoever changes anything, so revisions become visible in their order: a reader who has seen
    one has seen all before it.
    """

    id: Serial
    revision = Integer(default=0)
    closes_at = Instant(null=True, default=None)
    """From when on nothing is added, as the conference file says."""
    news_sent_at = Instant(null=True, default=None)
    """Until when each was sent by mail what they had not read. Rehearsals keep their own (`Rehearsal`)."""
    foyer = Integer(default=0)
    """How often the address of the foyer’s screen was renewed. Those before open nothing."""

    @classmethod
    async def foyer_renewals(cls) -> int:
        """How often the address of the foyer's screen was renewed."""
        row = await cls.select(cls.foyer).first()
        return int(row["foyer"]) if row else 0

    @classmethod
    async def renew_foyer(cls) -> None:
        """Let only a new address open the foyer's screen."""
        await cls.update({cls.foyer: cls.foyer + 1}, force=True)

    @classmethod
    async def follow(cls, file: ConferenceFile) -> None:
        """Close when the conference file says."""
        await cls.update({cls.closes_at: file.conference.meeting_place_closes_at}, force=True)

    @classmethod
    async def change(cls) -> int:
        """Begin a change within a transaction, and return its revision. Others wait until it is done."""
        rows = await cls.update({cls.revision: cls.revision + 1}, force=True).returning(cls.revision)
        return int(rows[0]["revision"])

    @classmethod
    async def add(cls, now: datetime) -> int:
        """Begin a change within a transaction that adds something, and return its revision.

        Raises Refused once the meeting place is an archive.
        """
        rows = await (
            cls.update({cls.revision: cls.revision + 1})
            .where(cls.closes_at.is_null() | (cls.closes_at > now))
            .returning(cls.revision)
        )
        if not rows:
            raise Refused(
                "The meeting place is an archive now: everything can be read and taken out, and nothing is added."
            )
        return int(rows[0]["revision"])

    @classmethod
    async def present(cls) -> int:
        """The revision of the last change."""
        row = await cls.select(cls.revision).first()
        return int(row["revision"]) if row else 0
