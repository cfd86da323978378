"""What devices reported and we did not get: found across workers, recorded as blind time of the home, and evaluated as "cannot tell"."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from core.store.database import Database
from core.store.telemetry import batches, sequence_gaps
from core.store.telemetry.batches import Batch, DeviceContact
from core.store.telemetry.sequence_gaps import SequenceGap
from ingest.mqtt.connection import Receiver
from ingest.processing.device_cache import Devices
from ingest.progress.commit_queue import CommitQueue
from ingest.sequences.device_protocol import DeviceProtocol, ProtocolState
from tests.support.alerting import HandClock
from tests.support.ingest import Rows, registered_ward
from tests.support.wards.evaluated_ward import EvaluatedWard, Seen, at, daily, home

_NOW = at("2026-07-01 12:00")
TODAY = at("2026-07-01 00:00")


class _Line:
    """Stands in for the connection to the broker: always there."""

    is_connected = True

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def publish(self, topic: str, payload: bytes) -> bool:
        self.sent.append((topic, payload))
        return True


class Workers:
    """Workers that share the messages of one device; each batch is stored as a worker stores it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock(_NOW)
        self.line = _Line()
        self.devices = Devices(database)
        self.devices.prepare((), _NOW)
        device = self.devices.find("native:hall-1")
        assert device is not None
        self.device = device

    def store(self, *seqs: int, claim: int | None = None) -> None:
        """Store a batch of one worker."""
        protocol_state = ProtocolState({})
        for seq in seqs:
            protocol_state.note(self.device, seq, _NOW + timedelta(minutes=seq))
        if claim is not None:
            protocol_state.note_newest(self.device, claim)
        batch = Batch(
            contacts={self.device.number: DeviceContact(_NOW, _NOW, 0, None)}, seen=protocol_state.seen
        )
        with self.database.transaction() as connection:
            batches.store_batch(connection, batch, _NOW)

    def leader(self, *, is_shared: bool = True) -> DeviceProtocol:
        """Return what looks for gaps in a worker that was just started."""
        made = DeviceProtocol(
            database=self.database,
            clock=self.clock,
            receiver=cast("Receiver", self.line),
            commit_queue=CommitQueue(threading.Event()),
            devices=self.devices,
            is_shared=is_shared,
        )
        made.lead()
        return made


