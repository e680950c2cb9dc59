"""Migrations on the SQLite engine, run by Piccolo’s own command."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PICCOLO_CONF = """
from piccolo.conf.apps import AppRegistry
from webapp.database.sqlite import SQLite
DB = SQLite(path="votes.sqlite")
APP_REGISTRY = AppRegistry(apps=["votes.piccolo_app"])
"""
PICCOLO_APP = """
from pathlib import Path
from piccolo.conf.apps import AppConfig, table_finder
APP_CONFIG = AppConfig("votes", str(Path(__file__).parent / "migrations"), table_finder(["votes.tables"]))
"""
TABLES = """
from piccolo.columns import Integer, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table
from webapp.database.columns import Instant

class Ballot(Table):
    room = Integer()
    voter = Varchar(index=True)
    cast_at = Instant()

    one_ballot_per_voter = Unique([room, voter])
    room_is_positive = Check(room > 0)
"""
BROKEN_MIGRATION = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from votes.tables import Ballot
ID = "9999-01-01T00:00:00:000000"
async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="votes", description="")
    async def change_half_of_it():
        await Ballot.raw("ALTER TABLE ballot ADD COLUMN half INTEGER")
        await Ballot.raw("ALTER TABLE ballot ADD COLUMN half INTEGER")
    manager.add_raw(change_half_of_it)
    return manager
"""


def test_migrations_carry_constraints_and_happen_wholly_or_not_at_all(tmp_path: Path) -> None:
    files = {"piccolo_conf": PICCOLO_CONF, "votes/piccolo_app": PICCOLO_APP, "votes/tables": TABLES}
    (tmp_path / "votes" / "migrations").mkdir(parents=True)
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)

    def piccolo(*words: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "PICCOLO_CONF": "piccolo_conf",
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        }
        command = [sys.executable, "-c", "from piccolo.main import main; main()", *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert piccolo("migrations", "new", "votes", "--auto").returncode == 0
    assert piccolo("migrations", "forwards", "votes").returncode == 0
    database = sqlite3.connect(tmp_path / "votes.sqlite", isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match="room_is_positive"):
        database.execute("INSERT INTO ballot (room, voter, cast_at) VALUES (0, 'Dag', '')")
    database.execute("INSERT INTO ballot (room, voter, cast_at) VALUES (1, 'Dag', '')")
    with pytest.raises(sqlite3.IntegrityError, match=r"ballot\.room, ballot\.voter"):
        database.execute("INSERT INTO ballot (room, voter, cast_at) VALUES (1, 'Dag', '')")
    [(schema,)] = database.execute("SELECT sql FROM sqlite_master WHERE name = 'ballot'")
    assert "CONSTRAINT one_ballot_per_voter UNIQUE" in schema

    (tmp_path / "votes" / "migrations" / "votes_broken.py").write_text(BROKEN_MIGRATION)
    broken = piccolo("migrations", "forwards", "votes")
    assert broken.returncode != 0
    assert "duplicate column" in broken.stdout
    assert "half" not in [name for _, name, *_ in database.execute("PRAGMA table_info(ballot)")]
    database.close()
