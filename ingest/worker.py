"""One ingest worker: active while it holds the lock of its name, a hot standby otherwise."""

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from zoneinfo import ZoneInfo

from core.clock import Clock
from core.errors import StoreUnavailableError
from core.logs import get_logger
from core.settings import Settings
from core.store.database import Connection, Database, translated_errors
from core.store.operation import broker_sessions
from core.store.telemetry import batches
from core.store.telemetry.quarantine import Limits
from ingest.commands.ledger_sealing import LedgerSealing
from ingest.commands.work_supervisor import supervisors
from ingest.metrics_server import ActiveParts, WorkerState
from ingest.mqtt.connection import Receiver
from ingest.mqtt.message_queue import MessageQueue
from ingest.mqtt.subscriptions import subscriptions_of
from ingest.processing.limits import Rules
from ingest.processing.timestamps import NEWEST
from ingest.writer import BATCH_MESSAGES, Writer

_log = get_logger(__name__)

# MQTT receive maximum: larger than a batch, or the broker waits for us; the queue is bounded even if a broker ignores it.
_WINDOW = 4 * BATCH_MESSAGES
_QUEUE_MESSAGES = _WINDOW
_QUEUE_BYTES = 64 * 1024 * 1024
_LOCK_PERIOD_S = 1.0
_READY_POLL_S = 0.02
_DOUBT_S = 5
# A replay publishes up to the next step before it moves the clock there.
_NEWEST_BY_HAND = timedelta(days=1)


def limits_of(settings: Settings) -> Limits:
    """Return how much the quarantine keeps."""
    return Limits(
        timedelta(days=settings.quarantine_days),
        settings.quarantine_messages,
        settings.quarantine_mb * 1024 * 1024,
    )


