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
from core.store.telemetry.batches import Batch, DeviceContact, SendingDevice
from core.store.telemetry.sequence_gaps import SequenceGap
from ingest.sequences.device_protocol import DeviceProtocol, ProtocolState, forget_numbers
from ingest.sequences.gap_tracker import GapTracker

_DEVICE = SendingDevice(1, "hall-1", "native:hall-1", DeviceKind.MOTION, None, None)
_START = datetime(2026, 8, 1, tzinfo=UTC)


def _at(seq: int) -> datetime:
    return _START + timedelta(minutes=seq)


class Worker:
    """The protocol of one worker alone, its broker, its database and its watch moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, is_shared: bool = False) -> None:
        self.factor = 1.0
        self.moment = 1000.0
        self.is_connected = True
        self.sent: list[tuple[str, Any]] = []
        self.kept: list[tuple[str, object]] = []
        monkeypatch.setattr("ingest.sequences.gap_tracker.time", self)
        monkeypatch.setattr("ingest.sequences.device_protocol.time", self)
        for name in ("write_gaps", "record_blind_time", "drop_blind_time"):
            monkeypatch.setattr(sequence_gaps, name, self._keeper(name))
        parts = cast("Any", self)
        self.protocol = DeviceProtocol(
            database=parts,
            clock=parts,
            receiver=parts,
            commit_queue=parts,
            devices=parts,
            is_shared=is_shared,
        )

    def _keeper(self, name: str) -> Callable[..., None]:
        def keep(_connection: object, *values: object) -> None:
            if values[0]:
                self.kept.append((name, values[:2] if name != "write_gaps" else values[0]))

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

    def run_with_retry(self, work: Callable[[], None]) -> bool:
        work()
        return True

    def all(self) -> list[SendingDevice]:
        return [_DEVICE]

    def publish(self, topic: str, payload: bytes) -> None:
        self.sent.append((topic, json.loads(payload)))

    def receives(self, *seqs: int) -> None:
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
    worker.receives(1, 4)
    assert worker.after(3) == []
    lost = SequenceGap(2, 3, _at(1), _at(4))
    # In that second nothing else has changed.
    assert worker.after(30) == [("record_blind_time", (1, lost))]
    assert worker.after(1) == []

    # It comes, and the batch that holds it has reported the change already.
    worker.receives(2, 3)
    assert worker.after(1) == [("drop_blind_time", (1, _at(1)))]
    assert worker.after(1) == []


def test_a_gap_that_only_a_status_reported_is_written_by_itself(worker: Worker) -> None:
    worker.receives(1, 2)
    worker.after(1)
    observer = worker.protocol.observer()
    observer.note_newest(_DEVICE, 4)
    assert worker.after(1) == [("write_gaps", {1: [SequenceGap(3, 4, _at(2), None)]})]


def test_missing_messages_are_asked_for_by_number_and_what_is_stored_is_confirmed(worker: Worker) -> None:
    worker.receives(1, 4)
    worker.after(0)
    assert worker.sent == [("mimamori/v1/hall-1/command", {"stored_through": 1})]
    worker.after(3)
    assert worker.sent[1:] == [("mimamori/v1/hall-1/command", {"resend": [[2, 3]]})]


def test_nothing_is_asked_more_than_once_a_second_or_without_a_connection(worker: Worker) -> None:
    worker.is_connected = False
    worker.receives(1, 4)
    worker.after(3)
    assert worker.sent == []
    worker.is_connected = True
    worker.after(0)
    asked = len(worker.sent)
    worker.receives(9)
    worker.after(0.9)
    assert len(worker.sent) == asked == 2


def test_blind_time_from_before_a_restart_is_taken_back_when_its_messages_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored = {
        "last_seqs": {1: (5, _at(5))},
        "all_gaps": {1: [SequenceGap(2, 3, _at(1), _at(4))]},
        "blind_beginnings": {1: {_at(1)}},
        "reset_times": {},
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
    assert (batch.is_new(1, 1), batch.is_new(1, 7)) == (True, True)
    batch.note(_DEVICE, 7, _at(7))
    batch.note(_DEVICE, 3, _at(3))
    batch.note_newest(_DEVICE, 9)
    assert highest == {1: 7}
    assert (batch.is_new(1, 7), batch.is_new(1, 8)) == (False, True)
    # Others hold what came before: nothing follows for certain, and any number may be a missing one.
    assert (batch.is_next(1, 8), batch.may_fill(1, 3)) == (False, True)
    assert batch.seen == [
        (1, 7, _at(7), False),
        (1, 3, _at(3), False),
        (1, 9, sequence_gaps.NO_TIME, True),
    ]


class Group:
    """What workers that share the messages left in the database for the one that leads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[tuple[int, int, datetime, bool]] = []
        self.slowest: datetime | None = None
        self.loads = 0
        self.is_broken = False
        self.last: dict[int, tuple[int, datetime]] = {}
        for name, value in (("all_gaps", {}), ("blind_beginnings", {}), ("reset_times", {})):
            monkeypatch.setattr(sequence_gaps, name, partial(_read, value))
        for name in ("last_seqs", "take_batches", "slowest_worker", "put_last_seqs"):
            monkeypatch.setattr(sequence_gaps, name, getattr(self, name))

    def last_seqs(self, _connection: object) -> dict[int, tuple[int, datetime]]:
        self.loads += 1
        return dict(self.last)

    def take_batches(self, _connection: object) -> list[tuple[int, int, datetime, bool]]:
        left, self.seen = self.seen, []
        return left

    def slowest_worker(self, _connection: object, since: datetime) -> datetime | None:
        assert since == _at(1000) - timedelta(seconds=15)
        if self.is_broken:
            raise ConnectionError
        return self.slowest

    def put_last_seqs(self, _connection: object, last: dict[int, tuple[int, datetime]]) -> None:
        self.last |= last


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> Group:
    return Group(monkeypatch)


