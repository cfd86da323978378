"""One ingest worker: active while it holds the lock of its name, a hot standby otherwise."""

import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from core.clock import Clock
from core.errors import StoreUnavailableError
from core.logs import get_logger
from core.settings import Settings
from core.store.database import Connection, Database, translated_errors
from core.store.telemetry import batches
from core.store.telemetry.quarantine import Limits
from ingest.metrics_server import ActiveParts, Monitor
from ingest.mqtt.connection import Receiver
from ingest.mqtt.message_queue import MessageQueue
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
    monitor : Monitor, optional
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
        monitor: Monitor | None = None,
        *,
        is_leaving: bool = False,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._database = database
        self._stop = stop
        self._monitor = monitor or Monitor()
        self.has_failed = False
        self._is_leaving = is_leaving
        self._key = _lock_key(settings.ingest_client_id)
        self._group_key = _lock_key(f"group {settings.ingest_group}")

    def run(self) -> None:
        """Wait for the lock, work while it is held, and again."""
        while not self._stop.is_set():
            lock = self._acquire()
            if lock is None:
                return
            try:
                self._work(lock)
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
            self._monitor.problem = "" if state == "standby" else state
            if state != last_state:
                _log.info("standby" if state == "standby" else "store_unavailable", detail=state)
                last_state = state
            self._stop.wait(_LOCK_PERIOD_S)
        return None

    def _work(self, lock: Connection) -> None:
        message_queue = MessageQueue(_QUEUE_MESSAGES, _QUEUE_BYTES)
        receiver = Receiver(self._settings, self._clock, message_queue, _WINDOW, is_leaving=self._is_leaving)
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
        self._monitor.parts = ActiveParts(message_queue, receiver, writer, self._clock)
        self._monitor.problem = ""
        receiver.start()
        for thread in threads:
            thread.start()
        try:
            self._watch(lock, receiver, writer, over)
        finally:
            over.set()
            for thread in threads:
                thread.join()
            receiver.stop()
            self._monitor.parts = None

    def _fenced(self, part: Callable[[], None], over: threading.Event) -> None:
        try:
            part()
        except Exception:  # noqa: BLE001 - a fence: without the writer nothing is stored, so the worker ends loudly
            _log.exception("writer_failed")
            self.has_failed = True
            self._stop.set()
        finally:
            over.set()

    def _watch(self, lock: Connection, receiver: Receiver, writer: Writer, over: threading.Event) -> None:
        """Log `ready` once connected, and return when stopped or when the lock is lost."""
        while not receiver.is_connected and not self._stop.wait(_READY_POLL_S) and not over.is_set():
            pass
        if receiver.is_connected:
            _log.info("ready", worker=self._settings.ingest_client_id)
        asked_at = self._clock.now()
        while not self._stop.wait(_LOCK_PERIOD_S) and not over.is_set():
            try:
                with translated_errors():
                    batches.prove_alive(lock)
                    if not writer.device_protocol.leads and batches.try_lock(lock, self._group_key):
                        writer.device_protocol.lead()
            except StoreUnavailableError:
                # A standby may hold the lock by now, and two with one client id would throw each other out.
                _log.warning("lock_lost")
                return
            # A marker sent since then has returned behind the whole backlog, and all of it is committed.
            if self._is_leaving and writer.watermark > asked_at:
                receiver.end_session()
                _log.info("session_ended", worker=self._settings.ingest_client_id)
                self._stop.set()

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
