"""What a worker asks of devices, and what it keeps of what never comes."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import pytest

from core.domain.device import DeviceKind
from core.store.telemetry import sequence_gaps
from core.store.telemetry.batches import Batch, SendingDevice
from core.store.telemetry.sequence_gaps import SequenceGap
from ingest.sequences.device_protocol import DeviceProtocol, ProtocolState
from ingest.sequences.gap_tracker import GapTracker

_DEVICE = SendingDevice(1, "hall-1", "native:hall-1", DeviceKind.MOTION, None, None)
_START = datetime(2026, 8, 1, tzinfo=UTC)


def _at(seq: int) -> datetime:
    return _START + timedelta(minutes=seq)


class Worker:
    """The protocol of one worker alone, its broker, its database and its watch moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = 1000.0
        self.is_connected = True
        self.sent: list[tuple[str, Any]] = []
        self.kept: list[tuple[str, object]] = []
        monkeypatch.setattr("ingest.sequences.gap_tracker.time", self)
        monkeypatch.setattr("ingest.sequences.device_protocol.time", self)
        for name in ("write_missing", "record_blind_time", "drop_blind_time"):
            monkeypatch.setattr(sequence_gaps, name, self._keeper(name))
        parts = cast("Any", self)
        self.protocol = DeviceProtocol(
            database=parts, clock=parts, receiver=parts, commit_queue=parts, devices=parts, is_shared=False
        )

    def _keeper(self, name: str) -> Callable[..., None]:
        def keep(_connection: object, *values: object) -> None:
            if values[0]:
                self.kept.append((name, values[:2] if name != "write_missing" else values[0]))

        return keep

    def monotonic(self) -> float:
        return self.moment

    def now(self) -> datetime:
        return _at(1000)

    @contextmanager
    def transaction(self) -> Generator[object]:
        yield object()

    def submit(self, work: Callable[[], None]) -> None:
        work()

    def publish(self, topic: str, payload: bytes) -> None:
        self.sent.append((topic, json.loads(payload)))

    def hears(self, *seqs: int) -> None:
        """Store a batch of numbered messages, as the writer does."""
        observer = self.protocol.observer()
        for seq in seqs:
            observer.note(_DEVICE, seq, _at(seq))
        self.protocol.add_to(Batch(), observer)

    def after(self, seconds: float) -> list[tuple[str, object]]:
        """Return what is written to the database so much later, beside the batches."""
        self.moment += seconds
        self.kept = []
        self.protocol.send_due_commands()
        return self.kept


def _read(value: object, _connection: object) -> object:
    return value


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    return Worker(monkeypatch)


def test_what_never_comes_is_written_as_blind_time_and_taken_back_when_it_comes(worker: Worker) -> None:
    worker.hears(1, 4)
    assert worker.after(3) == []
    lost = SequenceGap(2, 3, _at(1), _at(4))
    # In that second nothing else has changed.
    assert worker.after(30) == [("record_blind_time", (1, lost))]
    assert worker.after(1) == []

    # It comes, and the batch that holds it has told of the change already.
    worker.hears(2, 3)
    assert worker.after(1) == [("drop_blind_time", (1, _at(1)))]
    assert worker.after(1) == []


def test_a_gap_that_only_a_status_told_of_is_written_by_itself(worker: Worker) -> None:
    worker.hears(1, 2)
    worker.after(1)
    observer = worker.protocol.observer()
    observer.note_newest(_DEVICE, 4)
    assert worker.after(1) == [("write_missing", {1: [SequenceGap(3, 4, _at(2), None)]})]


def test_missing_messages_are_asked_for_by_number_and_what_is_stored_is_confirmed(worker: Worker) -> None:
    worker.hears(1, 4)
    worker.after(0)
    assert worker.sent == [("mimamori/v1/hall-1/command", {"stored_through": 1})]
    worker.after(3)
    assert worker.sent[1:] == [("mimamori/v1/hall-1/command", {"resend": [[2, 3]]})]


def test_nothing_is_asked_more_than_once_a_second_or_without_a_connection(worker: Worker) -> None:
    worker.is_connected = False
    worker.hears(1, 4)
    worker.after(3)
    assert worker.sent == []
    worker.is_connected = True
    worker.after(0)
    asked = len(worker.sent)
    worker.hears(9)
    worker.after(0.9)
    assert len(worker.sent) == asked == 2


def test_blind_time_from_before_a_restart_is_taken_back_when_its_messages_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored = {
        "last_numbers": {1: (5, _at(5))},
        "all_missing": {1: [SequenceGap(2, 3, _at(1), _at(4))]},
        "blind_beginnings": {1: {_at(1)}},
        "counting_since": {},
    }
    for name, value in stored.items():
        monkeypatch.setattr(sequence_gaps, name, partial(_read, value))
    restarted = GapTracker()
    restarted.load(cast("Any", object()))
    assert restarted.take_filled() == []

    restarted.note(_DEVICE, 2, _at(2))
    assert restarted.take_filled() == []
    restarted.note(_DEVICE, 3, _at(3))
    assert restarted.take_filled() == [(1, _at(1))]
    assert (restarted.is_new(1, 5), restarted.is_new(1, 6)) == (False, True)


def test_of_workers_that_share_each_leaves_what_it_saw_and_knows_only_its_own_numbers() -> None:
    highest: dict[int, int] = {}
    batch = ProtocolState(highest)
    assert batch.is_new(1, 7)
    batch.note(_DEVICE, 7, _at(7))
    batch.note(_DEVICE, 3, _at(3))
    batch.note_newest(_DEVICE, 9)
    assert highest == {1: 7}
    assert (batch.is_new(1, 7), batch.is_new(1, 8)) == (False, True)
    assert batch.seen == [
        (1, 7, _at(7), False),
        (1, 3, _at(3), False),
        (1, 9, sequence_gaps.NO_TIME, True),
    ]
