"""A call for help that the broker had kept is an old state; the same from the device itself is not."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.metrics import METRICS
from core.domain.reading import ReadingFlag
from core.store.database import Database
from core.store.telemetry import batches
from core.store.telemetry.batches import Batch
from tests.support.wards.evaluated_ward import EvaluatedWard, at, home

NOW = at("2026-07-01 08:00")
PRESSED = NOW - timedelta(minutes=5)
RETAINED = int(ReadingFlag.RETAINED)


@pytest.fixture
def ward(database: Database, tmp_path: Path) -> EvaluatedWard:
    return EvaluatedWard(database, tmp_path, [home(1, watched_from=NOW - timedelta(days=1))], NOW)


def store(ward: EvaluatedWard, *flags: int, metric: str = "sos", value: float = 1.0) -> int:
    """Store one press once for each of the flags it comes with, in one batch; return how much was new."""
    with ward.database.transaction() as connection:
        devices = {one.device_id: one.number for one in batches.sending_devices(connection, NOW)}
        row = (devices["sos-1"], PRESSED, METRICS[metric].number, 7, value, NOW)
        batch = Batch(readings=[(*row, one, None, None) for one in flags])
        batch.latest[row[0], row[2]] = (PRESSED, value)
        return batches.store_batch(connection, batch, NOW).readings


def reported(ward: EvaluatedWard) -> int:
    ward.pass_to(NOW + timedelta(seconds=1))
    return len(ward.alerts("sos"))


def test_a_kept_press_is_raised_once_the_button_itself_sends_it(ward: EvaluatedWard) -> None:
    assert store(ward, RETAINED) == 1
    assert reported(ward) == 0
    assert store(ward, 0) == 1
    assert reported(ward) == 1
    # What comes again is nothing new, from whom ever.
    assert (store(ward, RETAINED), store(ward, 0)) == (0, 0)
    assert reported(ward) == 1


def test_of_one_batch_what_the_button_itself_sent_counts(ward: EvaluatedWard) -> None:
    assert store(ward, RETAINED, 0) == 1
    assert reported(ward) == 1


def test_nothing_but_calls_is_taken_back_from_what_was_kept(ward: EvaluatedWard) -> None:
    assert store(ward, RETAINED, value=0.0) == 1
    assert store(ward, 0, value=0.0) == 0
    assert store(ward, RETAINED, metric="battery_pct", value=80.0) == 1
    assert store(ward, 0, metric="battery_pct", value=80.0) == 0
    assert reported(ward) == 0