def test_only_the_worker_that_leads_looks_for_gaps_among_what_all_left(
    monkeypatch: pytest.MonkeyPatch, group: Group
) -> None:
    worker = Worker(monkeypatch, is_shared=True)
    group.seen = [(1, 5, _at(5), False), (1, 1, _at(1), False), (1, 2, _at(2), False), (99, 1, _at(1), False)]
    worker.after(1)
    assert (worker.protocol.leads, worker.sent, len(group.seen)) == (False, [], 4)

    worker.protocol.lead()
    assert worker.after(1) == [("write_gaps", {1: [SequenceGap(3, 4, _at(2), _at(5))]})]
    assert group.last == {1: (5, _at(5))}
    group.seen = [(1, 7, sequence_gaps.NO_TIME, True)]
    worker.after(3)
    assert worker.sent[-1] == ("mimamori/v1/hall-1/command", {"resend": [[3, 4], [6, 7]]})
    assert group.loads == 1


@pytest.mark.parametrize(("behind_s", "is_asked"), [(5, True), (5.1, False), (None, True)])
def test_nothing_is_asked_for_while_a_worker_is_more_than_five_seconds_behind(
    monkeypatch: pytest.MonkeyPatch, group: Group, behind_s: float | None, *, is_asked: bool
) -> None:
    worker = Worker(monkeypatch, is_shared=True)
    worker.protocol.lead()
    group.slowest = None if behind_s is None else _at(1000) - timedelta(seconds=behind_s)
    group.seen = [(1, 1, _at(1), False), (1, 4, _at(4), False)]
    worker.after(1)
    worker.after(3)
    assert any("resend" in body for _, body in worker.sent) is is_asked


def test_after_a_failure_of_the_database_the_leader_reads_everything_anew(
    monkeypatch: pytest.MonkeyPatch, group: Group
) -> None:
    worker = Worker(monkeypatch, is_shared=True)
    worker.protocol.lead()
    worker.after(1)
    assert group.loads == 1
    group.is_broken = True
    with pytest.raises(ConnectionError):
        worker.after(1)
    group.is_broken = False
    worker.after(1)
    assert group.loads == 2
    worker.after(1)
    assert group.loads == 2


def test_a_worker_alone_takes_in_what_a_group_left_and_forgets_when_the_group_received_it(
    monkeypatch: pytest.MonkeyPatch, group: Group
) -> None:
    forgotten: list[bool] = []

    def forget(_connection: object) -> None:
        # Only after all is taken in: what is known of it then is of this worker.
        forgotten.append(not group.seen)

    monkeypatch.setattr(sequence_gaps, "forget_seq_times", forget)
    group.seen = [(1, 2, _at(2), False), (1, 5, _at(5), False)]
    Worker(monkeypatch, is_shared=True).protocol.load(cast("Any", object()))
    assert (len(group.seen), forgotten) == (2, [])

    worker = Worker(monkeypatch)
    worker.protocol.load(cast("Any", object()))
    assert (group.last, worker.protocol.devices_with_gaps, forgotten) == ({1: (5, _at(5))}, 1, [True])


def test_a_batch_that_is_stored_without_its_numbers_claims_none() -> None:
    batch = Batch(contacts={1: DeviceContact(_at(5), _at(4), 5, 1.5)})
    forget_numbers(batch)
    assert (batch.is_shared, batch.contacts) == (True, {1: DeviceContact(_at(5), _at(4), 0, 1.5)})
