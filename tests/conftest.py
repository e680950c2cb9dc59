"""What tests may ask for. Everything is real: see `support/`.

- `house`: a running Plenum with the Copenhagen conference, on SQLite and then on PostgreSQL, shared by all tests.
- `sqlite_house`, `postgresql_house`: the same, on this one only.
- `room`: the panel of the first day, while it is on, in a house on SQLite and then on PostgreSQL.
- `place`: the meeting place of that first house; `dag`, `gia` and `sten` are delegates at it, `mona` moderates it.
- `houses`: opens another house with nothing in it but the conference: `houses(database)`, `houses(PLENUM_NOW=…)`,
  `houses(conference=file)`. It has one worker, unless two are the point: `houses(workers=2)`; and it is started warm
  (`support/warm.py`), unless the start is the point: `houses(cold=True)`.
- `lasting_houses`: the same for fixtures of a module, whose tests share what they open.
- `loaded`: the conference in a database, to be copied under an installation that does not run.
- `database`: `"sqlite"`, then `"postgresql"`; a test that asks for it, or for what is on it, runs once on each. Marked
  `one_database`, since what it is about is decided before any database is asked, it runs on one of them by turns, and
  on each with `bin/test --both`.
- `valkey`: a Valkey that may be killed and come back: `houses(REDIS_URL=valkey.url)`.
- `mailbox`: an SMTP server: `houses(SMTP_URL=mailbox.url)`.
- `servers`: mail servers that may be encrypted, ask for a password, stall, refuse or be away.
- `page`: a browser's page on `sqlite_house`; `visit`: more of them: `visit(house, java_script_enabled=False)`.
  Tests with a browser and `async` tests do not live in the same module.
- `cast`: Olga, Mona, Dag, Gia and Sten, at addresses that are new in every test.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support import browser as browsers
from tests.support import warm
from tests.support.cast import Cast
from tests.support.house import SCHOOL_REFUSAL, WHILE_REGISTRATION_IS_OPEN, House
from tests.support.loaded import Loaded
from tests.support.mailbox import Mailbox, MailServer, Servers
from tests.support.mailbox import mailbox as running_mailbox
from tests.support.meeting import Guest, Place, place_in
from tests.support.postgres import Postgres
from tests.support.room import DURING_THE_PANEL, Room, room_in
from tests.support.valkey import OurValkey

Houses = Callable[..., House]
Visit = Callable[..., Page]
DATABASES = ["sqlite", "postgresql"]


def pytest_configure(config: pytest.Config) -> None:
    """The tests are never to touch the data or the services of whoever runs them."""
    for name in list(os.environ):
        if name.startswith("PLENUM_") or name in ("DATABASE_URL", "REDIS_URL", "SMTP_URL"):
            del os.environ[name]
    scratch = tempfile.TemporaryDirectory(prefix="plenum-tests-")
    config.add_cleanup(scratch.cleanup)
    os.environ["PLENUM_DATA"] = scratch.name
    config.add_cleanup(warm.close)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--both", action="store_true", help="run every test on both databases that can be run on either"
    )


@pytest.hookimpl(trylast=True)  # after pytest has put together what shares a database
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the other database of what is marked `one_database`; let the modules that take longest begin."""
    named = any("::" in argument for argument in config.args)
    here: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    weights: Counter[Path] = Counter()
    for item in items:
        out = not named and not config.getoption("both") and _is_left_out(item)
        (left_out if out else here).append(item)
        weights[item.path] += _weight(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = sorted(here, key=lambda item: -weights[item.path])


def _is_left_out(item: pytest.Item) -> bool:
    """Whether it is the turn of the other database. The name of a test decides, so that each has about half."""
    if not (isinstance(item, pytest.Function) and item.get_closest_marker("one_database")):
        return False
    if (database := str(item.callspec.params.get("database"))) not in DATABASES:
        return False
    name = f"{item.originalname}[{item.callspec.id.replace(database, '')}]"
    return database != DATABASES[zlib.crc32(name.encode()) % 2]


def _weight(item: pytest.Item) -> int:
    """About how long a test takes, in tenths of a second of a processor."""
    asks_for = set(getattr(item, "fixturenames", ()))
    return 15 if "browser" in asks_for else 10 if "houses" in asks_for else 1


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with contextlib.closing(Postgres()) as server:
        yield server


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Loaded]:
    with contextlib.closing(Loaded(tmp_path_factory.mktemp("loaded"), postgres)) as loaded:
        yield loaded


@pytest.fixture(scope="session", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def sqlite_house(shared_houses: Houses) -> House:
    return shared_houses("sqlite", workers=2)


@pytest.fixture(scope="session")
def postgresql_house(shared_houses: Houses) -> House:
    return shared_houses("postgresql", workers=2)


@pytest.fixture(scope="session")
def house(shared_houses: Houses, database: str) -> House:
    return shared_houses(database, workers=2)


@pytest.fixture(scope="session")
def panel_house(shared_houses: Houses, database: str) -> House:
    return shared_houses(database, workers=2, PLENUM_NOW=DURING_THE_PANEL)


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
def houses(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, loaded: Loaded) -> Iterator[Houses]:
    with _houses(tmp_path_factory, postgres, loaded) as houses:
        yield houses


@pytest.fixture(scope="module")
def lasting_houses(
    tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, loaded: Loaded
) -> Iterator[Houses]:
    with _houses(tmp_path_factory, postgres, loaded) as houses:
        yield houses


@pytest.fixture(scope="session")
def shared_houses(
    tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, loaded: Loaded
) -> Iterator[Houses]:
    with _houses(tmp_path_factory, postgres, loaded) as houses:
        yield functools.cache(houses)  # one of each kind


@contextlib.contextmanager
def _houses(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, loaded: Loaded) -> Iterator[Houses]:
    with contextlib.ExitStack() as opened:

        def open_another(database: str = "sqlite", conference: Path = SCHOOL_REFUSAL, **how: Any) -> House:
            folder, url = tmp_path_factory.mktemp(database), None
            copied = conference == SCHOOL_REFUSAL
            if database == "postgresql":
                url = opened.enter_context(postgres.database(loaded.postgresql if copied else None))
            elif copied:
                shutil.copy(loaded.sqlite, folder)
            house = House(folder, url, **{"PLENUM_NOW": WHILE_REGISTRATION_IS_OPEN} | how)
            if not copied:
                house.plenum("conference", "load", conference)
            house.start()
            opened.callback(house.kill)  # asked to close it would take longer
            return house

        yield open_another


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
