"""What only those who work on Plenum see."""

from __future__ import annotations

import base64
import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from typing import cast

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template

from webapp.conference.programme import Programme
from webapp.settings import settings
from webapp.web.rendering import page


@dataclass(frozen=True)
class Letter:
    name: str
    to: str
    subject: str
    date: str
    text: str


class DevelopmentController(Controller):
    @get("/outbox")
    async def outbox(self, programme: NamedDependency[Programme]) -> Template:
        """The mails that would have gone out, newest first."""
        files = sorted(settings().outbox.glob("*.eml"), reverse=True)[:100]
        letters = [_letter(file.name, _read(file.name)) for file in files]
        return page("outbox.html", programme=programme, letters=letters, page_url=f"{settings().url}/outbox")

    @get("/outbox/{name:str}")
    async def letter(self, name: FromPath[str]) -> Response[str]:
        """One mail's HTML, as its reader sees it."""
        if name not in {file.name for file in settings().outbox.glob("*.eml")}:
            raise NotFoundException("There is no such mail in the outbox.")
        mail = _read(name)
        html = cast(EmailMessage, mail.get_body(("html",))).get_content()
        for part in mail.walk():
            if cid := part["Content-ID"]:
                picture = base64.b64encode(cast(bytes, part.get_payload(decode=True))).decode()
                address = f"data:{part.get_content_type()};base64,{picture}"
                html = html.replace(f"cid:{cid.strip('<>')}", address)
        return Response(
            html,
            media_type="text/html; charset=utf-8",
            # Mail programs know no style sheets of ours, so mails carry their style in themselves.
            headers={
                "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
            },
        )

    @get("/styleguide")
    async def styleguide(self, programme: NamedDependency[Programme]) -> Template:
        return page("styleguide.html", programme=programme, page_url=f"{settings().url}/styleguide")


def _read(name: str) -> EmailMessage:
    content = (settings().outbox / name).read_bytes()
    return email.message_from_bytes(content, policy=email.policy.default)


def _letter(name: str, message: EmailMessage) -> Letter:
    body = cast(EmailMessage, message.get_body(("plain",)))
    return Letter(name, message["To"], message["Subject"], message["Date"], body.get_content())
