"""The release before runs on while the database is migrated: everything it asks of the database has an answer afterwards, and it sees what we write."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.store.migrate import migrate, migrations
from tests.support.ingest import Rows
from tests.support.release_before import files_of, release_before

_QUERIES = "core/store/queries"
_NAME = re.compile(r"^-- name: (\w+)[ \t]*$", re.MULTILINE)
_PLACE = re.compile(r"%\((\w+)\)s")
_AT = datetime(2026, 8, 1, 9, tzinfo=UTC)


def _queries(folder: Path) -> dict[str, str]:
    """Return all queries below a folder as a server prepares them, by file and name."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.sql")):
        parts = _NAME.split(path.read_text(encoding="utf-8"))
        for name, body in zip(parts[1::2], parts[2::2], strict=True):
            places = list(dict.fromkeys(_PLACE.findall(body)))
            text = _PLACE.sub(lambda place, places=places: f"${places.index(place[1]) + 1}", body)
            found[f"{path.relative_to(folder)}: {name}"] = text.replace("%%", "%").strip().rstrip(";")
    return found


def _answers(
    connection: psycopg.Connection[Any], queries: dict[str, str]
) -> dict[str, tuple[str, ...] | str]:
    """Return what the server would answer to each query: the names of the columns, or why it does not understand it."""
    answers: dict[str, tuple[str, ...] | str] = {}
    for name, text in queries.items():
        try:
            connection.execute(f"PREPARE asked AS {text}".encode())
        except psycopg.Error as error:
            answers[name] = str(error).splitlines()[0]
            continue
        described = connection.pgconn.describe_prepared(b"asked")
        columns = [described.fname(place) or b"" for place in range(described.nfields)]
        answers[name] = tuple(column.decode() for column in columns)
        connection.execute("DEALLOCATE asked")
    return answers


def test_every_query_of_the_release_before_is_answered_as_before_after_the_migrations(
    empty_database_url: str, database_url: str, tmp_path: Path
) -> None:
    version, commit = release_before()
    folder = files_of(commit, tmp_path, _QUERIES, "core/store/migrations")
    queries = _queries(folder / _QUERIES)
    assert len(queries) > 100
    with (
        psycopg.connect(empty_database_url, autocommit=True) as before,
        psycopg.connect(database_url, autocommit=True) as now,
    ):
        # Made by its own migrations, but for what it keeps of them itself.
        before.execute("CREATE TABLE schema_migration (name text, checksum text, applied_at timestamptz)")
        for path in sorted((folder / "core/store/migrations").glob("*.sql")):
            before.execute(path.read_bytes())
        wanted = _answers(before, queries)
        # What cannot be prepared without the types of its values could not be so before either.
        known = {name: text for name, text in queries.items() if not isinstance(wanted[name], str)}
        assert len(known) > 0.9 * len(queries)
        found = _answers(now, known)
    changed = {name: (wanted[name], found[name]) for name in known if found[name] != wanted[name]}
    assert changed == {}, (
        f"release {version} gets another answer than it expects. Its processes run while the database is migrated: add what is new, keep"
        " what is old as it is, also views and what SELECT * gives, and take it away in the release after this one"
    )


@pytest.fixture
def rows(database_url: str) -> Iterator[Rows]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO office (name) VALUES ('o')")
        yield Rows(connection)


_CHANNELS = "SELECT place, kind, address FROM contact_channel ORDER BY place"
_SHOWN = "SELECT channel, address FROM contact"


def test_a_contact_that_release_0_2_0_makes_has_a_channel(rows: Rows) -> None:
    rows.do(
        "INSERT INTO contact (office_id, name, step, channel, address) VALUES (1, 'c', 1, 'mail', 'c@example.jp')"
    )
    assert rows.of(_CHANNELS) == [(1, "mail", "c@example.jp")]


