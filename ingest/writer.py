"""The writer: batches of messages into the database, each in one transaction, and only then the acknowledgement."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock
from core.errors import StoreError, StoreUnavailableError
from core.logs import get_logger
from core.store import ingestion, quarantine
from core.store.database import Connection, Database
from ingest.assembly import Assembly, Rules
from ingest.codecs import decode
from ingest.codecs.decoded import Decoded, Rejected
from ingest.devices import Devices
from ingest.intake import Intake
from ingest.message import Message
from ingest.mqtt import Receiver
from ingest.progress import Progress

_log = get_logger(__name__)

BATCH_MESSAGES = 1000
_LINGER_S = 0.02
_IDLE_S = 0.03
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 2.0
_SAY_AGAIN_S = 30.0
# A message stored shortly before its connection broke may come again, marked as a repeat.
_IN_DOUBT = timedelta(seconds=10)
_BLIND_CAUSE = "broker_unreachable"
_PRUNE_EVERY_S = 60.0
_QUARANTINE_AGE = timedelta(days=90)
_QUARANTINE_MESSAGES = 100_000
_QUARANTINE_BYTES = 512 * 1024 * 1024

_Decoded = list[tuple[Message, Decoded | Rejected]]


@dataclass(slots=True)
class Counters:
    """What the writer has done since the process began."""

    messages: int = 0
    readings: int = 0
    fixes: int = 0
    quarantined: int = 0
    batches: int = 0
    last_stored_at: datetime | None = None
    is_blocked: bool = False


class Writer:
    """Takes messages from the intake until it is told to stop.

    Parameters
    ----------
    database, clock, receiver, intake, rules
        What it works with.
    worker : str
        Under which name progress is reported.
    stop : Event
        Ends `run` after the batch in hand.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        receiver: Receiver,
        intake: Intake,
        rules: Rules,
        worker: str,
        stop: threading.Event,
    ) -> None:
        self.counters = Counters()
        self._database = database
        self._clock = clock
        self._receiver = receiver
        self._intake = intake
        self._rules = rules
        self._worker = worker
        self._stop = stop
        self._devices = Devices(database)
        self._progress = Progress(worker, clock, receiver)
        self._generation = 0
        self._repeated_since = clock.now() - _IN_DOUBT
        self._complete_through = clock.now()
        self._is_blind = False
        self._next_prune = 0.0

    def run(self) -> None:
        """Store what comes until told to stop."""
        self._patiently(self._load)
        while not self._stop.is_set():
            messages = self._intake.take(BATCH_MESSAGES, _IDLE_S, _LINGER_S)
            self._note_connection()
            if messages:
                self._patiently(self._store, messages)
            else:
                self._patiently(self._stand_by)
            self._progress.send_marker(idle=not messages)

    def _load(self) -> None:
        with self._database.transaction() as connection:
            known = ingestion.progress(connection, self._worker)
        if known is not None:
            self._complete_through = known
            self._repeated_since = min(self._repeated_since, known - _IN_DOUBT)
        self._devices.prepare((), self._clock.now())

    def _patiently(self, work: Callable[..., None], messages: list[Message] | None = None) -> None:
        """Do it until it succeeds: while the database is away, nothing is acknowledged and the queue fills."""
        wait_s, next_word = _FIRST_WAIT_S, 0.0
        while not self._stop.is_set():
            try:
                if messages is None:
                    work()
                else:
                    work(messages)
            except StoreUnavailableError as error:
                self.counters.is_blocked = True
                if time.monotonic() >= next_word:
                    _log.error("store_unavailable", error=str(error), waiting=len(self._intake))
                    next_word = time.monotonic() + _SAY_AGAIN_S
                self._stop.wait(wait_s)
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
                self._note_connection()
            else:
                if self.counters.is_blocked:
                    self.counters.is_blocked = False
                    _log.info("store_available", waiting=len(self._intake))
                return

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

    def _store(self, messages: list[Message]) -> None:
        markers = [message for message in messages if self._progress.is_marker(message)]
        if markers:
            messages = [message for message in messages if not self._progress.is_marker(message)]
        decoded = [(message, decode(message.topic, message.payload)) for message in messages]
        senders = (result.sender for _, result in decoded if isinstance(result, Decoded))
        self._devices.prepare(senders, self._clock.now())
        reached = self._progress.reached(markers)
        self._store_decoded(decoded, reached)
        self._receiver.acknowledge([*messages, *markers])

    def _store_decoded(self, decoded: _Decoded, reached: datetime | None) -> None:
        """Store a batch; if the database refuses it, halve it until the message that it refuses stands alone."""
        try:
            self._store_at_once(decoded, reached)
        except StoreUnavailableError:
            raise
        except StoreError as error:
            if not decoded:
                raise
            if len(decoded) == 1:
                message, _ = decoded[0]
                _log.error("message_refused_by_database", error=str(error))
                refused = Rejected("refused_by_database", str(error))
                self._store_at_once([(message, refused)], reached)
                return
            middle = len(decoded) // 2
            self._store_decoded(decoded[:middle], None)
            self._store_decoded(decoded[middle:], reached)

    def _store_at_once(self, decoded: _Decoded, reached: datetime | None) -> None:
        assembly = Assembly(self._rules, self._devices.find, self._devices.states, self._repeated_since)
        for message, result in decoded:
            assembly.add(message, result)
        with self._database.transaction() as connection:
            stored = ingestion.store_batch(connection, assembly.batch)
            self._report(connection, reached, len(decoded))
        self._devices.states.update(assembly.new_states)
        self._count(decoded, assembly.batch, stored)

    def _report(self, connection: Connection, reached: datetime | None, messages: int) -> None:
        if reached is not None:
            self._complete_through = reached
            if self._is_blind:
                ingestion.end_blind_time(connection, "ward", _BLIND_CAUSE, reached)
                self._is_blind = False
                _log.info("broker_heard_again")
        ingestion.report_progress(
            connection, self._worker, self._complete_through, messages, self._clock.now()
        )

    def _count(self, decoded: _Decoded, batch: ingestion.Batch, stored: ingestion.Stored) -> None:
        counters = self.counters
        counters.messages += len(decoded)
        counters.readings += stored.readings
        counters.fixes += stored.fixes
        counters.quarantined += len(batch.refused)
        counters.batches += 1
        if decoded:
            counters.last_stored_at = decoded[0][0].received_at
            _log.debug(
                "batch_stored",
                messages=len(decoded),
                readings=stored.readings,
                fixes=stored.fixes,
                quarantined=len(batch.refused),
            )
        if batch.refused:
            _log.warning(
                "messages_quarantined",
                count=len(batch.refused),
                reasons=sorted({refused.reason for refused in batch.refused}),
            )

    def _stand_by(self) -> None:
        """Do what is due while nothing comes."""
        if time.monotonic() >= self._next_prune:
            self._prune()
        blind_since = self._progress.blind_since()
        if blind_since is not None and not self._is_blind:
            with self._database.transaction() as connection:
                ingestion.begin_blind_time(connection, "ward", _BLIND_CAUSE, blind_since)
            self._is_blind = True
            _log.error("broker_unreachable")
        # Without the broker nothing more can come: the time goes on, and rules know that the ward is blind in it.
        if self._is_blind or (self._receiver.is_connected and self._progress.markers_are_lost):
            self._report_clock()

    def _report_clock(self) -> None:
        now = self._clock.now()
        if now - self._complete_through >= timedelta(seconds=1):
            self._complete_through = now
            with self._database.transaction() as connection:
                ingestion.report_progress(connection, self._worker, now, 0, now)

    def _prune(self) -> None:
        with self._database.transaction() as connection:
            dropped = quarantine.prune(
                connection,
                before=self._clock.now() - _QUARANTINE_AGE,
                messages=_QUARANTINE_MESSAGES,
                size_bytes=_QUARANTINE_BYTES,
            )
        self._next_prune = time.monotonic() + _PRUNE_EVERY_S
        if dropped:
            _log.warning("quarantine_dropped", count=dropped)
