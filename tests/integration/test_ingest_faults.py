"""Faults of each part while devices go on: what was published is stored once, or known to be missing.

The long form, with `LONG_FAULTS=1` in the environment, runs under `make test-faults`.
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from core.store.migrate import migrate
from deploy import packages
from deploy.broker import Broker
from deploy.cluster import Cluster
from tests.support.device import Device
from tests.support.ingest import registered_ward
from tests.support.processes import Process, Processes, service_settings
from tests.support.wait import wait_until

_LONG = bool(os.environ.get("LONG_FAULTS"))
_MESSAGES, _PER_SECOND = (6000, 200) if _LONG else (800, 200)


class Parts:
    """A database, a broker and ingest of the test's own, to be killed at will."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        self.cluster = Cluster(folder / "postgresql", packages.postgres(print))
        self.broker = Broker(folder / "broker", packages.mosquitto(print))
        self._processes = processes
        self.cluster.start()
        self.broker.start()
        self.cluster.create_database("faults")
        self.url = self.cluster.url("faults")
        migrate(self.url)
        self.ingest = self.start_ingest()

    def start_ingest(self, ready: str | None = None) -> Process:
        """Start one more ingest."""
        return self._processes.start("ingest", service_settings(self.url, self.broker), ready=ready)

    def stop(self) -> None:
        """Stop everything."""
        self._processes.stop_all()
        self.broker.stop()
        self.cluster.stop()


@pytest.fixture
def parts(processes: Processes) -> Iterator[Parts]:
    """Give parts of the test's own."""
    with tempfile.TemporaryDirectory(prefix="mimamori-faults-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        running = Parts(folder, processes)
        try:
            yield running
        finally:
            running.stop()


def _kill_ingest(parts: Parts) -> None:
    parts.ingest.kill()
    parts.ingest = parts.start_ingest()


def _kill_ingest_with_a_standby(parts: Parts) -> None:
    standby = parts.start_ingest()
    parts.ingest.kill()
    parts.ingest = standby


def _kill_database(parts: Parts) -> None:
    port = parts.cluster.port
    parts.cluster.kill()
    time.sleep(0.5)
    parts.cluster.start(port)


def _restart_broker(parts: Parts) -> None:
    port = parts.broker.port
    parts.broker.stop()
    parts.broker.start(port)


def _kill_broker(parts: Parts) -> None:
    port = parts.broker.port
    parts.broker.kill()
    parts.broker.start(port)


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("fault", "times"),
    [
        (_kill_ingest, 20),
        (_kill_ingest_with_a_standby, 6),
        (_kill_database, 4),
        (_restart_broker, 4),
        (_kill_broker, 4),
    ]
    if _LONG
    else [(_kill_ingest, 2), (_kill_database, 1), (_kill_broker, 1)],
    ids=lambda value: value.__name__.strip("_") if callable(value) else str(value),
)
def test_nothing_is_lost_and_nothing_is_stored_twice(
    parts: Parts,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    fault: Callable[[Parts], None],
    times: int,
) -> None:
    with registered_ward(parts.url, tmp_path):
        parts.ingest.wait_for("ready")
    with Device(parts.broker, "hall-1") as device:
        making = threading.Thread(target=device.make, args=(_MESSAGES, _PER_SECOND))
        making.start()
        for place in range(times):
            wait_until(lambda place=place: device.made >= (place + 1) * _MESSAGES / (times + 2), 120)
            fault(parts)
        making.join()
        # The device says now and then how far it has come, as devices do.
        deadline = time.monotonic() + 90
        while _stored(parts.url) < device.made and time.monotonic() < deadline:
            device.tell()
            time.sleep(1)
    summary = _summary(parts.url, device)
    with capsys.disabled():
        sys.stdout.write(f"\n{fault.__name__.strip('_')} x{times}: {summary}\n")
    assert summary["stored"] == summary["published"]
    assert summary["stored twice"] == summary["missing"] == 0


def _stored(url: str) -> int:
    return _count(url, "SELECT count(DISTINCT seq) FROM reading WHERE metric = 1")


def _count(url: str, query: LiteralString) -> int:
    # A server that was killed refuses everybody while it recovers.
    connection = wait_until(lambda: _connection(url), 60, "the database")
    assert connection is not None
    with connection:
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _connection(url: str) -> psycopg.Connection[tuple[Any, ...]] | None:
    try:
        return psycopg.connect(url)
    except psycopg.OperationalError:
        return None


def _summary(url: str, device: Device) -> dict[str, int]:
    return {
        "published": device.made,
        "stored": _stored(url),
        "stored twice": _count(url, "SELECT count(*) - count(DISTINCT seq) FROM reading WHERE metric = 1"),
        "missing": _count(url, "SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM missing_messages"),
        "blind": _count(url, "SELECT count(*) FROM blind_time"),
        "sent again": device.resent,
    }
