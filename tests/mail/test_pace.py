"""How much of a worker's time goes into writing mails."""

from __future__ import annotations

import asyncio
import time

from webapp.mail.pace import Load


async def test_a_writer_is_told_how_busy_the_loop_is() -> None:
    load = Load()
    await asyncio.sleep(0.1)
    idle = load.since_last()
    began = time.thread_time()
    while time.thread_time() < began + 0.1:
        pass
    busy = load.since_last()
    await asyncio.sleep(0.1)
    assert idle < busy <= 1.01
    assert load.since_last() < busy
