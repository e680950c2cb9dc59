"""Signing in tells nobody who is known here."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Callable

from tests.conftest import Houses
from tests.support.account import mails_to
from tests.support.booking import book
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.mailbox import Servers
from tests.support.waiting import until
from webapp.mail.post import CARRIERS


def spread_apart(one: Callable[[], object], other: Callable[[], object], times: int) -> float:
    """How surely one takes another time than the other: the z of a rank test, which does not mind a busy machine."""
    order = [True, False] * times
    random.shuffle(order)  # so that what one leaves behind burdens both
    taken: list[tuple[float, bool]] = []
    for first in order:
        began = time.perf_counter()
        (one if first else other)()
        taken.append((time.perf_counter() - began, first))
    rank_sum = sum(rank for rank, (_, first) in enumerate(sorted(taken), start=1) if first)
    u = rank_sum - times * (times + 1) / 2
    return (u - times * times / 2) / math.sqrt(times * times * (2 * times + 1) / 12)


def test_signing_in_takes_as_long_whether_the_address_is_known_or_not(
    houses: Houses, servers: Servers, database: str, cast: Cast
) -> None:
    server = servers()
    server.stalls_at = "RCPT"
    house = houses(database, SMTP_URL=server.url)
    times = 60
    for number in range(times):
        house.rows(
            "INSERT INTO person (email, name, organiser, since) VALUES (?, '', ?, ?)",
            f"{number}.{cast.dag.email}",
            False,
            "2017-05-02T10:00:00+00:00",
        )
    known, unknown, more = iter(range(times)), iter(range(times)), itertools.count()
    with house.client() as client:

        def ask(address: str, times: int = 1) -> None:
            for _ in range(times):
                assert client.post("/sign-in", data={"email": address}).status_code == 200

        # All who carry mails are held at the mail server, so that nothing but the requests is measured.
        for number in range(CARRIERS):
            ask(f"{number}.{cast.dag.email}")
        until(lambda: server.waiting == CARRIERS)
        z = spread_apart(
            lambda: ask(f"{next(known)}.{cast.dag.email}"),
            lambda: ask(f"{next(unknown)}.{cast.sten.email}"),
            times,
        )
        assert abs(z) < 5, "which by chance happens once in two million times"
        # And it would be noticed if one did more than the other, such as all of it twice.
        control = spread_apart(
            lambda: ask(f"{next(more)}.{cast.gia.email}"),
            lambda: ask(f"{next(more)}.{cast.gia.email}", times=2),
            times,
        )
        assert abs(control) > 3, "which by chance happens once in four hundred times"
        rows = house.rows(
            "SELECT recipient FROM outgoing_mail WHERE state <> 'sent' AND template = 'sign_in'"
        )
        asked = [row["recipient"] for row in rows]
        for name in (cast.dag.email, cast.sten.email):
            assert sum(address.endswith(name) for address in asked) >= times, (
                "the same is left to be done later"
            )


def test_a_link_is_sent_to_nobody_who_is_not_known_here(house: House, cast: Cast) -> None:
    with house.client() as client:
        book(client, cast.dag)
        for person in (cast.sten, cast.dag):
            client.post("/sign-in", data={"email": person.email})
    until(lambda: mails_to(house, cast.dag.email, "Your sign-in link"))
    of_sten = "SELECT id FROM outgoing_mail WHERE recipient = ?"
    until(lambda: not house.rows(of_sten, cast.sten.email))
    assert mails_to(house, cast.sten.email, "") == []
