"""The writer: batches of messages into the database, each in one transaction, and only then the acknowledgement."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from core.clock import Clock
from core.errors import StoreError, StoreUnavailableError
from core.logs import get_logger
from core.store.database import Database
from core.store.telemetry import batches, quarantine
from ingest.codecs import decode
from ingest.codecs.result import Decoded, Rejected
from ingest.monitoring.counters import Counters
from ingest.monitoring.last_heard import LastHeard
from ingest.mqtt.connection import Receiver
from ingest.mqtt.message import InboundMessage
from ingest.mqtt.message_queue import MessageQueue
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from ingest.processing.sequence_observer import SequenceObserver
from ingest.processing.state_changes import State
from ingest.progress.clock_repair import ClockWatch
from ingest.progress.commit_queue import CommitQueue
from ingest.progress.marker import Marker
from ingest.progress.watermark import Watermark
from ingest.sequences.device_protocol import DeviceProtocol, forget_numbers

_log = get_logger(__name__)

# Reached only under load; a quiet ward's batches are those of some hundredths of a second.
BATCH_MESSAGES = 6000
_LINGER_S = 0.02
_IDLE_S = 0.03
# A message stored shortly before its connection broke may come again, marked as a repeat.
_IN_DOUBT = timedelta(seconds=10)
_CLOCK_STEP = timedelta(seconds=1)
_PRUNE_EVERY_S = 60.0
# A flood must not fill the disk before the quarantine is next bounded.
_PRUNE_EVERY_MESSAGES = 5000

_Decoded = Sequence[tuple[InboundMessage, Decoded | Rejected]]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A batch ready to be stored, and what is needed to make it again in parts."""

    decoded: _Decoded
    batch: batches.Batch
    states: dict[tuple[int, int], State]
    reached: datetime | None


