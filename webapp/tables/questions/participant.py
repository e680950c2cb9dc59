"""Who asks and votes."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from piccolo.columns import Boolean, ForeignKey, OnDelete, Serial, Varchar
from piccolo.table import Table

from webapp.conference.contact import organisers
from webapp.database.columns import Instant
from webapp.refusal import Refused
from webapp.tables.people import Person
from webapp.tables.questions.panel import Panel

BIRDS = """Avocet Bittern Bluethroat Brambling Bunting Chaffinch Crane Crossbill Curlew Dipper Dotterel Dunlin Eider
Fieldfare Firecrest Gannet Godwit Goldcrest Goldeneye Grebe Greenshank Heron Hobby Hoopoe Jackdaw Kestrel Kingfisher
Kittiwake Knot Lapwing Linnet Magpie Mallard Merlin Nightjar Nuthatch Osprey Ouzel Oystercatcher Pintail Pipit Plover
Puffin Redpoll Redshank Redstart Redwing Robin Ruff Sanderling Shearwater Shelduck Shrike Siskin Skylark Snipe Starling
Stonechat Swallow Swift Teal Tern Treecreeper Turnstone Twite Wagtail Warbler Waxwing Wheatear Whimbrel Whinchat Wigeon
Woodlark Wren Yellowhammer""".split()  # noqa: SIM905 - it is read more easily so


class Participant(Table):
    """Somebody who asks and votes: a delegate, or a guest's telephone. Nothing here is ever shown with a question
    but the name they chose to sign it with, and to moderators the pseudonym of those who did not.
    """

    id: Serial
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.cascade, unique=True)
    name = Varchar(length=200)
    """As a guest gave it."""
    pseudonym = Varchar(length=40, unique=True)
    muted = Boolean(default=False)
    since = Instant()

    @classmethod
    async def join(cls, person: int, now: datetime) -> int:
        """Let a person take part, who may do so already. Returns the participant."""
        while True:
            row = await cls.select(cls.id).where(cls.person == person).first()
            if row is not None:
                return int(row["id"])
            await cls._add(now, person=person)

    @classmethod
    async def join_as_guest(
        cls, panel: str, room_code: str, name: str, now: datetime, known: int | None
    ) -> tuple[int, str] | None:
        """Let a guest take part who has typed the room's code. `known`: the participant they are in another panel.

        Returns the participant, and the key that they keep; None when this is not the code or guests are not let in.
        """
        let_in = (
            await Panel.select(Panel.guest_key)
            .where(
                Panel.slug == panel,
                Panel.withdrawn.eq(False),
                Panel.guests.eq(True),
                Panel.room_code == room_code,
            )
            .first()
        )
        if let_in is None:
            return None
        if known is not None:
            await cls.update({cls.name: name}).where(cls.id == known)
            return known, let_in["guest_key"]
        while (participant := await cls._add(now, name=name)) is None:
            pass  # somebody has this pseudonym already
        return participant, let_in["guest_key"]

    @classmethod
    async def refuse_if_muted(cls, participant: int) -> None:
        """Raises Refused for somebody whom a moderator has muted. To be called within a change of the panel."""
        asker = await cls.select(cls.muted).where(cls.id == participant).first()
        if asker is None or asker["muted"]:
            raise Refused(f"A moderator has asked you to pause. Please speak to {organisers()}.")

    @classmethod
    async def refuse_if_erased(cls, participant: int) -> None:
        """Raises Refused for a delegate who has been erased: what they sign now would keep their name.

        To be called within the transaction that writes it, so that an erasure at this moment waits for it.
        """
        if not await cls.exists().where(cls.id == participant, cls.person.is_not_null()):
            raise Refused("You are signed out here. Please sign in again to take part.")

    @classmethod
    async def _add(cls, now: datetime, **who: Any) -> int | None:
        pseudonym = f"{secrets.choice(BIRDS)} {secrets.randbelow(9000) + 1000}"
        rows = (
            await cls.insert(cls(pseudonym=pseudonym, since=now, **who))
            .on_conflict(action="DO NOTHING")
            .returning(cls.id)
        )
        return int(rows[0]["id"]) if rows else None
