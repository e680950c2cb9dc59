"""A page of the meeting place, with what stands on each of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar.response import Template

from webapp import clock
from webapp.conference.programme import Programme
from webapp.meeting_place.members import Member
from webapp.meeting_place.views import is_archive
from webapp.settings import settings
from webapp.tables import Contact, Meeting, Notice
from webapp.web.rendering import page

LAST_DAYS = timedelta(days=7)
"""In which every page says how long something can be added."""


async def place_page(
    template: str,
    programme: Programme,
    member: Member,
    *,
    status: int = 200,
    revision: int = 0,
    **context: Any,
) -> Template:
    """A page of the meeting place. `revision`: where something on it is live, that from before it was read."""
    closes_at = programme.conference.meeting_place_closes_at
    return page(
        template,
        status=status,
        archived=is_archive(programme),
        closes_soon=closes_at is not None and clock.now() < closes_at <= clock.now() + LAST_DAYS,
        programme=programme,
        member=member,
        revision=revision or await Meeting.present(),
        unread=(await Notice.unread(member.profile))[member.profile],
        known=(await Contact.numbers_of(member.profile))[member.profile],
        page_url=f"{settings().url}/meeting-place",
        **context,
    )