class Writer:
    """Takes messages from the intake until it is told to stop.

    Parameters
    ----------
    database, clock, receiver, intake, rules
        What it works with.
    worker : str
        Under which name progress is reported.
    limits : Limits
        How much the quarantine keeps.
    stop : Event
        Ends `run` after the batch in hand.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        receiver: Receiver,
        intake: MessageQueue,
        rules: Rules,
        worker: str,
        limits: quarantine.Limits,
        stop: threading.Event,
    ) -> None:
        self.counters = Counters()
        self.hearing = LastHeard()
        self._database = database
        self._clock = clock
        self._receiver = receiver
        self._intake = intake
        self._rules = rules
        self._limits = limits
        self._stop = stop
        self._lane = CommitQueue(stop)
        self._devices = Devices(database)
        self.dialogue = DeviceProtocol(
            database=database,
            clock=clock,
            receiver=receiver,
            lane=self._lane,
            devices=self._devices,
            is_shared=rules.is_shared,
        )
        self._reach = Watermark(database, clock, worker)
        self._progress = Marker(worker, clock, receiver)
        self._clock_watch = ClockWatch(database, clock, rules.newest)
        self._generation = 0
        self._repeated_since = clock.now() - _IN_DOUBT
        self._next_prune = 0.0
        self._pruned_at_count = 0

    @property
    def is_blocked(self) -> bool:
        """Whether the database refuses work at the moment."""
        return self._lane.is_blocked

    @property
    def problem(self) -> str:
        """Why the database refuses work; empty while it does not."""
        return self._lane.problem

    @property
    def complete_through(self) -> datetime:
        """Everything that the broker had for this worker before this time is stored."""
        return self._reach.complete_through

    def run(self) -> None:
        """Store what comes until told to stop."""
        if self._lane.patiently(self._load):
            while not self._stop.is_set():
                messages = self._intake.take(BATCH_MESSAGES, _IDLE_S, _LINGER_S, lambda: self._lane.is_idle)
                self._note_connection()
                if messages:
                    self._lane.patiently(partial(self._prepare, messages))
                self.dialogue.speak()
                self._look_after(idle=not messages)
                self._progress.send_marker(idle=not messages)
        self._lane.close()

    def commit(self) -> None:
        """Bring to the database what `run` made ready; runs in a thread of its own."""
        self._lane.run()

    def _load(self) -> None:
        with self._database.transaction() as connection:
            known = self._reach.load(connection)
        if known is not None:
            self._repeated_since = min(self._repeated_since, known - _IN_DOUBT)
        self._devices.prepare((), self._clock.now())
        with self._database.transaction() as connection:
            self.dialogue.load(connection)

    def _note_connection(self) -> None:
        generation = self._receiver.generation
        if generation != self._generation:
            if self._generation:
                self._repeated_since = min(
                    self._clock.now(), self.counters.last_stored_at or self._clock.now()
                )
                self._repeated_since -= _IN_DOUBT
            self._generation = generation
            self._progress.forget_outstanding()

    def _prepare(self, messages: list[InboundMessage]) -> None:
        """Decode and assemble a batch while the one before is being committed."""
        markers = [message for message in messages if self._progress.is_marker(message)]
        if markers:
            messages = [message for message in messages if not self._progress.is_marker(message)]
        decoded = [(message, decode(message.topic, message.payload)) for message in messages]
        self._devices.prepare(
            (result.sender for _, result in decoded if isinstance(result, Decoded)), self._clock.now()
        )
        reached = self._progress.reached(markers)
        before = self._devices.states
        listener = self.dialogue.listener()
        assembly = self._assembled(decoded, before, listener)
        self.dialogue.add_to(assembly.batch, listener)
        # What this batch says of doors and beds is known to the next one; a dictionary of its own, should it be halved.
        if assembly.new_states:
            self._devices.states = {**before, **assembly.new_states}
        self._lane.give(
            partial(self._store, _Prepared(decoded, assembly.batch, before, reached), [*messages, *markers])
        )

    def _assembled(
        self,
        decoded: _Decoded,
        states: dict[tuple[int, int], State],
        listener: SequenceObserver | None = None,
    ) -> BatchBuilder:
        assembly = BatchBuilder(
            self._rules,
            self._devices.find,
            states,
            self._repeated_since,
            listener,
            self.dialogue.counts_since,
        )
        for message, result in decoded:
            assembly.add(message, result)
        if self._rules.is_shared:
            forget_numbers(assembly.batch)
        return assembly

    def _store(self, prepared: _Prepared, messages: list[InboundMessage]) -> None:
        try:
            self._store_at_once(prepared.decoded, prepared.batch, prepared.reached)
        except StoreUnavailableError:
            raise
        except StoreError:
            self._store_in_parts(prepared.decoded, prepared.states, prepared.reached)
            with self._database.transaction() as connection:
                self.dialogue.add_again(connection, prepared.batch)
        self._receiver.acknowledge(messages)

    def _store_in_parts(
        self, decoded: _Decoded, states: dict[tuple[int, int], State], reached: datetime | None
    ) -> None:
        """Halve what the database refuses until the message that it refuses stands alone, for the quarantine."""
        assembly = self._assembled(decoded, states)
        try:
            self._store_at_once(decoded, assembly.batch, reached)
        except StoreUnavailableError:
            raise
        except StoreError as error:
            if not decoded:
                raise
            if len(decoded) == 1:
                message, _ = decoded[0]
                _log.error("message_refused_by_database", error=str(error))
                refused = [(message, Rejected("refused_by_database", str(error)))]
                self._store_at_once(refused, self._assembled(refused, states).batch, reached)
                return
            middle = len(decoded) // 2
            self._store_in_parts(decoded[:middle], states, None)
            self._store_in_parts(decoded[middle:], states, reached)

    def _store_at_once(self, decoded: _Decoded, batch: batches.Batch, reached: datetime | None) -> None:
        with self._database.transaction() as connection:
            stored = batches.store_batch(connection, batch, self._clock.now())
            self._reach.report(connection, reached, len(decoded))
        first_at = decoded[0][0].received_at if decoded else None
        self.counters.count(len(decoded), batch, stored, first_at)

    def _look_after(self, *, idle: bool) -> None:
        """Bound the quarantine, look who is heard, and keep the time going while the broker is away."""
        quarantined = self.counters.quarantined
        if (
            time.monotonic() >= self._next_prune
            or quarantined - self._pruned_at_count >= _PRUNE_EVERY_MESSAGES
        ):
            self._next_prune = time.monotonic() + _PRUNE_EVERY_S
            self._pruned_at_count = quarantined
            self._lane.give(self._prune)
        blind_since = self._progress.blind_since()
        if blind_since is not None and not self._reach.is_blind:
            self._lane.give(partial(self._reach.begin_blind_time, blind_since))
        # Without the broker nothing more can come: the time goes on, and rules know that the ward is blind in it.
        elif idle and (
            self._reach.is_blind or (self._receiver.is_connected and self._progress.markers_are_lost)
        ):
            now = self._clock.now()
            if now - self._reach.complete_through >= _CLOCK_STEP:
                self._lane.give(partial(self._reach.go_on, now))

    def _prune(self) -> None:
        now = self._clock.now()
        with self._database.transaction() as connection:
            dropped = quarantine.prune(connection, self._limits, now)
            self.hearing.refresh(connection, now)
        if self._clock_watch.look():
            self._reach.go_back(now)
        if dropped:
            self.counters.quarantine_dropped += dropped
            _log.warning("quarantine_dropped", count=dropped)
