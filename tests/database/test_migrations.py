"""Migrations make what the tables declare, on both databases, and go on from there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.house import House
from tests.support.postgres import Postgres
from webapp.database.migrating import ANOTHER_VERSIONS

ROOT = Path(__file__).parents[2]
DECLARE = """
import asyncio
from piccolo.table import create_db_tables
from webapp.database.connected import connected
from webapp.piccolo_app import APP_CONFIG

async def declare():
    async with connected():
        await create_db_tables(*APP_CONFIG.table_classes)

asyncio.run(declare())
"""
BESIDE_THE_TABLES = {
    "sqlite": {
        "table entry_words",
        "trigger entry_is_put",
        "trigger entry_is_removed",
        "trigger entry_is_changed",
    },
    "postgresql": {"column entry.vector", "index entry_vector"},
}
"""What only migrations make, since Piccolo has no words for it."""
POSTGRES_FACTS = """
    SELECT 'column ' || attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod)
        || CASE WHEN attnotnull THEN ' not null' ELSE '' END || ' ' || coalesce(pg_get_expr(adbin, adrelid), '') AS fact
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT 'constraint ' || conrelid::regclass || '.' || conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype != 'n'
    UNION ALL SELECT 'index ' || indexname || ' ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'trigger ' || tgname || ' ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
"""


@pytest.fixture
def empty(database: str, tmp_path: Path, postgres: Postgres) -> Iterator[Callable[[str], House]]:
    """Houses that nobody has opened yet, each with a database of its own in which there is nothing."""
    with ExitStack() as opened:

        def new(name: str) -> House:
            url = None
            if database == "postgresql":
                url = opened.enter_context(postgres.database())
            (tmp_path / name).mkdir()
            return House(tmp_path / name, url)

        yield new


@pytest.fixture
def migrated(empty: Callable[[str], House]) -> House:
    house = empty("migrated")
    house.plenum("clock")
    return house


@pytest.fixture
def declared(empty: Callable[[str], House]) -> House:
    house = empty("declared")
    subprocess.run([sys.executable, "-c", DECLARE], env=house.environment, check=True)
    return house


def facts(house: House) -> set[str]:
    """All that is true of the tables in a database: a kind, a name, and what it is."""
    found = set(_sqlite_facts(house) if house.database == "sqlite" else _postgres_facts(house))
    return {fact for fact in found if not re.match(r"\w+ migration(_pkey)?\b", fact)}  # Piccolo's own


def _postgres_facts(house: House) -> Iterator[str]:
    yield from (row["fact"] for row in house.rows(POSTGRES_FACTS))


def _sqlite_facts(house: House) -> Iterator[str]:
    for row in house.rows("SELECT type, name, sql FROM sqlite_master WHERE sql NOT NULL"):
        kind, name, sql = row["type"], row["name"], " ".join(row["sql"].split())
        if kind != "table" or sql.startswith("CREATE VIRTUAL"):
            yield f"{kind} {name} {sql}"
        elif not name.startswith("entry_words_"):  # SQLite's own, of the virtual table
            yield from _facts_of_sqlite_table(house, name, sql)


def _facts_of_sqlite_table(house: House, table: str, sql: str) -> Iterator[str]:
    for column in house.rows(f"SELECT * FROM pragma_table_info('{table}')"):
        of = " ".join(str(column[name]) for name in ("type", "notnull", "dflt_value", "pk"))
        yield f"column {table}.{column['name']} {of}"
    for key in house.rows(f"SELECT * FROM pragma_foreign_key_list('{table}')"):
        of = " ".join(key[name] for name in ("table", "to", "on_delete", "on_update"))
        yield f"key {table}.{key['from']} {of}"
    for index in house.rows(f"SELECT * FROM pragma_index_list('{table}') WHERE origin = 'u'"):
        columns = house.rows(f"SELECT name FROM pragma_index_info('{index['name']}') ORDER BY seqno")
        yield f"unique {table} {[column['name'] for column in columns]}"
    for name, rule in re.findall(r"CONSTRAINT (\w+) ((?:CHECK|UNIQUE) \([^)]*\))", sql):
        yield f"constraint {table}.{name} {rule}"


def named(found: set[str]) -> set[str]:
    """Their kinds and names alone."""
    return {" ".join(fact.split()[:2]) for fact in found}


def test_migrations_make_the_tables_as_they_are_declared_and_what_piccolo_has_no_words_for(
    migrated: House, declared: House, database: str
) -> None:
    assert facts(declared) - facts(migrated) == set()
    assert named(facts(migrated) - facts(declared)) == BESIDE_THE_TABLES[database]
    assert migrated.rows("SELECT revision FROM meeting") == [{"revision": 0}]


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ("ALTER TABLE person ADD COLUMN shoe_size INTEGER", "column person.shoe_size"),
        ("CREATE UNIQUE INDEX one_name ON person (name)", "index one_name"),
    ],
)
def test_a_difference_is_seen(declared: House, change: str, seen: str) -> None:
    before = facts(declared)
    declared.rows(change)
    assert named(facts(declared) - before) == {seen}


def test_a_database_of_another_version_says_what_to_do_and_is_left_alone(migrated: House) -> None:
    before = facts(migrated)
    migrated.rows("UPDATE migration SET name = '2026-11-24T04:42:06:976645'")
    for command in (["clock"], ["run", "--port", "0"]):
        refused = migrated.plenum(*command, check=False)
        assert (refused.returncode, refused.stderr) == (1, f"{ANOTHER_VERSIONS}\n")
    assert ANOTHER_VERSIONS in migrated.plenum("doctor", check=False).stdout
    assert facts(migrated) == before


def test_a_database_that_a_later_version_has_added_to_goes_on_working(migrated: House) -> None:
    migrated.rows("INSERT INTO migration (name, app_name) VALUES ('2999-01-01T00:00:00:000000', 'plenum')")
    assert migrated.plenum("clock").stderr == ""


def test_a_column_gets_a_migration_from_piccolo_and_nothing_else_does(
    empty: Callable[[str], House], tmp_path: Path
) -> None:
    copy, house = tmp_path / "copy", empty("house")
    for folder in ("webapp", "piccolo_migrations"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "static"))
    environment = house.environment | {"PYTHONPATH": str(copy), "PICCOLO_CONF": "webapp.piccolo_conf"}

    def piccolo(*words: str) -> str:
        command = [sys.executable, "-c", "from piccolo.main import main; main()", "migrations", *words]
        return subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, check=True
        ).stdout

    assert "No changes detected" in piccolo("new", "plenum", "--auto")
    tables = copy / "webapp" / "tables" / "programme.py"
    before = "    document = Text()\n"
    assert tables.read_text().count(before) == 1
    tables.write_text(tables.read_text().replace(before, before + "    motto = Text()\n"))
    assert re.search("Columns added to existing tables +1\n", piccolo("new", "plenum", "--auto"))
    piccolo("forwards", "plenum")
    assert "No changes detected" in piccolo("new", "plenum", "--auto")
    assert house.rows("SELECT motto FROM conference") == []
