"""How a worker begins, waits, takes over and ends: one at a time has the session, and nothing is lost when it goes."""

import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from core.settings import Settings
from core.store.database import Database
from deploy.local.mosquitto import INGEST, Broker
from ingest.metrics_server import WorkerState
from ingest.worker import IngestWorker
from ingest.writer import Writer
from tests.support.ingest import Rows, now, readings, registered_ward
from tests.support.services.publisher import Publisher
from tests.support.services.tcp_proxy import TcpProxy
from tests.support.wait import wait_until

_ENDS_WITHIN_S = 20.0


class Running:
    """A worker in a thread of its own."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.stopping = threading.Event()
        self.state = WorkerState()
        self.worker = IngestWorker(settings, settings.make_clock(), database, self.stopping, self.state)
        self._thread = threading.Thread(target=self.worker.run, daemon=True)
        self._thread.start()

    @property
    def is_active(self) -> bool:
        """Whether it holds the lock and is connected to the broker."""
        parts = self.state.parts
        return parts is not None and parts.receiver.is_connected

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._thread.is_alive()

    def said(self) -> tuple[bool, str, str]:
        """Return whether it is healthy, and in which state it says that it is, with which problem."""
        is_healthy, body = self.state.health()
        return is_healthy, str(body["state"]), str(body.get("problem", ""))

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self.stopping.set()
        self.ended()

    def ended(self) -> None:
        """Wait until it has ended."""
        self._thread.join(_ENDS_WITHIN_S)
        assert not self.runs


class Stand:
    """Starts workers with one client id beside each other, each as in a process of its own."""

    def __init__(self, broker: Broker, stack: ExitStack) -> None:
        self._broker = broker
        self._stack = stack

    def start(self, url: str) -> Running:
        """Start one that works with a database."""
        settings = Settings(
            environment="test",
            database_url=url,  # pyright: ignore[reportArgumentType]
            broker_host=self._broker.host,
            broker_port=self._broker.port,
            broker_username=INGEST,
            broker_password=self._broker.password(INGEST),  # pyright: ignore[reportArgumentType]
        )
        database = self._stack.enter_context(Database(url, size=2, timeout_s=2.0))
        running = Running(settings, database)
        self._stack.callback(running.stop)
        return running


@pytest.fixture
def rows(database_url: str, tmp_path: Path) -> Iterator[Rows]:
    with registered_ward(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def stand(broker: Broker, rows: Rows) -> Iterator[Stand]:
    with ExitStack() as stack:
        yield Stand(broker, stack)
    # Whatever became of them, none keeps another from beginning.
    wait_until(lambda: not _holders(rows), what="every lock to be free")


def _holders(rows: Rows) -> list[int]:
    """Return the connections that hold a worker's lock."""
    return [
        pid
        for (pid,) in rows.of(
            "SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    ]


def _events(logs: list[EventDict], name: str) -> int:
    return [one["event"] for one in logs].count(name)


def _publish(broker: Broker, *numbers: int) -> None:
    with Publisher(broker) as device:
        for seq in numbers:
            device.publish("mimamori/v1/hall-1/readings", readings(seq, ("motion", True, now())))
        device.flush()


def _numbers(rows: Rows) -> list[int]:
    """Return the numbers of all stored messages, each as often as it is stored."""
    return [seq for (seq,) in rows.of("SELECT seq FROM reading ORDER BY seq")]


@contextmanager
def _away(url: str) -> Generator[tuple[str, TcpProxy]]:
    """Give the URL of the database over a line that can be cut."""
    parts = urlsplit(url)
    with TcpProxy(parts.hostname or "", parts.port or 5432) as line:
        yield url.replace(f":{parts.port}/", f":{line.port}/").replace(str(parts.hostname), "127.0.0.1"), line


def test_a_worker_waits_for_a_database_that_is_away_and_says_so(
    database_url: str, rows: Rows, broker: Broker, stand: Stand
) -> None:
    with _away(database_url) as (url, line):
        waiting = stand.start(url)
        wait_until(lambda: waiting.is_active, what="the first beginning")
        line.cut()
        wait_until(lambda: waiting.said()[:2] == (False, "waiting"), 20, "red health")
        assert waiting.said()[2]
        # The session at the broker stays, so that what comes meanwhile waits there.
        _publish(broker, 1)
        line.heal()
        wait_until(lambda: waiting.is_active, 20, "the second beginning")
        wait_until(lambda: _numbers(rows) == [1], what="what was sent meanwhile")
        waiting.stop()


def test_a_worker_that_is_stopped_while_the_database_is_away_ends(database_url: str, stand: Stand) -> None:
    with _away(database_url) as (url, line):
        waiting = stand.start(url)
        wait_until(lambda: waiting.is_active)
        line.cut()
        wait_until(lambda: waiting.said()[:2] == (False, "waiting"), 20)
        waiting.stop()
        assert not waiting.worker.has_failed


def test_a_database_that_takes_no_writes_keeps_a_worker_from_beginning_until_it_does(
    database_url: str, rows: Rows, broker: Broker, stand: Stand
) -> None:
    rows.set_read_only(True)
    waiting = stand.start(database_url)
    wait_until(lambda: "read-only" in waiting.said()[2], what="the reason")
    assert waiting.state.parts is None
    rows.set_read_only(False)
    wait_until(lambda: waiting.is_active, 20)
    _publish(broker, 1)
    wait_until(lambda: _numbers(rows) == [1])


def test_a_second_worker_stands_by_and_takes_over_what_the_first_leaves(
    database_url: str, rows: Rows, broker: Broker, stand: Stand
) -> None:
    first = stand.start(database_url)
    wait_until(lambda: first.is_active)
    second = stand.start(database_url)
    wait_until(lambda: second.said() == (True, "standby", ""), what="a healthy standby")
    _publish(broker, 1)
    wait_until(lambda: _numbers(rows) == [1])
    assert second.state.parts is None

    parts = first.state.parts
    assert parts is not None
    first.stop()
    # Two with one client id would throw each other out.
    wait_until(lambda: not parts.receiver.is_connected, what="the first to be gone from the broker")
    _publish(broker, 2)
    wait_until(lambda: second.is_active, what="the take-over")
    wait_until(lambda: _numbers(rows) == [1, 2], what="what came between the two")
    assert first.said()[:2] != (True, "active")


def test_a_standby_ends_when_it_is_stopped_and_leaves_the_active_worker_alone(
    database_url: str, rows: Rows, broker: Broker, stand: Stand
) -> None:
    first = stand.start(database_url)
    wait_until(lambda: first.is_active)
    second = stand.start(database_url)
    wait_until(lambda: second.said()[1] == "standby")
    second.stop()
    _publish(broker, 1)
    wait_until(lambda: _numbers(rows) == [1])
    assert first.is_active


def test_a_worker_that_loses_its_lock_gives_way_and_one_goes_on(
    database_url: str, rows: Rows, broker: Broker, stand: Stand
) -> None:
    workers = [stand.start(database_url)]
    wait_until(lambda: workers[0].is_active)
    workers.append(stand.start(database_url))
    wait_until(lambda: workers[1].said()[1] == "standby")
    with capture_logs() as logs:
        for number in (1, 2, 3):
            (holder,) = _holders(rows)
            rows.of("SELECT pg_terminate_backend(%s)", [holder])
            _publish(broker, number)
            wait_until(lambda number=number: _events(list(logs), "lock_lost") == number, 20, "it to give way")
            wait_until(
                lambda holder=holder: len(_holders(rows)) == 1 and _holders(rows) != [holder], 20, "a holder"
            )
            wait_until(lambda: [one.is_active for one in workers].count(True) == 1, 20, "one to go on")
            wait_until(lambda number=number: number in _numbers(rows), 20, f"message {number}")
    assert _numbers(rows) == [1, 2, 3]
    assert all(one.runs and not one.worker.has_failed for one in workers)


def test_a_worker_that_is_stopped_in_the_middle_ends_after_the_batch_in_hand_and_the_rest_waits(
    database_url: str, rows: Rows, broker: Broker, stand: Stand
) -> None:
    first = stand.start(database_url)
    wait_until(lambda: first.is_active)
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE reading IN ACCESS EXCLUSIVE MODE")
        _publish(broker, *range(1, 301))
        wait_until(
            lambda: rows.of(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ),
            what="a batch that waits to be stored",
        )
        _publish(broker, *range(301, 601))
        first.stopping.set()
        # What it has begun to store it stores.
        assert first.runs
        other.rollback()
    first.ended()
    left = _numbers(rows)
    assert left == list(range(1, len(left) + 1))
    assert left

    second = stand.start(database_url)
    wait_until(lambda: len(_numbers(rows)) == 600, 20, "the rest")
    assert _numbers(rows) == list(range(1, 601))
    second.stop()
    assert rows.count("quarantine") == 0


def test_a_worker_that_is_stopped_before_the_broker_is_there_ends(
    database_url: str, broker: Broker, stand: Stand
) -> None:
    broker.stop()
    try:
        alone = stand.start(database_url)
        wait_until(lambda: alone.said()[2] == "the broker cannot be reached", what="red health")
        alone.stop()
        assert not alone.worker.has_failed
    finally:
        broker.start(broker.port)


def test_a_writer_that_fails_ends_its_worker_loudly_and_frees_the_lock(
    database_url: str, rows: Rows, broker: Broker, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Any) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(Writer, "run", fail)
        failing = stand.start(database_url)
        failing.ended()
    assert (failing.worker.has_failed, failing.stopping.is_set()) == (True, True)
    assert _events(list(logs), "writer_failed") == 1
    # The next one begins at once.
    healthy = stand.start(database_url)
    wait_until(lambda: healthy.is_active)
    _publish(broker, 1)
    wait_until(lambda: _numbers(rows) == [1])
