"""A bare ASGI application that answers every request with the same bytes: what the server itself can do."""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

BODY = b"x" * int(os.environ.get("BENCH_BYTES", "8000"))
HEADERS = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(BODY)).encode())]


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(f"Ready at http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        "bench.baseline:app", workers=int(sys.argv[1]), access_log=False, log_level="warning"
    )
    Multiprocess(config, sockets=[listener]).run()


if __name__ == "__main__":
    main()