@pytest.fixture
def rows(database_url: str, tmp_path: Path) -> Iterator[Rows]:
    with registered_ward(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def workers(database_url: str, rows: Rows) -> Iterator[Workers]:
    with Database(database_url, size=2) as database:
        yield Workers(database)


def _spans(rows: Rows) -> list[tuple[int, int]]:
    return [
        (first, last) for first, last in rows.of("SELECT first_seq, last_seq FROM sequence_gap ORDER BY 1")
    ]


def test_numbers_that_different_workers_stored_have_no_gap_between_them(workers: Workers, rows: Rows) -> None:
    workers.store(2, 4, 6)
    workers.store(1, 3, 5)
    workers.leader().send_due_commands()
    assert _spans(rows) == []
    assert rows.of("SELECT last_seq FROM device_contact") == [(6,)]
    assert rows.count("sequence_batch") == 0


def test_a_gap_is_found_with_the_times_beside_it_and_filled_by_whichever_worker(
    workers: Workers, rows: Rows
) -> None:
    workers.store(1, 6)
    workers.store(2, claim=8)
    first = workers.leader()
    first.send_due_commands()
    assert rows.of("SELECT first_seq, last_seq, began_at, ended_at FROM sequence_gap ORDER BY 1") == [
        (3, 5, _NOW + timedelta(minutes=2), _NOW + timedelta(minutes=6)),
        (7, 8, _NOW + timedelta(minutes=6), None),
    ]
    # The leader dies; the next one goes on where it was, and sees what was left meanwhile.
    workers.store(4)
    workers.store(9)
    workers.leader().send_due_commands()
    assert _spans(rows) == [(3, 3), (5, 5), (7, 8)]


def test_a_number_that_nobody_had_looked_at_yet_is_no_gap_overlooked_when_the_leader_dies(
    workers: Workers, rows: Rows
) -> None:
    workers.store(1, 2)
    workers.leader().send_due_commands()
    # Stored, but the leader died before it looked; without its own count it would take 5 for the last.
    workers.store(5)
    workers.leader().send_due_commands()
    assert _spans(rows) == [(3, 4)]


def test_one_worker_alone_takes_in_what_a_group_left(workers: Workers, rows: Rows, database_url: str) -> None:
    workers.store(1, 4)
    alone = workers.leader(is_shared=False)
    with Database(database_url, size=1) as database, database.transaction() as connection:
        alone.load(connection)
    assert _spans(rows) == [(2, 3)]
    assert rows.of("SELECT last_seq, last_seq_at FROM device_contact") == [(4, None)]


def test_nothing_is_asked_for_while_a_worker_is_behind(workers: Workers, rows: Rows) -> None:
    rows.of(
        "INSERT INTO ingest_progress VALUES ('ingest-1', %s, 0, %s) RETURNING 1",
        [_NOW - timedelta(seconds=10), _NOW],
    )
    workers.store(1, 5)
    leader = workers.leader()
    leader.send_due_commands()
    assert [body for _, body in workers.line.sent if b"resend" in body] == []
    assert _spans(rows) == [(2, 4)]


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[EvaluatedWard]:
    """Give a home with 30 regular days behind it, in which the last sign of life came at half past four."""
    with Database(database_url) as database:
        found = EvaluatedWard(database, tmp_path, [home(1, watched_from=TODAY)], TODAY)
        found.store(daily(1, TODAY - timedelta(days=30), 30))
        found.store(
            Seen(device, "motion", 1, at(f"2026-07-01 {clock}"))
            for clock in ("02:00", "04:30")
            for device in ("kitchen-1", "hall-1")
        )
        found.pass_to(at("2026-07-01 06:00"))
        yield found


def test_messages_that_stay_missing_make_the_home_blind_and_their_coming_takes_it_back(
    ward: EvaluatedWard,
) -> None:
    assert ward.state() == "as_usual"
    gap = SequenceGap(100, 120, at("2026-07-01 04:30"), at("2026-07-01 06:04"))
    now = at("2026-07-01 06:05")
    with ward.database.transaction() as connection:
        (device,) = (one for one in batches.sending_devices(connection, now) if one.device_id == "hall-1")
        sequence_gaps.write_gaps(connection, {device.number: [gap]}, now)
        sequence_gaps.record_blind_time(connection, device.number, gap, now)
    ward.pass_to(now)
    # The silence may be a full morning of messages that did not come: neither "as usual" nor "she does not move".
    assert ward.state() == "cannot_tell"
    assert ward.alerts("inactivity") == []

    with ward.database.transaction() as connection:
        sequence_gaps.write_gaps(connection, {device.number: []}, now)
        sequence_gaps.drop_blind_time(connection, device.number, gap.began_at)
    ward.store([Seen("hall-1", "motion", 1, at("2026-07-01 06:04"), now)])
    ward.pass_to(now + timedelta(minutes=1))
    assert ward.state() == "as_usual"


def test_blind_time_of_one_device_outlasts_that_of_another_that_began_together(ward: EvaluatedWard) -> None:
    gap = SequenceGap(1, 2, at("2026-07-01 04:30"), at("2026-07-01 05:00"))
    now = at("2026-07-01 07:00")
    with ward.database.transaction() as connection:
        numbers = [
            one.number
            for one in batches.sending_devices(connection, now)
            if one.device_id in {"hall-1", "kitchen-1"}
        ]
        sequence_gaps.write_gaps(connection, {number: [gap] for number in numbers}, now)
        for number in numbers:
            sequence_gaps.record_blind_time(connection, number, gap, now)
        assert sequence_gaps.blind_beginnings(connection) == {number: {gap.began_at} for number in numbers}
        sequence_gaps.write_gaps(connection, {numbers[0]: []}, now)
        sequence_gaps.drop_blind_time(connection, numbers[0], gap.began_at)
        assert connection.execute("SELECT count(*) FROM blind_time").fetchone() == (1,)
        sequence_gaps.write_gaps(connection, {numbers[1]: []}, now)
        sequence_gaps.drop_blind_time(connection, numbers[1], gap.began_at)
        assert connection.execute("SELECT count(*) FROM blind_time").fetchone() == (0,)
