"""The writer: batches of messages into the database, each in one transaction, and only then the acknowledgement."""

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from core.clock import Clock
from core.domain.device_proposal import Proposed
from core.errors import StoreError, StoreUnavailableError
from core.logs import get_logger
from core.store.database import Database
from core.store.devices import unread_fields
from core.store.devices.unread_fields import UnreadField
from core.store.operation import connection_loops
from core.store.telemetry import batches, connection_breaks, quarantine
from core.store.telemetry.connection_breaks import ConnectionBreak
from ingest.codecs import decode
from ingest.codecs.result import Decoded, Rejected
from ingest.monitoring.connection_loops import WINDOW, ConnectionLoops
from ingest.monitoring.counters import Counters
from ingest.monitoring.gateway_contacts import GatewayContacts
from ingest.mqtt.connection import Receiver
from ingest.mqtt.message import InboundMessage
from ingest.mqtt.message_queue import MessageQueue
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.connections import SERVICE
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from ingest.processing.links import Links
from ingest.processing.sequence_observer import SequenceObserver
from ingest.processing.unread_fields import UnreadFields
from ingest.progress.clock_repair import ClockRepair
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
_BREAKS_KEPT = timedelta(days=30)
_UNREAD_KEPT = timedelta(days=30)
_MOST_DESCRIBED = 20_000
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
    breaks: Sequence[ConnectionBreak]
    links: Links
    watermark: datetime | None


