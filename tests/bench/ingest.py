"""How fast ingest is, measured against the fastest use of its client library and against what one writes at first."""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from rich.progress import Progress

from core.store.database import Database
from core.store.migrate import migrate
from deploy import packages
from deploy.broker import INGEST, SIMULATOR, Broker
from deploy.cluster import Cluster
from tests.bench.messages import DEVICES, ward
from tests.support.processes import Processes, service_settings
from tests.support.wait import wait_until
from tests.support.wards import register, write_ward

RUNS = 5
MESSAGES = 40_000
_FEW = 4_000
_NO_OP, _PLAIN = "bench-no-op", "bench-executemany"
_CLIENT_ID = "mimamori-ingest"


@dataclass(frozen=True)
class Result:
    """One measured number: the median of some runs."""

    value: float
    unit: str
    runs: list[float]
    against: str


class IngestBench:
    """One broker and one database, both with the settings they have in use; every run drains the same backlog."""

    def __init__(self, folder: Path, messages: int) -> None:
        self._folder = folder
        self._count = messages
        self._cluster = Cluster(folder / "postgresql", packages.postgres(print))
        self._broker = Broker(folder / "broker", packages.mosquitto(print))
        # Each consumer's messages are numbered without a gap, and none has those of another.
        self._seqs = {_NO_OP: 1, _CLIENT_ID: 1, _PLAIN: 1_000_000}
        self._url = ""

    def __enter__(self) -> "IngestBench":
        self._cluster.start()
        self._cluster.create_database("bench")
        self._url = self._cluster.url("bench")
        migrate(self._url)
        with Database(self._url) as database, database.transaction() as connection:
            register(connection, write_ward(self._folder, ward()))
        self._broker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._broker.stop()
        self._cluster.stop()

    def no_op_rate(self, count: int | None = None) -> float:
        """Messages per second that a paho client takes which does nothing."""
        began, ended = self._drained(_NO_OP, count or self._count, "no_op")
        return (count or self._count) / (ended - began)

    def executemany_rate(self) -> float:
        """Messages per second of one executemany per message."""
        began, ended = self._drained(_PLAIN, _FEW, "executemany", self._url)
        return _FEW / (ended - began)

    def ingest_rate(self) -> float:
        """Messages per second through ingest, committed with all that follows from them."""
        self._backlog(_CLIENT_ID, self._count)
        with psycopg.connect(self._url, autocommit=True) as connection:
            before = self._stored(connection)
            starter = Processes(self._folder)
            ingest = starter.start("ingest", service_settings(self._url, self._broker))
            try:
                wait_until(lambda: self._stored(connection) - before >= self._count, 300, "the backlog")
                (ended,) = connection.execute("SELECT clock_timestamp()").fetchone() or (None,)
            finally:
                starter.stop_all()
        began = datetime.fromisoformat(ingest.events("broker_connected")[0]["at"])
        assert isinstance(ended, datetime)
        return self._count / (ended - began).total_seconds()

    @staticmethod
    def _stored(connection: psycopg.Connection[tuple[object, ...]]) -> int:
        row = connection.execute("SELECT coalesce(sum(stored_messages), 0) FROM ingest_progress").fetchone()
        return int(str(row[0])) if row else 0

    def _drained(self, client_id: str, count: int, kind: str, *more: str) -> tuple[float, float]:
        self._backlog(client_id, count)
        printed = self._client(kind, INGEST, client_id, str(count), *more)
        began, ended = (float(part) for part in printed.split())
        return began, ended

    def _backlog(self, client_id: str, count: int) -> None:
        """Let the broker hold `count` new messages for a client that is away, and for nobody else."""
        self._broker.forget_messages()
        self._client("session", INGEST, client_id, "#")
        self._client("publish", SIMULATOR, str(count), str(self._seqs[client_id]))
        self._seqs[client_id] += count // DEVICES

    def _client(self, kind: str, user: str, *arguments: str) -> str:
        command = [
            sys.executable,
            "-m",
            "tests.bench.clients",
            kind,
            self._broker.host,
            str(self._broker.port),
        ]
        done = subprocess.run(
            [*command, user, self._broker.password(user), *arguments],
            check=True,
            capture_output=True,
            text=True,
            env=dict(os.environ),
        )
        return done.stdout


def measure(runs: int = RUNS, count: int = MESSAGES) -> dict[str, Result]:
    """Return the results by key: value, unit, the single runs, and what it is measured against."""
    with TemporaryDirectory(prefix="mimamori-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with IngestBench(folder, count) as bench, Progress(transient=True) as progress:
            steps: list[Callable[[], float]] = [bench.no_op_rate, bench.ingest_rate, bench.executemany_rate]
            task = progress.add_task("ingest", total=runs * len(steps))
            rates: list[list[float]] = []
            for _ in range(runs):
                found: list[float] = []
                for step in steps:
                    found.append(step())
                    progress.advance(task)
                rates.append(found)
    no_op, ours, plain = (list(column) for column in zip(*rates, strict=True))
    against = "a paho client that does nothing and acknowledges in batches of 500, same broker, same messages"
    return {
        "ingest_ratio": _result(
            [mine / theirs for mine, theirs in zip(ours, no_op, strict=True)], "ratio", against
        ),
        "executemany_ratio": _result(
            [mine / theirs for mine, theirs in zip(plain, no_op, strict=True)], "ratio", against
        ),
        "ingest_rate": _result(ours, "messages/s", "committed, three readings each"),
        "no_op_rate": _result(no_op, "messages/s", "received and acknowledged"),
        "executemany_rate": _result(plain, "messages/s", "one executemany and commit per message"),
    }


def _result(runs: list[float], unit: str, against: str) -> Result:
    digits = 3 if unit == "ratio" else 0
    return Result(round(statistics.median(runs), digits), unit, [round(run, digits) for run in runs], against)
