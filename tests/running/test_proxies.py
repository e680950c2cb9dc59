"""Behind nginx and Caddy, real ones, with the settings that deploy/ gives: streams flow, forms work, restarts pass."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import Houses
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.listeners import Listeners
from tests.support.room import DURING_THE_PANEL, PANEL, Room, room_in
from tests.support.waiting import until
from webapp.running.valkey import companion

PAGES = 400
DEPLOY = Path("deploy")


def free_port() -> int:
    with socket.socket() as looking:
        looking.bind(("127.0.0.1", 0))
        return int(looking.getsockname()[1])


def nginx(folder: Path, port: int, house_port: int) -> list[str]:
    """The command that runs the site of deploy/nginx.conf, but for its name and certificate."""
    text = (DEPLOY / "nginx.conf").read_text()
    settings = re.findall(r"^# +(worker_rlimit_nofile .*|events .*)$", text, re.MULTILINE)
    assert len(settings) == 2
    site = re.sub(r"^ *(ssl_|http2).*\n", "", text, flags=re.MULTILINE)
    site = site.replace("listen 443 ssl", f"listen 127.0.0.1:{port}").replace(":8000", f":{house_port}")
    scratch = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\nuser root;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        + "\n".join(settings)
        + f"\nhttp {{\naccess_log off;\n{scratch}{site}}}\n"
    )
    return ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]


def caddy(folder: Path, port: int, house_port: int) -> list[str]:
    """The same for deploy/Caddyfile."""
    text = (DEPLOY / "Caddyfile").read_text()
    site = text.replace("conference.example.org", f"http://127.0.0.1:{port}")
    (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + site.replace(":8000", f":{house_port}"))
    return ["caddy", "run", "--config", str(folder / "Caddyfile")]


@pytest.fixture(params=[nginx, caddy])
def proxied(request: pytest.FixtureRequest, houses: Houses, tmp_path: Path) -> Iterator[tuple[House, str]]:
    """A house, and the address at which the proxy serves it."""
    command = request.param.__name__
    if not shutil.which(command):
        pytest.skip(f"There is no {command} on this machine.")
    house_port, port = free_port(), free_port()
    house = houses(port=house_port, PLENUM_NOW=DURING_THE_PANEL, PLENUM_URL=f"http://127.0.0.1:{port}")
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    with companion(request.param(tmp_path, port, house_port), env=environment):
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return httpx.get(f"{url}/health", trust_env=False).is_success
            return False

        until(answers)
        yield house, url


async def test_pages_follow_at_once_forms_work_and_a_restart_passes(
    proxied: tuple[House, str], cast: Cast
) -> None:
    house, url = proxied
    with room_in(house) as room:
        mona = room.moderator(cast.mona)
        first = room.listed(mona, "Told through a proxy?")
        ask_as_a_browser(room, url)
        async with Listeners(url, f"/panels/{PANEL}/live") as pages:
            await pages.open(PAGES)
            assert all(set(page.page.cards) == {first} for page in pages.all)
            second = await asyncio.to_thread(room.listed, mona, "And this one, without delay?")
            # A proxy that gathered what it passes on would hold a card for ever: it is far smaller than a buffer.
            await pages.until(lambda page: second in page.cards)
            await asyncio.to_thread(house.stop)
            await asyncio.to_thread(house.start)
            mona.client.base_url = house.url
            third = await asyncio.to_thread(room.listed, mona, "After the restart?")
            await pages.until(lambda page: set(page.cards) == {first, second, third}, within=30)
            assert not pages.went_back


def ask_as_a_browser(room: Room, url: str) -> None:
    """Without Sec-Fetch-Site, as browsers do where the address is not a safe one: what counts is then the Origin."""
    with httpx.Client(base_url=url, headers={"Origin": url}, trust_env=False) as gia:
        joined = gia.post(f"/panels/{PANEL}/guests", data={"room_code": room.code})
        assert joined.status_code == 303, joined.text
        assert gia.post(f"/panels/{PANEL}/questions", data={"text": "Through the door?"}).status_code == 303
        gia.headers["Origin"] = "http://elsewhere.example"
        assert gia.post(f"/panels/{PANEL}/questions", data={"text": "By the window?"}).status_code == 403
