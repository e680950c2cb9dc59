"""Stopping the mails with news: from a link in each of them, or by the mail program itself (RFC 8058)."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template

from webapp.conference.programme import Programme
from webapp.settings import settings
from webapp.tables import Profile
from webapp.web.guards import ONE_CLICK
from webapp.web.rendering import page
from webapp.web.signing import unsubscribe_path, unsubscribing


async def reader_at(token: FromPath[str]) -> str:
    """Whose mails the address of a link stops. Raises NotFoundException when we did not make it."""
    tag = unsubscribing(token)
    if tag is None:
        raise NotFoundException("There is nothing to stop here. Please use the whole link from your mail.")
    return tag


class NewsMailController(Controller):
    path = "/no-more-mail/{token:str}"
    dependencies = {"reader": Provide(reader_at)}  # noqa: RUF012 - as Litestar has it

    @get()
    async def ask(self, programme: NamedDependency[Programme], reader: NamedDependency[str]) -> Template:
        """Shows a button and stops nothing: mail scanners open links."""
        return _page(programme, reader, stopped=False)

    @post(status_code=200, opt={ONE_CLICK: True})
    async def stop(self, programme: NamedDependency[Programme], reader: NamedDependency[str]) -> Template:
        await Profile.stop_mails(reader)
        return _page(programme, reader, stopped=True)


def _page(programme: Programme, reader: str, *, stopped: bool) -> Template:
    address = f"{settings().url}{unsubscribe_path(reader)}"
    return page("meeting_place/news_mail/stop.html", programme=programme, stopped=stopped, page_url=address)
