"""Who takes part at a browser, as its cookie says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from litestar.datastructures import Cookie
from litestar.plugins.htmx import HTMXRequest

from webapp.tables import Participant
from webapp.web.cookies import VOICE, cookie
from webapp.web.sign_ins import proven_of, sign_in_of
from webapp.web.signing import NEVER, VOICE_LIFETIME, Voice


@dataclass(frozen=True)
class Me:
    """Who takes part at this browser."""

    participant: int
    person: int | None
    """None: a guest."""
    name: str = ""
    """As a guest gave it."""
    room: str | None = None
    """The key of a guest who was let in. None: a delegate."""
    is_new: bool = False
    """Whether this browser has no cookie yet that says it."""
    since: datetime = NEVER
    """When the cookie was made, or now: a guest came in then."""

    @property
    def guest(self) -> bool:
        return self.person is None


async def me_at(
    request: HTMXRequest, panel: str, silenced: Mapping[int, datetime], now: datetime
) -> Me | None:
    """Who may ask and vote at this browser: a delegate who has signed in by mail, or a guest of the panel's room.

    A delegate is the same on every device, from the first page on: what they ask and vote on one shows on the others.
    """
    voice = voice_at(request, silenced, now)
    if voice.participant is not None and voice.person is not None:
        return Me(voice.participant, voice.person, since=voice.since)
    if proven := await proven_of(await sign_in_of(request, now)):
        participant = await Participant.join(proven.person, now)
        return Me(participant, proven.person, is_new=True, since=now)
    # Whether guests may take part just now is seen by the statements that write.
    room = voice.rooms.get(panel)
    if voice.participant is None or room is None:
        return None
    return Me(voice.participant, None, voice.name, room, since=voice.since)


def voice_at(request: HTMXRequest, silenced: Mapping[int, datetime], now: datetime) -> Voice:
    """The voice of a browser. `silenced`: since when whose voices are void, by person."""
    voice = Voice.read(request.cookies.get(VOICE, ""), now)
    void = voice.person is not None and voice.since <= silenced.get(voice.person, NEVER)
    return Voice() if void else voice


def voice_cookie(voice: Voice) -> Cookie:
    return cookie(VOICE, voice.signed(), VOICE_LIFETIME)


def known_again(me: Me | None) -> list[Cookie]:
    """The cookie that spares us from looking up a delegate again."""
    return [voice_cookie(Voice(me.participant, me.person, since=me.since))] if me and me.is_new else []
