"""What the machine can do at best: bare servers that send the same bytes, and know nothing else.

- `pages`: an ASGI application that answers every request with the same body;
- `asgi`: one that hands whatever is posted to all who listen, from one shared list;
- `asyncio`: the same without a framework or a server, straight to the sockets.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from typing import Any

import uvicorn
import uvloop
from uvicorn.supervisors import Multiprocess

BODY = os.environ.get("BENCH_BODY", "").encode()
STREAM = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]


async def pages(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


class Streams:
    """Everybody who listens to `asgi`, and what has been said."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.waiting: list[asyncio.Future[None]] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["method"] == "POST":
            self.said.append(message(len(self.said) + 1))
            waiting, self.waiting = self.waiting, []
            for one in waiting:
                if not one.done():
                    one.set_result(None)
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": STREAM})
        place = len(self.said)
        await send({"type": "http.response.body", "body": first(place), "more_body": True})
        while True:
            while place == len(self.said):
                news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self.waiting.append(news)
                await news
            missing, place = b"".join(self.said[place:]), len(self.said)
            await send({"type": "http.response.body", "body": missing, "more_body": True})


class Plain(asyncio.Protocol):
    """One connection to `asyncio`."""

    said = 0
    listening: set[asyncio.Transport] = set()  # noqa: RUF012 - all connections share it

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        self.listening.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"POST"):
            Plain.said += 1
            event = message(Plain.said)
            for transport in self.listening:
                transport.write(event)
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        elif data.startswith(b"GET"):
            self.transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + first(self.said)
            )
            self.listening.add(self.transport)


def first(number: int) -> bytes:
    """What somebody is told who comes after so many messages."""
    return b"event: all\nid: %d\ndata: \n\n" % number


def message(number: int) -> bytes:
    return b"event: cards\nid: %d\ndata: %b\n\n" % (number, BODY)


async def _live(receive: Any, send: Any) -> None:
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


async def _plain(listener: socket.socket) -> None:
    server = await asyncio.get_running_loop().create_server(Plain, sock=listener, backlog=4096)
    await server.serve_forever()


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(f"Ready at http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    quiet: dict[str, Any] = {"access_log": False, "log_level": "warning"}
    match sys.argv[1]:
        case "pages":
            Multiprocess(uvicorn.Config("bench.baseline:pages", workers=2, **quiet), sockets=[listener]).run()
        case "asgi":
            uvicorn.Server(uvicorn.Config(Streams(), backlog=4096, timeout_graceful_shutdown=1, **quiet)).run(
                sockets=[listener]
            )
        case "asyncio":
            uvloop.run(_plain(listener))


if __name__ == "__main__":
    main()
