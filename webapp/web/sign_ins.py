"""Who is signed in at the browser that asks, and the gates for those who are not."""

from __future__ import annotations

from datetime import datetime

from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.plugins.htmx import HTMXRequest

from webapp.tables import Person, SignIn
from webapp.tables.people import SIGN_IN_LIFETIME
from webapp.web.browsers import describe
from webapp.web.cookies import SIGN_IN, cookie


async def sign_in_of(request: HTMXRequest, now: NamedDependency[datetime]) -> SignIn | None:
    """Who is signed in at this browser, if anyone."""
    key = request.cookies.get(SIGN_IN)
    return await SignIn.with_key(key, now) if key else None


async def proven_of(sign_in: NamedDependency[SignIn | None]) -> SignIn | None:
    """Who is signed in and has opened a mail of ours. A browser that has only booked is nobody's yet."""
    return sign_in if sign_in is not None and sign_in.proven else None


async def owner_of(proven: NamedDependency[SignIn | None]) -> SignIn:
    """Whose account this is."""
    return insist(proven, "Please sign in by mail first: this is for the owner of the address only.")


async def organiser_of(proven: NamedDependency[SignIn | None]) -> SignIn:
    """An organiser, whatever they organise. Raises NotFoundException for all others."""
    if proven is None or not await Person.is_organiser(proven.person):
        raise NotFoundException("This page is for organisers. Please sign in with the address of one.")
    return proven


def insist(proven: SignIn | None, reason: str) -> SignIn:
    """Let nobody pass who has not signed in by mail. Raises NotAuthorizedException, which leads to the sign-in."""
    if proven is None:
        raise NotAuthorizedException(reason)
    return proven


async def begin_sign_in(
    request: HTMXRequest, person: int, now: datetime, booking: int | None = None
) -> Cookie:
    """Sign this browser in and return its cookie. The key is always a fresh one, and the one before it ends."""
    if before := request.cookies.get(SIGN_IN):
        await SignIn.end(before)
    browser = describe(request.headers.get("user-agent", ""))
    return cookie(SIGN_IN, await SignIn.begin(person, now, booking, browser), SIGN_IN_LIFETIME)
