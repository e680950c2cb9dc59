"""In whose name a question is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from webapp.conference.programme import Programme
from webapp.questions.forms import AskForm
from webapp.questions.me import Me
from webapp.refusal import Refused
from webapp.tables import own_name
from webapp.tables.questions.question import Content

GUEST = " (guest)"
"""After the name that a guest signs with: nobody knows whether it is theirs."""


async def name_of(me: Me | None, programme: Programme) -> tuple[str, bool]:
    """What somebody is called, and whether they have said so: else it is proposed to them. Guests say it each time."""
    if me is None or me.person is None:
        return (me.name if me else ""), False
    said = await own_name.said_by(me.person, programme.file)
    return said or await own_name.proposed_to(me.person, programme.file), bool(said)


async def empty_form(me: Me | None, programme: Programme, addressee: str = "") -> AskForm:
    name, said = await name_of(me, programme)
    return AskForm.empty(name, addressee, said=said)


async def let_sign(form: AskForm, me: Me, programme: Programme, now: datetime) -> None:
    """Say in the form where somebody else is called as it is to be signed. What a delegate signs with is their name
    from now on."""
    if form.errors or not form.content.name:
        return
    with form.errors.beside("signed" if form.said else "name"):
        if me.person is not None and not form.said:
            await own_name.say(me.person, form.name, programme.file, now)
        elif await own_name.is_anothers(form.name, programme.file, me.person):
            raise Refused(own_name.ANOTHERS)


def signed(form: AskForm, me: Me) -> Content:
    """What is asked, in the name with which it is signed."""
    content = form.content
    if not me.guest or not content.name:
        return content
    return replace(content, name=f"{content.name.removesuffix(GUEST)}{GUEST}")
