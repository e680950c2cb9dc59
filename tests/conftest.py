"""What tests may ask for. Everything is real: see `support/`.

- `house`: a running Plenum with the Copenhagen conference, on SQLite and then on PostgreSQL, shared by all tests.
- `sqlite_house`: the same, on SQLite only.
- `room`: the panel of the first day, while it is on, in a house on SQLite and then on PostgreSQL.
- `place`: the meeting place of that first house; `dag`, `gia` and `sten` are delegates at it, `mona` moderates it.
- `houses`: opens another house with nothing in it but the conference: `houses(database)`, `houses(PLENUM_NOW=…)`.
- `database`: `"sqlite"`, then `"postgresql"`; a test that asks for it runs once on each.
- `valkey`: a Valkey that may be killed and come back: `houses(REDIS_URL=valkey.url)`.
- `mailbox`: an SMTP server: `houses(SMTP_URL=mailbox.url)`.
- `servers`: mail servers that may be encrypted, ask for a password, stall, refuse or be away.
- `page`: a browser's page on `sqlite_house`; `visit`: more of them: `visit(house, java_script_enabled=False)`.
  Tests with a browser and `async` tests do not live in the same module.
- `cast`: Olga, Mona, Dag, Gia and Sten, at addresses that are new in every test.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support import browser as browsers
from tests.support.cast import Cast
from tests.support.house import SCHOOL_REFUSAL, WHILE_REGISTRATION_IS_OPEN, House
from tests.support.mailbox import Mailbox, MailServer, Servers
from tests.support.mailbox import mailbox as running_mailbox
from tests.support.meeting import Guest, Place, place_in
from tests.support.postgres import Postgres
from tests.support.postgres import postgres as running_postgres
from tests.support.room import DURING_THE_PANEL, Room, room_in
from tests.support.valkey import OurValkey

Houses = Callable[..., House]
Visit = Callable[..., Page]


def pytest_configure(config: pytest.Config) -> None:
    """The tests are never to touch the data or the services of whoever runs them."""
    for name in list(os.environ):
        if name.startswith("PLENUM_") or name in ("DATABASE_URL", "REDIS_URL", "SMTP_URL"):
            del os.environ[name]
    scratch = tempfile.TemporaryDirectory(prefix="plenum-tests-")
    config.add_cleanup(scratch.cleanup)
    os.environ["PLENUM_DATA"] = scratch.name


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def sqlite_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with _open(House(tmp_path_factory.mktemp("sqlite"))) as house:
        yield house


@pytest.fixture(scope="session")
def postgresql_house(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[House]:
    with postgres.database() as url, _open(House(tmp_path_factory.mktemp("postgresql"), url)) as house:
        yield house


@pytest.fixture(scope="session")
def house(database: str, request: pytest.FixtureRequest) -> House:
    house: House = request.getfixturevalue(f"{database}_house")
    return house


@pytest.fixture(scope="session")
def panel_house(
    database: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[House]:
    with contextlib.ExitStack() as opened:
        url = None
        if database == "postgresql":
            url = opened.enter_context(request.getfixturevalue("postgres").database())
        house = House(tmp_path_factory.mktemp("panel"), url, PLENUM_NOW=DURING_THE_PANEL)
        yield opened.enter_context(_open(house))


@pytest.fixture
def room(panel_house: House) -> Iterator[Room]:
    with room_in(panel_house) as room:
        yield room


@pytest.fixture
def place(house: House) -> Iterator[Place]:
    with place_in(house) as place:
        yield place


@pytest.fixture
def dag(place: Place, cast: Cast) -> Guest:
    return place.delegate(cast.dag)


@pytest.fixture
def gia(place: Place, cast: Cast) -> Guest:
    return place.delegate(cast.gia)


@pytest.fixture
def sten(place: Place, cast: Cast) -> Guest:
    return place.delegate(cast.sten)


@pytest.fixture
def mona(place: Place, cast: Cast) -> Guest:
    return place.moderator(cast.mona)


@pytest.fixture
def houses(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Houses]:
    with contextlib.ExitStack() as opened:

        def open_another(database: str = "sqlite", **how: Any) -> House:
            url = None
            if database == "postgresql":
                url = opened.enter_context(request.getfixturevalue("postgres").database())
            return opened.enter_context(_open(House(tmp_path_factory.mktemp(database), url, **how)))

        yield open_another


@contextlib.contextmanager
def _open(house: House, conference: Path | None = SCHOOL_REFUSAL) -> Iterator[House]:
    house.environment.setdefault("PLENUM_NOW", WHILE_REGISTRATION_IS_OPEN)
    if conference:
        house.plenum("conference", "load", conference)
    house.start()
    try:
        yield house
    finally:
        house.stop()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[OurValkey]:
    valkey = OurValkey(tmp_path)
    valkey.start()
    yield valkey
    valkey.stop()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with running_mailbox() as box:
        yield box


@pytest.fixture
def servers() -> Iterator[Servers]:
    with contextlib.ExitStack() as opened:

        def open_one(**how: Any) -> MailServer:
            server = MailServer(**how)
            server.open()
            opened.callback(server.close)
            return server

        yield open_one


# Not for the whole session: while Playwright's synchronous API is at work, no test of this thread can be `async`.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers.browser() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    with contextlib.ExitStack() as visits:

        def visit(house: House, **options: Any) -> Page:
            return visits.enter_context(browsers.visit(browser, house.url, **options))

        yield visit


@pytest.fixture
def page(visit: Visit, sqlite_house: House) -> Page:
    return visit(sqlite_house)


@pytest.fixture
def cast() -> Cast:
    return Cast()
