"""Device protocol: commands to native devices, to send missing messages again and to forget what is stored."""

import threading
import time
from datetime import datetime, timedelta
from functools import partial

from core.clock import Clock
from core.logs import get_logger
from core.store.database import Connection, Database
from core.store.telemetry import sequence_gaps
from core.store.telemetry.batches import Batch, SendingDevice
from core.store.telemetry.sequence_gaps import BatchNumber, SequenceGap
from ingest.mqtt.connection import Receiver
from ingest.processing.device_cache import Devices
from ingest.progress.commit_queue import CommitQueue
from ingest.sequences.gap_tracker import Command, GapTracker

_log = get_logger(__name__)

_EVERY_S = 1.0
# A worker that is behind will bring what seems to be missing.
_BEHIND = timedelta(seconds=5)
_GONE = timedelta(seconds=15)


class DeviceProtocol:
    """Follows the sequence numbers of devices, and sends them commands about once a second.

    Parameters
    ----------
    database, clock, receiver, commit_queue, devices
        Parts of the worker.
    is_shared : bool
        Whether several workers share the messages. Then each sees only a part of a device's numbers: all leave them in
        the database with the batch, and the one that leads looks for gaps among them.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        receiver: Receiver,
        commit_queue: CommitQueue,
        devices: Devices,
        is_shared: bool,
    ) -> None:
        self._database = database
        self._clock = clock
        self._receiver = receiver
        self._commit_queue = commit_queue
        self._devices = devices
        self._is_shared = is_shared
        self._gap_tracker = GapTracker()
        self._highest: dict[int, int] = {}
        self._leads = threading.Event()
        if not is_shared:
            self._leads.set()
        self._is_loaded = False
        self._is_any_behind = False
        self._next = 0.0

    @property
    def devices_with_gaps(self) -> int:
        """How many devices have a gap, as far as this worker follows them."""
        return self._gap_tracker.devices_with_gaps

    @property
    def leads(self) -> bool:
        """Whether this worker looks for gaps; one that is alone always does."""
        return self._leads.is_set()

    def lead(self) -> None:
        """Look for gaps for all workers that share the messages, from now on."""
        self._leads.set()

    def load(self, connection: Connection) -> None:
        """Read how far devices had come; what workers that shared messages left behind is taken in first."""
        if not self._is_shared:
            self._gap_tracker.load(connection)
            while self._fold(connection):
                pass
            sequence_gaps.forget_seq_times(connection)

    @property
    def sequence_reset_at(self) -> dict[int, datetime]:
        """When the devices that lost their memory began to count from 1 again, as far as this worker follows them."""
        return self._gap_tracker.sequence_reset_at

    def observer(self) -> "GapTracker | ProtocolState":
        """Return the observer for the sequence numbers of one batch."""
        return ProtocolState(self._highest) if self._is_shared else self._gap_tracker

    def add_to(self, batch: Batch, observer: "GapTracker | ProtocolState") -> None:
        """Put into a batch what has to be stored with it."""
        if isinstance(observer, GapTracker):
            observer.add_to(batch)
        else:
            batch.seen = observer.seen

    def add_again(self, connection: Connection, batch: Batch) -> None:
        """Store that part of a batch which the database refused as a whole."""
        sequence_gaps.write_gaps(connection, batch.missing, self._clock.now())
        sequence_gaps.reset(connection, batch.anew, batch.forgotten, self._clock.now())
        sequence_gaps.add_batch(connection, batch.seen)

    def send_due_commands(self) -> None:
        """Request missing messages, and confirm to devices what is stored."""
        moment = time.monotonic()
        if moment < self._next or not self._receiver.is_connected:
            return
        self._next = moment + _EVERY_S
        may_request = True
        if self._is_shared:
            if not self._leads.is_set() or not self._commit_queue.run_with_retry(self._gather):
                return
            may_request = not self._is_any_behind
        lost = self._request_missing() if may_request else []
        confirmations = self._gap_tracker.due_confirmations()
        if confirmations:
            # Behind the batches that hold what is confirmed.
            self._commit_queue.submit(partial(self._confirm, confirmations))
        filled = self._gap_tracker.take_filled()
        changes = self._gap_tracker.take_changes()
        if lost or filled or changes:
            self._commit_queue.submit(partial(self._write, lost, filled, changes))

    def _request_missing(self) -> list[tuple[int, SequenceGap]]:
        lost: list[tuple[int, SequenceGap]] = []
        for command, device, blind in self._gap_tracker.due_commands(self._clock.now()):
            self._receiver.publish(command.topic, command.payload)
            _log.warning("sequence_gap_found", device=device, blind=bool(blind))
            lost += [(device, span) for span in blind]
        return lost

    def _gather(self) -> None:
        """Merge the numbers that the workers left; started again if the database fails in between."""
        now = self._clock.now()
        scale = max(1.0, self._clock.factor)
        if not self._is_loaded:
            self._gap_tracker = GapTracker()
        try:
            with self._database.transaction() as connection:
                if not self._is_loaded:
                    self._gap_tracker.load(connection)
                self._fold(connection)
                slowest = sequence_gaps.slowest_worker(connection, now - _GONE * scale)
        except BaseException:
            # Memory may be ahead of what was rolled back.
            self._is_loaded = False
            raise
        self._is_loaded = True
        self._is_any_behind = slowest is not None and now - slowest > _BEHIND * scale

    def _fold(self, connection: Connection) -> bool:
        """Take in numbers that were left; False if there were none."""
        observed = sorted(
            (device, is_claim, seq, at)
            for device, seq, at, is_claim in sequence_gaps.take_batches(connection)
        )
        if not observed:
            return False
        known = {device.number: device for device in self._devices.all()}
        for number, is_claim, seq, at in observed:
            device = known.get(number)
            if device is None:
                continue
            if is_claim:
                self._gap_tracker.note_newest(device, seq)
            else:
                self._gap_tracker.note(device, seq, at)
        sequence_gaps.write_gaps(connection, self._gap_tracker.take_changes(), self._clock.now())
        sequence_gaps.put_last_seqs(connection, self._gap_tracker.last_of({entry[0] for entry in observed}))
        return True

    def _confirm(self, commands: list[Command]) -> None:
        for command in commands:
            self._receiver.publish(command.topic, command.payload)

    def _write(
        self,
        lost: list[tuple[int, SequenceGap]],
        filled: list[tuple[int, datetime]],
        changes: dict[int, list[SequenceGap]],
    ) -> None:
        now = self._clock.now()
        with self._database.transaction() as connection:
            sequence_gaps.write_gaps(connection, changes, now)
            for device, span in lost:
                sequence_gaps.record_blind_time(connection, device, span, now)
            for device, began_at in filled:
                sequence_gaps.drop_blind_time(connection, device, began_at)


class ProtocolState:
    """Records the sequence numbers in one batch of one of several workers.

    Parameters
    ----------
    highest : dict
        The highest number of each device that came to this worker; brought up to date here.
    """

    def __init__(self, highest: dict[int, int]) -> None:
        self.seen: list[BatchNumber] = []
        self._highest = highest

    def is_new(self, device: int, seq: int) -> bool:
        """Return whether a number is higher than any that came to this worker; others have stored it only if it came twice."""
        return seq > self._highest.get(device, 0)

    def is_next(self, device: int, seq: int) -> bool:  # noqa: ARG002 - others hold what came before
        """Return False: of workers that share the messages none knows what came before."""
        return False

    def may_fill(self, device: int, seq: int) -> bool:  # noqa: ARG002 - others hold what came before
        """Return True: of workers that share the messages none knows what came before."""
        return True

    def note(self, device: SendingDevice, seq: int, at: datetime) -> None:
        """Record a numbered message."""
        self._highest[device.number] = max(seq, self._highest.get(device.number, 0))
        self.seen.append((device.number, seq, at, False))

    def note_count(self, device: SendingDevice, made: int, at: datetime | None) -> None:
        """Leave it: of workers that share the messages none knows in which order they were sent."""

    def note_newest(self, device: SendingDevice, seq: int) -> None:
        """Take note that the device has made messages up to `seq`."""
        self.seen.append((device.number, seq, sequence_gaps.NO_TIME, True))


def forget_numbers(batch: Batch) -> None:
    """Let a batch say nothing of how far devices have come: it cannot know what others hold."""
    batch.is_shared = True
    for contact in batch.contacts.values():
        contact.seq = 0
