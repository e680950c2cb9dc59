"""Signing in, and what is mailed about an address."""

from __future__ import annotations

import re

import httpx

from tests.support.cast import Person
from tests.support.changes import use_link
from tests.support.house import House
from tests.support.mailbox import text_of
from tests.support.waiting import until

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
CONFIRM = re.compile(r"/address/[\w.-]{40,}")


def sign_in(room: House, client: httpx.Client, person: Person, agent: str = "") -> None:
    """By the link in a mail, as a person does."""
    pattern = r"/sign-in/[\w-]{20,}"

    def links() -> list[str]:
        mails = [mail for mail in room.outbox() if mail["To"] == person.email]
        return [link for mail in mails for link in re.findall(pattern, text_of(mail))]

    before = len(links())
    client.post("/sign-in", data={"email": person.email})
    until(lambda: len(links()) > before)
    # The newest stands last, or not: mails of one instant have no order. The others are used.
    client.headers["User-Agent"] = agent
    answers = [use_link(client, link) for link in links()]
    assert any(answer.status_code == 303 for answer in answers)


def mails_to(house: House, address: str, subject: str = "Your e-mail address") -> list[str]:
    return [
        text_of(mail)
        for mail in house.outbox()
        if mail["To"] == address and str(mail["Subject"]).startswith(subject)
    ]


def confirmation(house: House, address: str) -> str:
    """The link in the latest mail about a change of address to this mailbox."""
    until(lambda: mails_to(house, address))
    [link] = CONFIRM.findall(mails_to(house, address)[-1])
    return str(link)


def everything_about(house: House, *needles: str) -> list[str]:
    """Where in the database one of these words stands."""
    tables = (
        ["SELECT name FROM sqlite_master WHERE type = 'table'"]
        if house.database == "sqlite"
        else ["SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"]
    )
    return [
        f"{table['name']}.{column}"
        for table in house.rows(tables[0])
        for row in house.rows(f'SELECT * FROM "{table["name"]}"')
        for column, value in row.items()
        if any(needle in str(value) for needle in needles)
    ]