def test_release_0_2_0_sees_the_first_channel_that_it_can_use(rows: Rows) -> None:
    rows.do("INSERT INTO contact (office_id, name, step) VALUES (1, 'c', 1)")
    assert rows.of(_SHOWN) == [(None, None)]
    rows.do(
        "INSERT INTO contact_channel (contact_id, place, kind, address, sealed)"
        " VALUES (1, 1, 'sms', '+8190', NULL), (1, 2, 'webhook', 'hidden', 'x'), (1, 3, 'mail', 'c@example.jp', NULL)"
    )
    assert rows.of(_SHOWN) == [("mail", "c@example.jp")]
    rows.do("UPDATE contact_channel SET address = 'd@example.jp' WHERE place = 3")
    assert rows.of(_SHOWN) == [("mail", "d@example.jp")]
    rows.do("DELETE FROM contact_channel WHERE place = 3")
    assert rows.of(_SHOWN) == [(None, None)]
    rows.do("DELETE FROM contact")
    assert rows.count("contact_channel") == 0


def test_the_end_of_an_unassigned_call_is_known_to_both(rows: Rows) -> None:
    made = (
        "INSERT INTO unassigned_call (sender, metric, why, began_at, last_at, presses, one_call)"
        " VALUES (%s, 1, 'unknown_device', %s, %s, 1, '2 minutes')"
    )
    state = "SELECT is_over, over_at FROM unassigned_call"
    rows.of(f"{made} RETURNING 1", ["native:a", _AT, _AT])
    assert rows.of(state) == [(False, None)]
    # It says that it is over, and not when.
    rows.do("UPDATE unassigned_call SET is_over = true")
    assert rows.of(state) == [(True, _AT)]
    # Somebody presses again.
    later = _AT + timedelta(hours=1)
    rows.of("UPDATE unassigned_call SET is_over = false, last_at = %s RETURNING 1", [later])
    assert rows.of(state) == [(False, _AT)]
    # We say when it was over.
    rows.of("UPDATE unassigned_call SET over_at = greatest(over_at, %s) RETURNING 1", [later])
    assert rows.of(state) == [(True, later)]


def test_a_connection_is_spelled_in_one_way_whoever_writes_it(rows: Rows) -> None:
    rows.of(
        "INSERT INTO connection_break (senders, began_at) VALUES ('zigbee2mqtt:G1/Hall', %s) RETURNING 1",
        [_AT],
    )
    assert rows.of("SELECT senders FROM connection_break") == [("zigbee2mqtt:g1/hall",)]


def test_a_database_of_the_release_before_is_upgraded_with_all_that_it_holds(
    empty_database_url: str, tmp_path: Path
) -> None:
    _, commit = release_before()
    folder = files_of(commit, tmp_path, "core/store/migrations")
    known = {migration.name: migration for migration in migrations()}
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE schema_migration (name text PRIMARY KEY, checksum text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        for path in sorted((folder / "core/store/migrations").glob("*.sql")):
            connection.execute(path.read_bytes())
            # A released migration is never edited.
            assert path.read_bytes() == known[path.name].sql
            connection.execute(
                "INSERT INTO schema_migration (name, checksum) VALUES (%s, %s)",
                [path.name, known[path.name].checksum],
            )
        connection.execute("INSERT INTO office (name) VALUES ('o')")
        connection.execute(
            "INSERT INTO contact (office_id, name, step, channel, address) VALUES (1, 'c', 1, 'mail', 'c@example.jp')"
        )
        connection.execute(
            "INSERT INTO unassigned_call (sender, metric, why, began_at, last_at, presses, one_call, is_over)"
            " VALUES ('native:a', 1, 'unknown_device', %s, %s, 1, '2 minutes', true)",
            [_AT, _AT],
        )
        assert migrate(empty_database_url)
        assert connection.execute(_CHANNELS.encode()).fetchall() == [(1, "mail", "c@example.jp")]
        assert connection.execute("SELECT is_over, over_at FROM unassigned_call").fetchall() == [(True, _AT)]
