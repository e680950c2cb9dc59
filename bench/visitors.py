"""Those who read and book in `python -m bench`, each process some of them."""

from __future__ import annotations

import asyncio
import re
import time
from html import unescape
from ipaddress import ip_address

from bench.client import Connection
from bench.load import Taken

HOMES = ip_address("198.18.0.0")
"""The first address that bookings come from, in the range that is set aside for measuring (RFC 2544)."""


async def read_pages(url: str, seconds: float, readers: int) -> Taken:
    """One process: so many readers of one page."""
    taken: list[float] = []
    ends = time.perf_counter() + seconds
    base, path = re.match(r"(https?://[^/]+)(.*)", url).groups()  # type: ignore[union-attr]

    async def read() -> None:
        async with Connection(base) as connection:
            while (at := time.perf_counter()) < ends:
                answer = await connection.get(path, Accept_Encoding="br")
                assert answer.status == 200, answer.status
                taken.append(time.perf_counter() - at)

    await asyncio.gather(*(read() for _ in range(readers)))
    return {"page": taken}


async def buy(url: str, buyers: range, seconds: float) -> Taken:
    """One process: each buyer books again and again. Confirming and looking at the booking are what is timed."""
    confirmed: list[float] = []
    looked: list[float] = []
    ends = time.perf_counter() + seconds

    async def one(buyer: int) -> None:
        async with Connection(url) as connection:
            number = 0
            while time.perf_counter() < ends:
                home = {"X_Forwarded_For": str(HOMES + (buyer << 10 | number))}
                number += 1
                form = (await connection.get("/register", **home)).body.decode()
                fields = filled_in(form, f"{buyer}.{number}")
                priced = (await connection.post("/register/price", fields, **home)).body.decode()
                fields.append(("price_seen", hidden(priced, "price_seen")))
                at = time.perf_counter()
                answer = await connection.post("/register", [*fields, ("action", "book")], **home)
                confirmed.append(time.perf_counter() - at)
                assert answer.status == 303, f"{answer.status}: {answer.body.decode()[:2000]}"
                at = time.perf_counter()
                booking = await connection.get(answer.headers["location"], **home)
                looked.append(time.perf_counter() - at)
                assert booking.status == 200, booking.status

    await asyncio.gather(*(one(buyer) for buyer in buyers))
    return {"booking": confirmed, "page": looked}


def filled_in(form: str, who: str) -> list[tuple[str, str]]:
    return [
        ("form_token", hidden(form, "form_token")),
        ("country", "SE"),
        ("delegates.0.name", f"Dag Delegat {who}"),
        ("delegates.0.email", f"dag.{who}@skola.example"),
        ("delegates.0.organisation", "Västra skolan"),
        ("delegates.0.seminar.seminar-1", "seminar-1a"),
        ("delegates.0.workshop", "yes"),
        ("delegates.0.nights", "2017-11-06"),
        ("payer.name", "Dag Delegat"),
        ("payer.email", f"dag.{who}@skola.example"),
        ("payer.address", "Storgatan 1, 411 01 Göteborg"),
        ("consent", "yes"),
    ]


def hidden(html: str, name: str) -> str:
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', html)
    value = tag and re.search(r'value="([^"]*)"', tag[0])
    assert value, f"no hidden field {name}"
    return unescape(value[1])
