"""The machine's clock jumped ahead and came back: nothing waits until the time that it showed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.store.database import Database
from core.store.telemetry import batches
from ingest.processing.timestamps import NEWEST
from ingest.progress.clock_repair import ClockRepair
from tests.support.alerting import HandClock
from tests.support.wards.evaluated_ward import EvaluatedWard, Seen, at, home

NOW = at("2026-07-01 14:00")
AHEAD = timedelta(days=400)


class RunningClock(HandClock):
    """A clock that goes by itself, as far as anybody can tell."""

    factor = 1.0


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[EvaluatedWard]:
    with Database(database_url) as database:
        yield EvaluatedWard(database, tmp_path, [home(1, watched_from=NOW - timedelta(days=3))], NOW)


def _repair(ward: EvaluatedWard) -> tuple[ClockRepair, list[float]]:
    machine = [1000.0]
    return ClockRepair(ward.database, RunningClock(NOW), NEWEST, machine_s=lambda: machine[0]), machine


def _reported_ahead(ward: EvaluatedWard) -> None:
    """Store a life sign now, and one as it looks while the clock is ahead."""
    ward.store([Seen("hall-1", "motion", 1, NOW)])
    ward.store([Seen("hall-1", "motion", 1, NOW + AHEAD), Seen("kitchen-1", "motion", 1, NOW + AHEAD)])
    ward.complete(NOW + AHEAD)


def _rows(ward: EvaluatedWard) -> list[object]:
    with ward.database.transaction() as connection:
        return [
            connection.execute("SELECT watermark, reported_at FROM ingest_progress").fetchall(),
            connection.execute(
                "SELECT last_received_at, last_time FROM device_contact ORDER BY device_number"
            ).fetchall(),
            connection.execute("SELECT life_sign_at FROM home_latest").fetchall(),
            connection.execute("SELECT time FROM device_latest").fetchall(),
        ]


def test_what_was_left_in_the_future_is_brought_back_to_what_is_known(ward: EvaluatedWard) -> None:
    _reported_ahead(ward)
    repair, machine = _repair(ward)
    assert repair.check() is False
    machine[0] += 130
    assert repair.check() is True

    # The hall was in contact at 14:00; of the kitchen nothing is known but what came while the clock was ahead.
    assert _rows(ward) == [[(NOW, NOW)], [(NOW, NOW), (NOW, NOW)], [(NOW,)], [(NOW,)]]
    assert repair.check() is False


def test_afterwards_newer_messages_count_again(ward: EvaluatedWard) -> None:
    _reported_ahead(ward)
    repair, machine = _repair(ward)
    repair.check()
    machine[0] += 130
    repair.check()

    later = NOW + timedelta(minutes=10)
    ward.store([Seen("hall-1", "motion", 1, later)])
    ward.complete(later)
    with ward.database.transaction() as connection:
        assert batches.progress(connection, "test") == later
    assert _rows(ward)[2] == [(later,)]


def test_a_clock_that_is_behind_for_a_moment_takes_nothing_back(ward: EvaluatedWard) -> None:
    _reported_ahead(ward)
    before = _rows(ward)
    repair, machine = _repair(ward)
    repair.check()
    machine[0] += 60
    assert repair.check() is False
    assert _rows(ward) == before


def test_devices_that_are_ahead_by_minutes_are_left_alone(ward: EvaluatedWard) -> None:
    ward.store([Seen("hall-1", "motion", 1, NOW + timedelta(minutes=9), NOW)])
    ward.complete(NOW)
    repair, machine = _repair(ward)
    repair.check()
    machine[0] += 130
    assert repair.check() is False