class Writer:
    """Takes messages from the queue until it is stopped.

    Parameters
    ----------
    database, clock, receiver, message_queue, rules
        What it works with.
    worker : str
        The name under which the watermark is reported.
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
        message_queue: MessageQueue,
        rules: Rules,
        worker: str,
        limits: quarantine.Limits,
        stop: threading.Event,
    ) -> None:
        self.counters = Counters()
        self.gateway_contacts = GatewayContacts()
        self.connection_loops = ConnectionLoops()
        self._unread_fields = UnreadFields()
        self._described: dict[str, tuple[list[Proposed], bool]] = {}
        self._database = database
        self._clock = clock
        self._receiver = receiver
        self._message_queue = message_queue
        self._rules = rules
        self._limits = limits
        self._stop = stop
        self._commit_queue = CommitQueue(stop)
        self._devices = Devices(database)
        self.device_protocol = DeviceProtocol(
            database=database,
            clock=clock,
            receiver=receiver,
            commit_queue=self._commit_queue,
            devices=self._devices,
            is_shared=rules.is_shared,
        )
        self._watermark = Watermark(database, clock, worker)
        self._marker = Marker(worker, clock, receiver)
        self._clock_repair = ClockRepair(database, clock, rules.newest)
        self._generation = 0
        self._service_break: ConnectionBreak | None = None
        self._breaks: list[ConnectionBreak] = []
        self._back_at = clock.now()
        self._repeated_since = clock.now() - _IN_DOUBT
        self._next_prune = 0.0
        self._pruned_at_count = 0

    @property
    def is_blocked(self) -> bool:
        """Whether the database refuses work at the moment."""
        return self._commit_queue.is_blocked

    @property
    def problem(self) -> str:
        """Why the database refuses work; empty while it does not."""
        return self._commit_queue.problem

    @property
    def watermark(self) -> datetime:
        """The watermark: everything that the broker had for this worker before this time is stored."""
        return self._watermark.time

    def run(self) -> None:
        """Build batches from the queue until stopped."""
        if self._commit_queue.run_with_retry(self._load):
            while not self._stop.is_set():
                messages = self._message_queue.take(
                    BATCH_MESSAGES, _IDLE_S, _LINGER_S, lambda: self._commit_queue.is_idle
                )
                self._note_connection()
                if messages:
                    self._commit_queue.run_with_retry(partial(self._prepare, messages))
                self.device_protocol.send_due_commands()
                self._maintain(idle=not messages)
                self._marker.send_marker(idle=not messages)
        if self._unread_fields.has_some:
            self._hand_over_unread()
        self._commit_queue.close()

    def commit(self) -> None:
        """Commit the batches that `run` built; runs in a thread of its own."""
        self._commit_queue.run()

    def _load(self) -> None:
        with self._database.transaction() as connection:
            known = self._watermark.load(connection)
        self._devices.prepare((), self._clock.now())
        if known is not None:
            self._repeated_since = min(self._repeated_since, known - _IN_DOUBT)
            self._begin_service_break(known)
        with self._database.transaction() as connection:
            self.device_protocol.load(connection)

    def _note_connection(self) -> None:
        generation = self._receiver.generation
        if generation != self._generation:
            if self._generation:
                self._repeated_since = min(
                    self._clock.now(), self.counters.last_stored_at or self._clock.now()
                )
                self._repeated_since -= _IN_DOUBT
                self._begin_service_break(self._watermark.time)
            self._generation = generation
            self._marker.forget_outstanding()

    def _begin_service_break(self, known_until: datetime) -> None:
        """Take note that what is not numbered may have been lost, or waits at the broker, since everything was stored last."""
        now = self._clock.now()
        self._back_at = now
        if self._service_break is None:
            self._service_break = ConnectionBreak(SERVICE, min(known_until, now), None)
            self._note_break(self._service_break)

    def _end_service_break(self, markers: list[InboundMessage]) -> None:
        """End the break when a marker of the new connection returns: nothing that waited is left."""
        sent_at = self._marker.sent_at(markers)
        if sent_at is not None and sent_at >= self._back_at:
            self._put_end_of_break(markers[-1].received_at)

    def _put_end_of_break(self, at: datetime) -> None:
        known = self._service_break
        if known is not None:
            self._service_break = None
            self._note_break(ConnectionBreak(known.senders, known.began_at, max(at, known.began_at)))

    def _note_break(self, one: ConnectionBreak) -> None:
        self._devices.note_break(one)
        self._breaks.append(one)

    def _prepare(self, messages: list[InboundMessage]) -> None:
        """Decode and build a batch while the one before is being committed."""
        markers = [message for message in messages if self._marker.is_marker(message)]
        if markers:
            messages = [message for message in messages if not self._marker.is_marker(message)]
        decoded = [(message, decode(message.topic, message.payload)) for message in messages]
        self._devices.prepare(
            (result.sender for _, result in decoded if isinstance(result, Decoded)), self._clock.now()
        )
        # A numbered message is of a device at work, and describes none.
        others = [
            (message, result) for message, result in decoded if isinstance(result, Decoded) and not result.seq
        ]
        self.connection_loops.note_all(others)
        said = self._said(result for _, result in others if result.proposals)
        if said:
            self._devices.follow_descriptions(said, self._clock.now())
        watermark = self._marker.watermark(markers)
        self._end_service_break(markers)
        before = self._devices.links
        observer = self.device_protocol.observer()
        builder = self._build_batch(decoded, before, observer)
        self.counters.count_unread(builder.unread)
        self._unread_fields.add(builder.unread)
        self.counters.unread_left_out = self._unread_fields.left_out
        self.device_protocol.add_to(builder.batch, observer)
        # The next batch knows what this one says; this one may be built again in halves.
        self._devices.links = builder.finish(before)
        breaks, self._breaks = self._breaks, []
        builder.batch.breaks += breaks
        prepared = _Prepared(decoded, builder.batch, breaks, before, watermark)
        self._commit_queue.submit(partial(self._store, prepared, [*messages, *markers]))

    def _said(self, describing: Iterable[Decoded]) -> list[Proposed]:
        """Return what messages describe, of what every measurement repeats only what is new."""
        said: list[Proposed] = []
        for result in describing:
            found = [one.kept for one in result.proposals]
            if result.readings:
                state = (found, self._devices.find(result.sender) is not None)
                if self._described.get(result.sender) == state:
                    continue
                if len(self._described) >= _MOST_DESCRIBED:
                    self._described.clear()
                self._described[result.sender] = state
            said += found
        return said

    def _build_batch(
        self,
        decoded: _Decoded,
        links: Links,
        observer: SequenceObserver | None = None,
    ) -> BatchBuilder:
        builder = BatchBuilder(
            self._rules,
            self._devices.find,
            links,
            self._repeated_since,
            observer,
            self.device_protocol.sequence_reset_at,
        )
        for message, result in decoded:
            builder.add(message, result)
        if self._rules.is_shared:
            forget_numbers(builder.batch)
        return builder

    def _store(self, prepared: _Prepared, messages: list[InboundMessage]) -> None:
        try:
            self._store_at_once(prepared.decoded, prepared.batch, prepared.watermark)
        except StoreUnavailableError:
            raise
        except StoreError:
            with self._database.transaction() as connection:
                connection_breaks.put(connection, prepared.breaks)
            self._store_in_parts(prepared.decoded, prepared.links, prepared.watermark)
            with self._database.transaction() as connection:
                self.device_protocol.add_again(connection, prepared.batch)
        self._receiver.acknowledge(messages)

    def _store_in_parts(self, decoded: _Decoded, links: Links, watermark: datetime | None) -> Links:
        """Halve what the database refuses until the message that it refuses stands alone, for the quarantine; return what is known then."""
        builder = self._build_batch(decoded, links)
        after = builder.finish(links)
        try:
            self._store_at_once(decoded, builder.batch, watermark)
        except StoreUnavailableError:
            raise
        except StoreError as error:
            if not decoded:
                raise
            if len(decoded) == 1:
                message, _ = decoded[0]
                _log.error("message_rejected_by_database", error=str(error))
                refused = [(message, Rejected("refused_by_database", str(error)))]
                self._store_at_once(refused, self._build_batch(refused, links).batch, watermark)
                return links
            middle = len(decoded) // 2
            between = self._store_in_parts(decoded[:middle], links, None)
            return self._store_in_parts(decoded[middle:], between, watermark)
        return after

    def _store_at_once(self, decoded: _Decoded, batch: batches.Batch, watermark: datetime | None) -> None:
        with self._database.transaction() as connection:
            stored = batches.store_batch(connection, batch, self._clock.now())
            self._watermark.report(connection, watermark, len(decoded))
        first_at = decoded[0][0].received_at if decoded else None
        self.counters.count(len(decoded), batch, stored, first_at)

    def _maintain(self, *, idle: bool) -> None:
        """Prune the quarantine, refresh last contacts, and advance the watermark while the broker is unreachable."""
        quarantined = self.counters.quarantined
        if (
            time.monotonic() >= self._next_prune
            or quarantined - self._pruned_at_count >= _PRUNE_EVERY_MESSAGES
        ):
            self._next_prune = time.monotonic() + _PRUNE_EVERY_S
            self._pruned_at_count = quarantined
            self._commit_queue.submit(self._prune)
        if self._unread_fields.is_due:
            self._hand_over_unread()
        blind_since = self._marker.blind_since()
        if blind_since is not None and not self._watermark.is_blind:
            self._commit_queue.submit(partial(self._watermark.begin_blind_time, blind_since))
        # Without the broker nothing more can come: the watermark follows the clock, and rules know that the ward is blind.
        elif idle and (
            self._watermark.is_blind or (self._receiver.is_connected and self._marker.markers_are_lost)
        ):
            now = self._clock.now()
            if self._receiver.is_connected:
                self._put_end_of_break(now)
            if now - self._watermark.time >= _CLOCK_STEP:
                self._commit_queue.submit(partial(self._watermark.advance, now))

    def _hand_over_unread(self) -> None:
        found = self._unread_fields.take(self._devices.find)
        self._commit_queue.submit(partial(self._store_unread, found))

    def _store_unread(self, found: Sequence[UnreadField]) -> None:
        with self._database.transaction() as connection:
            unread_fields.add(connection, found)

    def _prune(self) -> None:
        now = self._clock.now()
        with self._database.transaction() as connection:
            dropped = quarantine.prune(connection, self._limits, now)
            self.gateway_contacts.refresh(connection, now)
            connection_loops.keep(connection, self.connection_loops.current(now), now - WINDOW)
            connection_breaks.drop(connection, now - _BREAKS_KEPT)
            unread_fields.drop_old(connection, now - _UNREAD_KEPT)
        if self._clock_repair.check():
            self._watermark.step_back(now)
        if dropped:
            self.counters.quarantine_dropped += dropped
            _log.warning("quarantine_dropped", count=dropped)
