"""A small HTTP client that costs little, so that the server is what is measured."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One kept-alive connection; requests go one after another."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=1 << 20)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def get(self, path: str, **headers: str) -> Answer:
        return await self._ask("GET", path, headers, b"")

    async def post(self, path: str, fields: list[tuple[str, str]], **headers: str) -> Answer:
        headers |= {
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "same-origin",
        }
        return await self._ask("POST", path, headers, urlencode(fields).encode())

    async def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self._host}:{self._port}",
            f"Content-Length: {len(body)}",
        ]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = head.split("\r\n")
        fields = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest if line)
        }
        length = int(fields.get("content-length", "0"))
        return Answer(int(first.split()[1]), fields, await self._reader.readexactly(length))
