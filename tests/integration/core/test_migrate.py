"""Migrations: applied once, in order, by one process at a time; the server is protected from its own crash."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from core.errors import MigrationError, StoreUnavailableError
from core.store.database import Database
from core.store.edition import edition
from core.store.migrate import migrate, migrations, pending


def test_a_second_run_finds_nothing_left_to_do(database_url: str) -> None:
    assert migrate(database_url) == []
    assert pending(database_url) == []


def test_an_empty_database_gets_all_migrations_and_two_at_once_apply_each_only_once(
    empty_database_url: str,
) -> None:
    names = [migration.name for migration in migrations()]
    assert pending(empty_database_url) == names

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(migrate, [empty_database_url] * 2)

    assert sorted([*first, *second]) == names


def test_a_released_migration_that_was_edited_is_refused(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE schema_migration SET checksum = 'other' WHERE name = '0001_foundation.sql'"
        )

    with pytest.raises(MigrationError, match=r"0001_foundation\.sql was applied in another form"):
        migrate(database_url)


def test_a_database_that_is_newer_than_the_program_is_refused(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO schema_migration (name, checksum) VALUES ('9999_future.sql', 'x')")

    with pytest.raises(MigrationError, match=r"9999_future\.sql, which this program does not know"):
        migrate(database_url)


def test_an_ordinary_role_cannot_call_the_procedure_that_crashes_the_server(database_url: str) -> None:
    # TimescaleDB 2.19.3 (Apache edition) dies of merge_chunks(a, b); newer ones may lack that form.
    with psycopg.connect(database_url, autocommit=True) as connection:
        allowed = connection.execute(
            """
            SELECT has_function_privilege('pg_monitor', signature, 'EXECUTE')
            FROM (SELECT to_regprocedure('merge_chunks(regclass, regclass)') AS signature) AS procedure
            WHERE signature IS NOT NULL
            """
        ).fetchone()

    assert allowed in {None, (False,)}


def test_the_server_says_its_edition(database_url: str) -> None:
    with Database(database_url) as database, database.transaction() as connection:
        server = edition(connection)

    assert server.timescaledb[0].isdigit()
    assert "edition" in server.label


def test_a_database_that_is_away_is_reported_as_such_and_not_as_a_traceback_of_the_driver() -> None:
    with pytest.raises(StoreUnavailableError, match="not available"):
        migrate("postgresql://127.0.0.1:1/nothing?connect_timeout=2")


def test_contacts_of_an_older_version_keep_their_address_as_their_first_channel(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = migrations()[:2]
    with monkeypatch.context() as older:
        older.setattr("core.store.migrate.migrations", lambda: before)
        migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(
            """
            INSERT INTO office (name) VALUES ('office');
            INSERT INTO contact (office_id, name, step, channel, address)
            VALUES (1, 'duty', 2, 'mail', 'duty@example.jp'), (1, 'other', 2, 'webhook', 'https://a.example.jp/x');
            """
        )

    migrate(empty_database_url)

    with psycopg.connect(empty_database_url) as connection:
        found = connection.execute(
            "SELECT name, channel, addressed_contact.address, confirmed_at"
            " FROM addressed_contact JOIN contact_channel USING (contact_id)"
            " ORDER BY contact_id"
        ).fetchall()
    assert found == [
        ("duty", "mail", "duty@example.jp", None),
        ("other", "webhook", "https://a.example.jp/x", None),
    ]


def test_calls_of_release_0_2_0_that_were_over_are_over_after_the_upgrade(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = [one for one in migrations() if one.number == 1]
    with monkeypatch.context() as patch:
        patch.setattr("core.store.migrate.migrations", lambda: released)
        migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(
            "INSERT INTO unassigned_call (sender, metric, why, began_at, last_at, presses, one_call, is_over)"
            " SELECT sender, 1, 'unknown_device', '2026-07-01', '2026-07-02', 3, '2 h', sender = 'a'"
            " FROM unnest('{a,b}'::text[]) AS sender"
        )
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        rows = connection.execute(
            "SELECT sender, presses, over_at = last_at FROM unassigned_call ORDER BY sender"
        )
        assert rows.fetchall() == [("a", 3, True), ("b", 3, None)]


def test_breaks_of_one_connection_in_two_spellings_are_one_after_the_upgrade(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = [one for one in migrations() if one.number == 1]
    with monkeypatch.context() as patch:
        patch.setattr("core.store.migrate.migrations", lambda: released)
        migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        connection.cursor().executemany(
            "INSERT INTO connection_break (senders, began_at, ended_at) VALUES (%s, %s, %s)",
            [
                ("tasmota:g1/Caf\u00e9", "2026-07-01", None),
                ("tasmota:g1/CAFE\u0301", "2026-07-01", None),
                ("tasmota:g1/cafe\u0301", "2026-07-01", "2026-07-02"),
                ("tasmota:g1/Hall", "2026-07-01", None),
            ],
        )
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        rows = connection.execute("SELECT senders, ended_at IS NULL FROM connection_break ORDER BY senders")
        assert rows.fetchall() == [("tasmota:g1/caf\u00e9", False), ("tasmota:g1/hall", True)]
