"""A mail server that counts what it is given and throws it away: `python -m bench.sink`."""

from __future__ import annotations

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session


class Counter:
    """Says to `VRFY 100` how many letters have come, and how many invoices were in them, once there are 100."""

    def __init__(self) -> None:
        self.letters = self.invoices = 0
        self.came = asyncio.Condition()

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.letters += 1
        self.invoices += envelope.content.lower().count(b"content-type: application/pdf")
        async with self.came:
            self.came.notify_all()
        return "250 OK"

    async def handle_VRFY(self, _: SMTP, __: Session, ___: Envelope, least: str) -> str:  # noqa: N802
        async with self.came:
            await self.came.wait_for(lambda: self.letters >= int(least))
        return f"252 {self.letters} {self.invoices}"


async def counted(url: str, least: int = 0) -> tuple[int, int]:
    """How many letters and invoices a counter at this address was given, once these are at `least` so many letters."""
    host, _, port = url.removeprefix("smtp://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    await reader.readline()
    writer.write(b"HELO bench\r\n")
    await reader.readline()
    writer.write(f"VRFY {least}\r\n".encode())
    _, letters, invoices = (await reader.readline()).split()
    writer.close()
    return int(letters), int(invoices)


async def main() -> None:
    counter = Counter()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(counter, data_size_limit=None), "127.0.0.1", 0
    )
    print(f"Ready at smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
