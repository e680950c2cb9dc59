"""What has had its time goes by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.conftest import Houses
from tests.support.cast import Cast
from tests.support.house import WHILE_REGISTRATION_IS_OPEN
from tests.support.meeting import place_in
from tests.support.traces import on_disk
from tests.support.waiting import until


def test_links_sign_ins_and_wishes_that_are_too_old_are_forgotten_and_the_others_stay(
    houses: Houses, database: str, cast: Cast
) -> None:
    house = houses(database)
    with place_in(house) as place:
        place.signed_in(cast.dag)  # until 2099
    now = datetime.fromisoformat(WHILE_REGISTRATION_IS_OPEN).replace(tzinfo=UTC)
    of_dag = "FROM person WHERE email = ?"
    for age, kept in ((timedelta(days=-1), "too old"), (timedelta(days=2), "still good")):
        ends = now + age
        instant = ends if database == "postgresql" else str(ends)
        for table in ("sign_in", "sign_in_link"):
            house.rows(
                f"INSERT INTO {table} (person, key_hash, expires_at) SELECT id, ?, ? {of_dag}",
                kept,
                instant,
                cast.dag.email,
            )
        house.rows(
            "INSERT INTO address_change (person, key, old_email, new_email, expires_at)"
            f" SELECT id, ?, ?, ?, ? {of_dag}",
            kept,
            cast.dag.email,
            f"{kept.replace(' ', '-')}@example.org",
            instant,
            cast.dag.email,
        )
    house.stop()
    house.start()  # the first round is at once

    def left(table: str, column: str) -> set[str]:
        return {row[column] for row in house.rows(f"SELECT {column} FROM {table}")}

    until(lambda: left("address_change", "key") == {"still good"})
    assert left("sign_in_link", "key_hash") == {"still good"}
    assert len(left("sign_in", "key_hash")) == 2
    assert "too old" not in left("sign_in", "key_hash")
    until(lambda: not on_disk(house, "too-old@example.org"))
