"""Whoever was erased after a backup was made is erased again when it is restored: backups are no way back to them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from core.store.database import Database
from core.store.operation import backups
from core.store.people.personal import erasing, erasures
from deploy.backup.erased import read_erased
from tests.support.command_line import CommandLine
from tests.support.wait import wait_until
from tests.support.wards.api_ward import RESIDENT_A, register_two_offices


def _erased_in(backup: Path) -> list[int]:
    body = json.loads((backup / "erasures.json").read_text("utf-8"))
    return [one["resident"] for one in body["erased"]]


def _names(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT name FROM resident ORDER BY name").fetchall()


def test_the_lists_beside_the_backups_and_outside_are_applied_to_what_was_restored(
    mimamori: CommandLine, database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": database_url, "MIMAMORI_ENVIRONMENT": "test"}
    with Database(database_url, size=1) as database:
        register_two_offices(database, tmp_path)
        before = tmp_path / mimamori("backup", "kept").out.splitlines()[-1]
        with database.transaction() as connection:
            asked = erasures.ask(connection, RESIDENT_A, user=None, now=datetime.now(UTC))
        erasing.erase(database, asked, datetime.now(UTC), None)
    # Within one second both would have the same name.
    wait_until(lambda: f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}" not in before.name, 5)
    after = tmp_path / mimamori("backup", "kept").out.splitlines()[-1]
    assert (_erased_in(before), _erased_in(after)) == ([], [RESIDENT_A])

    mimamori.settings["MIMAMORI_DATABASE_URL"] = empty_database_url
    answer = mimamori("restore", str(before))

    assert answer.code == 0, answer.err
    assert "erased again: 1 of 1 residents" in answer.out
    assert _names(empty_database_url) == [("鈴木 一郎",)]
    with psycopg.connect(empty_database_url) as connection:
        found = connection.execute("SELECT resident_number, state FROM erasure").fetchall()
    assert found == [(RESIDENT_A, "done")]
    # By other means a command does the same; a second time finds nobody.
    assert "0 were erased again" in mimamori("resident", "erase-listed", str(after / "erasures.json")).out


def test_a_number_of_the_list_is_nobody_elses_after_a_restore(
    mimamori: CommandLine, database_url: str, tmp_path: Path
) -> None:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": database_url, "MIMAMORI_ENVIRONMENT": "test"}
    with psycopg.connect(database_url) as connection:
        set_up_at = backups.origin(connection).set_up_at
    list_file = tmp_path / "erasures.jsonl"

    def listed(of: datetime | None) -> str:
        erased = [{"resident": 500, "asked_at": "2026-07-01T00:00:00Z"}]
        list_file.write_text(json.dumps({"set_up_at": str(of), "erased": erased}), encoding="utf-8")
        return str(list_file)

    assert set_up_at is not None
    other = mimamori("resident", "erase-listed", listed(set_up_at - timedelta(days=1)))
    assert other.code != 0
    assert "another database" in other.err
    # 500 was registered after the backup: it is not there, and must not become somebody whom the next restore erases.
    assert "0 were erased again" in mimamori("resident", "erase-listed", listed(set_up_at)).out
    with Database(database_url, size=1) as database:
        register_two_offices(database, tmp_path)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT min(resident_id) FROM resident").fetchone() == (501,)


def test_the_list_of_another_database_erases_nobody_and_one_outside_has_a_line_for_each(
    tmp_path: Path,
) -> None:
    file = tmp_path / "erasures.jsonl"
    lines = [
        {
            "set_up_at": f"2026-01-0{day}T00:00:00Z",
            "erased": [{"resident": day, "asked_at": "2026-07-01T00:00:00Z"}],
        }
        for day in (1, 2, 2)
    ]
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")

    def read(day: int) -> list[int]:
        return [one.resident for one in read_erased([file], datetime(2026, 1, day, tzinfo=UTC))]

    assert (read(1), read(2), read(3)) == ([1], [2], [])
    assert [one.resident for one in read_erased([file])] == [1, 2]