class IngestWorker:
    """Runs until `stop` is set.

    Parameters
    ----------
    settings, clock, database
        What it works with; the database is open.
    stop : Event
        Ends it after the batch in hand.
    state : WorkerState, optional
        Shows an operator how the work goes.
    is_leaving : bool
        Store what still waits in the session of this client id, end the session, and return.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        database: Database,
        stop: threading.Event,
        state: WorkerState | None = None,
        *,
        is_leaving: bool = False,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._database = database
        self._stop = stop
        self._state = state or WorkerState()
        self.has_failed = False
        self.refusal = ""
        self._is_leaving = is_leaving
        self._asked = supervisors(clock)
        self._ledger = LedgerSealing()
        self._name = settings.ingest_client_id
        self._subscriptions = frozenset(subscriptions_of(settings))
        self._key = _lock_key(settings.ingest_client_id)
        self._group_key = _lock_key(f"group {settings.ingest_group}")

    def run(self) -> None:
        """Wait for the lock, work while it is held, and again."""
        while not self._stop.is_set():
            lock = self._acquire()
            if lock is None:
                return
            try:
                earlier = self._earlier(lock)
                if earlier is not None:
                    self._work(lock, earlier)
            finally:
                lock.close()

    def _acquire(self) -> Connection | None:
        """Return the connection that holds the lock, None if stopped first."""
        last_state = ""
        while not self._stop.is_set():
            state = ""
            try:
                connection = self._database.dedicated_connection()
                with translated_errors():
                    if batches.try_lock(connection, self._key):
                        return connection
                connection.close()
                state = "standby"
            except StoreUnavailableError as error:
                state = str(error)
            # A standby is healthy: its work is to wait. Without the database the active worker is unknown.
            self._state.problem = "" if state == "standby" else state
            if state != last_state:
                _log.info("standby" if state == "standby" else "store_unavailable", detail=state)
                last_state = state
            self._stop.wait(_LOCK_PERIOD_S)
        return None

    def _earlier(self, lock: Connection) -> frozenset[str] | None:
        """Return what the session at the broker may be subscribed to, all of it kept by now; None if that cannot be kept yet."""
        try:
            with translated_errors():
                earlier = broker_sessions.subscriptions(lock, self._name)
                # Before it asks: whatever ends it, the next start knows what to give back.
                if not earlier.issuperset(self._subscriptions):
                    broker_sessions.put(lock, self._name, earlier.union(self._subscriptions))
        except StoreUnavailableError as error:
            self._state.problem = str(error)
            _log.info("store_unavailable", detail=str(error))
            self._stop.wait(_LOCK_PERIOD_S)
            return None
        return earlier

    def _work(self, lock: Connection, earlier: frozenset[str]) -> None:
        message_queue = MessageQueue(_QUEUE_MESSAGES, _QUEUE_BYTES)
        receiver = Receiver(
            self._settings, self._clock, message_queue, _WINDOW, earlier=earlier, is_leaving=self._is_leaving
        )
        over = threading.Event()
        writer = Writer(
            database=self._database,
            clock=self._clock,
            receiver=receiver,
            message_queue=message_queue,
            rules=self._rules(),
            worker=self._settings.ingest_client_id,
            limits=limits_of(self._settings),
            stop=over,
        )
        threads = [
            threading.Thread(target=self._fenced, args=(part, over), name=part.__name__, daemon=True)
            for part in (writer.run, writer.commit)
        ]
        self._state.parts = ActiveParts(message_queue, receiver, writer, self._clock)
        self._state.problem = ""
        receiver.start()
        for thread in threads:
            thread.start()
        try:
            self._watch(lock, receiver, writer, over, is_kept=earlier == self._subscriptions)
        finally:
            over.set()
            for thread in threads:
                thread.join()
            receiver.stop()
            for one in self._asked:
                one.end()
            self._state.parts = None

    def _fenced(self, part: Callable[[], None], over: threading.Event) -> None:
        try:
            part()
        except Exception:  # noqa: BLE001 - a fence: without the writer nothing is stored, so the worker ends loudly
            _log.exception("writer_failed")
            self.has_failed = True
            self._stop.set()
        finally:
            over.set()

    def _watch(
        self, lock: Connection, receiver: Receiver, writer: Writer, over: threading.Event, *, is_kept: bool
    ) -> None:
        """Log `ready` once connected, and return when stopped or when the lock is lost."""
        while not receiver.is_connected and not self._stop.wait(_READY_POLL_S) and not over.is_set():
            if self._is_refused(receiver):
                return
        if receiver.is_connected:
            _log.info("ready", worker=self._settings.ingest_client_id)
        asked_at = self._clock.now()
        while not self._stop.wait(_LOCK_PERIOD_S) and not over.is_set() and not self._is_refused(receiver):
            try:
                with translated_errors():
                    batches.prove_alive(lock)
                    if not writer.device_protocol.leads and batches.try_lock(lock, self._group_key):
                        writer.device_protocol.lead()
                    is_kept = is_kept or self._keep_given(lock, receiver)
            except StoreUnavailableError:
                # A standby may hold the lock by now, and two with one client id would throw each other out.
                _log.warning("lock_lost")
                return
            self._look_for_work(lock)
            # A marker sent since then has returned behind the whole backlog, and all of it is committed.
            if self._is_leaving and writer.watermark > asked_at:
                receiver.end_session()
                self._forget_session(lock)
                _log.info("session_ended", worker=self._settings.ingest_client_id)
                self._stop.set()

    def _look_for_work(self, lock: Connection) -> None:
        """Have done what was asked for by page or command, by processes of their own, and seal the ledger."""
        if not self._is_leaving:
            for one in self._asked:
                one.look(lock)
            self._ledger.look(lock)

    def _keep_given(self, lock: Connection, receiver: Receiver) -> bool:
        """Keep, once the broker has taken back all else, that the session has what is asked for; return whether it is so."""
        if self._is_leaving or not receiver.holds_only_asked:
            return False
        broker_sessions.put(lock, self._name, self._subscriptions)
        return True

    def _forget_session(self, lock: Connection) -> None:
        # A list of more than the session has does no harm.
        with suppress(StoreUnavailableError), translated_errors():
            broker_sessions.drop(lock, self._name)

    def _is_refused(self, receiver: Receiver) -> bool:
        """Stop if the broker, perhaps another than before, cannot do what we need: to look connected and receive nothing is worse."""
        self.refusal = receiver.refusal
        if self.refusal:
            self._state.problem = self.refusal
            self._stop.set()
        return bool(self.refusal)

    def _rules(self) -> Rules:
        factor = self._clock.factor
        return Rules(
            zone=ZoneInfo(self._settings.time_zone),
            newest=NEWEST if factor else _NEWEST_BY_HAND,
            doubt=timedelta(seconds=_DOUBT_S * max(1.0, factor)),
            is_shared=bool(self._settings.ingest_group),
        )


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
