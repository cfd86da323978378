"""What is too old goes, by parts and with a sealed record; a kill in the middle loses nothing, and evidence of alerts stays."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.credentials.report_seals import ReportSealer
from core.credentials.sealed_values import new_key
from core.domain.records.retention import KeptFor, RetentionRun
from core.store.database import Database
from core.store.operation import retention
from core.store.operation.stored_time import stored_time
from tests.support.command_line import CommandLine
from tests.support.wait import wait_until
from tests.support.wards.api_ward import RESIDENT_A, register_two_offices

# Before the machine's own time, beyond which no run counts.
_NOW = datetime(2026, 8, 31, 12, tzinfo=UTC)
_KEPT = KeptFor(reading_days=400, fix_days=90)
_SEALER = ReportSealer({3: b"k" * 32})
_WALK, _FALL = _NOW - timedelta(days=150), _NOW - timedelta(days=450)


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """Give a ward with readings every six hours of 500 days and fixes of 200 days, and an alert about each from long ago."""
    with Database(database_url, size=2) as made:
        register_two_offices(made, tmp_path)
        _ask(
            made,
            "UPDATE device_assignment SET during = '(,)'; UPDATE evaluation SET evaluated_through = 'infinity'",
        )
        _ask(
            made,
            "INSERT INTO reading (time, received_at, value, device_number, metric) SELECT at, at, 1, device_number, 1"
            " FROM device, generate_series(%s - interval '500 days', %s, interval '6 hours') AS at WHERE device_id = 'hall-a'",
            _NOW, _NOW,
        )  # fmt: skip
        _ask(
            made,
            "INSERT INTO fix (time, received_at, lat, lon, device_number) SELECT at, at, 35, 139, device_number"
            " FROM device, generate_series(%s - interval '200 days', %s, interval '3 hours') AS at WHERE device_id = 'tracker-a'",
            _NOW, _NOW,
        )  # fmt: skip
        for rule, at in (("geofence_exit", _WALK), ("inactivity", _FALL)):
            _ask(
                made,
                "INSERT INTO alert (rule, subject_kind, resident_id, office_id, severity, condition, handling, began_at,"
                " raised_at, opened_at, cleared_at, closed_at, outcome, reason) VALUES"
                " (%s, 'resident', %s, 1, 1, 'cleared', 'closed', %s, %s, %s, %s, %s, 'real_help', '{}')",
                rule, RESIDENT_A, at, at + timedelta(hours=2), at, at + timedelta(hours=3), at + timedelta(hours=3),
            )  # fmt: skip
        yield made


def _ask(database: Database, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with database.transaction() as connection:
        cursor = connection.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []


def _clock() -> dict[str, str]:
    """Return the settings with which a process begins at `_NOW`."""
    begins = _NOW.isoformat().replace("+00:00", "Z")
    return {"MIMAMORI_CLOCK": f"{begins}@1x", "MIMAMORI_CLOCK_ANCHOR": str(time.time())}


def _kept(database: Database, table: str) -> set[datetime]:
    return {row[0] for row in _ask(database, f"SELECT time FROM {table}")}  # noqa: S608 - our own names


def _run(database: Database, now: datetime = _NOW, most: int = 99) -> RetentionRun:
    done = retention.run(database, _KEPT, _SEALER, now, datetime.now(UTC), most=most)
    assert done is not None
    return done


def test_what_is_older_goes_with_its_parts_the_rest_stays_and_the_record_says_what_it_was(
    database: Database,
) -> None:
    before = {table: _kept(database, table) for table in ("reading", "fix")}
    done = _run(database)
    for table, days in (("reading", 400), ("fix", 90)):
        kept, cutoff = _kept(database, table), _NOW - timedelta(days=days)
        assert {at for at in before[table] if at >= cutoff} <= kept
        # By parts of a week: nothing is older than one more of these.
        assert min(kept) > cutoff - timedelta(days=7)
        went = [one for one in done.dropped if one.what == table]
        assert sum(one.rows for one in went) == len(before[table] - kept) > 200
        assert all(one.bytes > 0 for one in went)
        for at in before[table] - kept:
            assert sum(one.since <= at < one.until for one in went) == 1
    assert (done.parts_left, done.key_number, done.kept_for) == (0, 3, _KEPT)
    with database.transaction() as connection:
        found = stored_time(connection)
    # The doctor does not call it lost.
    assert (found.lost_chunks, found.orphaned_values, found.holes) == ({}, 0, [])
    assert _run(database).dropped == ()


def test_what_an_alert_was_raised_from_is_kept_apart_sealed_and_erased_with_it(database: Database) -> None:
    done = _run(database)
    found = _ask(
        database,
        "SELECT rule, what, rows, body, body::text, sha256 FROM alert_evidence JOIN alert USING (alert_id)",
    )
    assert sum(row[2] for row in found) == sum(one.evidence for one in done.dropped)
    kept = {
        (rule, what): [datetime.fromisoformat(one["time"]) for one in body]
        for rule, what, _, body, _, _ in found
    }
    assert kept.keys() == {("geofence_exit", "fix"), ("inactivity", "reading")}
    for (rule, _), times in kept.items():
        at = _WALK if rule == "geofence_exit" else _FALL
        assert times[0] < at <= times[-1] < at + timedelta(days=2), rule
    for _, _, rows, body, text, sha256 in found:
        assert rows == len(body) > 3
        assert hashlib.sha256(text.encode()).hexdigest() == sha256
    _ask(database, "DELETE FROM alert")
    assert _ask(database, "SELECT 1 FROM alert_evidence") == []


def test_late_data_for_a_part_that_went_goes_with_the_next_run_and_evidence_is_added(
    database: Database,
) -> None:
    _run(database)
    (before,) = _ask(database, "SELECT sum(rows) FROM alert_evidence WHERE what = 'fix'")
    _ask(
        database,
        "INSERT INTO fix (time, received_at, lat, lon, device_number, seq) SELECT %s, %s, 35, 139, device_number, 7"
        " FROM device WHERE device_id = 'tracker-a'",
        _WALK, _NOW,
    )  # fmt: skip
    (part,) = _run(database).dropped
    assert (part.what, part.rows, part.evidence) == ("fix", 1, 1)
    (after,) = _ask(database, "SELECT sum(rows) FROM alert_evidence WHERE what = 'fix'")
    assert after[0] == before[0] + 1


def test_nothing_goes_that_somebody_has_yet_to_be_evaluated_by(database: Database) -> None:
    _ask(database, "UPDATE evaluation SET evaluated_through = %s", _NOW)
    _ask(
        database,
        "INSERT INTO evaluation (resident_id, evaluated_through, due_at) VALUES (%s, %s, %s)"
        " ON CONFLICT (resident_id) DO UPDATE SET evaluated_through = excluded.evaluated_through",
        RESIDENT_A, _NOW - timedelta(days=60), _NOW,
    )  # fmt: skip
    assert min(one.until for one in _run(database).dropped if one.what == "fix") < _NOW - timedelta(days=150)
    assert min(_kept(database, "fix")) < _NOW - timedelta(days=149)


def test_a_clock_that_is_years_ahead_makes_nothing_too_old(database: Database) -> None:
    done = _run(database, _NOW + timedelta(days=9000))
    for table, days in (("reading", 400), ("fix", 90)):
        latest = datetime.now(UTC) + timedelta(hours=1) - timedelta(days=days)
        assert all(one.until <= latest for one in done.dropped if one.what == table)
        assert _kept(database, table)


def test_a_run_is_bounded_and_the_next_one_comes_sooner(database: Database) -> None:
    with database.transaction() as connection:
        first = retention.state(connection)
        assert not retention.is_work_left(connection, first.due_at - timedelta(seconds=1))
        assert retention.is_work_left(connection, first.due_at)
        # Seven days to choose how long things are kept.
        assert first.due_at > datetime.now(UTC) + timedelta(days=6)
    done = _run(database, most=2)
    assert (len(done.dropped), done.parts_left) == (2, 27)
    with database.transaction() as connection:
        found = retention.state(connection)
    assert found.due_at == _NOW + timedelta(hours=1)
    assert not found.is_late(_NOW + timedelta(hours=25))
    assert found.is_late(_NOW + timedelta(hours=26))
    _run(database)
    with database.transaction() as connection:
        assert retention.state(connection).due_at == _NOW + timedelta(days=1)


def test_killed_in_the_middle_it_goes_on_where_it_stopped_and_nothing_goes_twice(
    database: Database, database_url: str
) -> None:
    before = {table: _kept(database, table) for table in ("reading", "fix")}
    ((fourth,),) = _ask(
        database,
        "SELECT format('%I.%I', chunk_schema, chunk_name) FROM timescaledb_information.chunks"
        " WHERE hypertable_name = 'reading' ORDER BY range_start OFFSET 3 LIMIT 1",
    )
    command = [sys.executable, "-m", "ingest.commands.retention_worker"]
    settings = {"MIMAMORI_ENVIRONMENT": "test", "MIMAMORI_DATABASE_URL": database_url, **_clock()}
    with psycopg.connect(database_url) as reader:
        # Whoever reads a part is waited for, and in this moment the worker dies.
        reader.execute(f"SELECT count(*) FROM {fourth}".encode())  # noqa: S608 - a part by the catalogue
        worker = subprocess.Popen(command, env=os.environ | settings)

        def is_waiting() -> bool:
            assert worker.poll() is None
            return bool(
                _ask(
                    database,
                    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'mimamori-retention' AND wait_event_type = 'Lock'",
                )
            )

        wait_until(is_waiting, 30, what="the worker to wait for a reader")
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    ((number, parts),) = _ask(
        database,
        "SELECT retention_run_id, jsonb_array_length(dropped) FROM retention_run WHERE done_at IS NULL",
    )
    assert parts == 3
    wait_until(
        lambda: (
            not _ask(database, "SELECT 1 FROM pg_stat_activity WHERE application_name = 'mimamori-retention'")
        ),
        30,
        what="the server to notice",
    )
    with database.transaction() as connection:
        assert retention.is_work_left(connection, _NOW)
    again = subprocess.run(command, env=os.environ | settings, check=False)
    assert again.returncode == 0
    with database.transaction() as connection:
        (done,) = retention.runs(connection)
    assert (done.number, done.parts_left) == (number, 0)
    parts_of = [(one.what, one.since) for one in done.dropped]
    assert len(parts_of) == len(set(parts_of)) == 29
    for table in ("reading", "fix"):
        assert sum(one.rows for one in done.dropped if one.what == table) == len(
            before[table] - _kept(database, table)
        )


def test_commands_and_the_doctor_say_what_went_what_is_next_and_what_was_forged(
    database: Database, database_url: str, mimamori: CommandLine
) -> None:
    mimamori.settings = {
        "MIMAMORI_ENVIRONMENT": "test",
        "MIMAMORI_DATABASE_URL": database_url,
        "MIMAMORI_SECRET_KEYS": new_key(3),
        **_clock(),
    }
    ahead = mimamori("retention", "report")
    assert "reading: 14 parts of a week are older than 2025-07-27T12:00" in ahead.out
    done = mimamori("retention", "run")
    assert done.code == 0, done.err
    assert "readings kept 400 days, positions 90" in done.out
    assert "not signed" not in done.out
    shown = mimamori("retention", "report").out
    assert "reading: 0 parts" in shown
    assert "next run: 2026-09-01T12:00" in shown
    assert "1 runs, 1 signed, 0 with a plain sum, 0 wrong" in mimamori("retention", "verify").out
    assert "last 2026-08-31, next 2026-09-01" in mimamori("doctor").out
    assert "erasure" not in mimamori("doctor").out
    _ask(
        database,
        "INSERT INTO erasure (resident_number, asked_at) VALUES (77, %s)",
        _NOW - timedelta(hours=30),
    )
    waiting = mimamori("doctor")
    assert (waiting.code, "asked for 30 hours ago is not finished" in waiting.out) == (1, True)
    _ask(database, "UPDATE retention_run SET dropped = '[]', done_at = done_at - interval '3 days'")
    forged = mimamori("retention", "verify")
    assert (forged.code, forged.err) == (1, "run 1: it was changed\n")
    assert "overdue since 2026-08-29 (last 2026-08-28); too old: nothing" in mimamori("doctor").out


def test_a_part_that_somebody_reads_stays_for_the_next_run(database: Database, database_url: str) -> None:
    ((first,),) = _ask(
        database,
        "SELECT format('%I.%I', chunk_schema, chunk_name) FROM timescaledb_information.chunks"
        " WHERE hypertable_name = 'reading' ORDER BY range_start LIMIT 1",
    )
    with psycopg.connect(database_url) as reader:
        reader.execute(f"SELECT count(*) FROM {first}".encode())  # noqa: S608 - a part by the catalogue
        assert _run(database).parts_left == 1
    assert [one.rows for one in _run(database).dropped] != []


def test_a_record_that_was_changed_or_taken_out_is_found(database: Database) -> None:
    for day in range(3):
        _run(database, _NOW + timedelta(days=7 * day), most=5)
    with database.transaction() as connection:
        all_runs = retention.runs(connection)
    assert retention.faults(all_runs, _SEALER) == {}
    last, middle, first = all_runs
    changed = replace(middle, dropped=middle.dropped[1:])
    assert retention.faults([last, changed, first], _SEALER).keys() == {middle.number}
    assert retention.faults([last, first], _SEALER).keys() == {last.number}
    # Whoever holds the database alone can compute no seal; without any key it is a plain sum.
    assert "key 3" in retention.faults(all_runs, ReportSealer({}))[first.number]
    assert ReportSealer({}).seal(first.content, 0) != first.seal
