"""How far ingest says that everything is stored, and when it says that nothing could come."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from core.domain.alert import WARD
from core.store.telemetry import batches, blind_times
from ingest.progress.watermark import Watermark

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Store:
    """The database and the clock, which only note what they are given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, known: datetime | None = None) -> None:
        self.reported: list[tuple[object, ...]] = []
        self.connection = cast("Any", object())
        for module, name in ((batches, "report_progress"), (blind_times, "begin"), (blind_times, "end")):
            monkeypatch.setattr(module, name, self._noter(name))
        monkeypatch.setattr(batches, "progress", self._progress)
        self._known = known
        parts = cast("Any", self)
        self.watermark = Watermark(parts, parts, "ingest-0")

    def _noter(self, name: str) -> Callable[..., None]:
        def note(_connection: object, *values: object) -> None:
            self.reported.append((name, *values))

        return note

    def _progress(self, _connection: object, worker: str) -> datetime | None:
        return self._known if worker == "ingest-0" else None

    def now(self) -> datetime:
        return NOW

    @contextmanager
    def transaction(self) -> Generator[object]:
        yield self.connection


def test_the_watermark_begins_with_the_clock_and_goes_on_where_an_earlier_process_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fresh = Store(monkeypatch)
    assert fresh.watermark.load(fresh.connection) is None
    assert fresh.watermark.time == NOW

    again = Store(monkeypatch, NOW - MINUTE)
    assert again.watermark.load(again.connection) == NOW - MINUTE
    assert again.watermark.time == NOW - MINUTE


def test_a_batch_reports_its_watermark_and_one_without_reports_the_same_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Store(monkeypatch)
    store.watermark.report(store.connection, NOW + MINUTE, 7)
    store.watermark.report(store.connection, None, 2)

    assert store.reported == [
        ("report_progress", "ingest-0", NOW + MINUTE, 7, NOW),
        ("report_progress", "ingest-0", NOW + MINUTE, 2, NOW),
    ]


def test_blind_time_lasts_from_the_loss_of_the_broker_until_a_watermark_is_known_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Store(monkeypatch)
    assert not store.watermark.is_blind
    store.watermark.begin_blind_time(NOW - MINUTE)
    assert store.watermark.is_blind
    # A batch that was under way says nothing about the broker.
    store.watermark.report(store.connection, None, 3)
    assert store.watermark.is_blind
    store.watermark.report(store.connection, NOW + MINUTE, 1)
    store.watermark.report(store.connection, NOW + 2 * MINUTE, 1)
    assert not store.watermark.is_blind

    assert [one for one in store.reported if one[0] != "report_progress"] == [
        ("begin", WARD, "broker_unreachable", NOW - MINUTE, NOW),
        ("end", WARD, "broker_unreachable", NOW + MINUTE),
    ]


def test_without_messages_the_watermark_follows_the_clock_and_never_stays_ahead_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Store(monkeypatch)
    store.watermark.advance(NOW + MINUTE)
    assert store.reported == [("report_progress", "ingest-0", NOW + MINUTE, 0, NOW + MINUTE)]
    assert store.watermark.time == NOW + MINUTE

    store.watermark.step_back(NOW + 2 * MINUTE)
    assert store.watermark.time == NOW + MINUTE
    store.watermark.step_back(NOW)
    assert store.watermark.time == NOW
