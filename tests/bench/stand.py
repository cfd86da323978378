"""The test stand: one broker and one database server with the settings they have in use, and programs that consume."""

import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psycopg

from core.store.database import Database
from core.store.migrate import migrate
from deploy.local import required_programs
from deploy.local.mosquitto import INGEST, SIMULATOR, Broker
from deploy.local.postgres_cluster import Cluster
from tests.bench.messages import DEVICES, ward
from tests.support.services.processes import Process, Processes, service_settings
from tests.support.wait import wait_until
from tests.support.wards.ward_files import register, write_ward

MAIN = "bench"
_CLIENT_ID = "mimamori-ingest"
_TIMEOUT_S = 600
_ROW = tuple[object, ...]


class Stand:
    """Gives consumers a backlog and measures how fast they drain it.

    Parameters
    ----------
    folder : Path
        Where everything lies; services have to be able to enter it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = Cluster(folder / "postgresql", required_programs.postgres(print))
        self.broker = Broker(folder / "broker", required_programs.mosquitto(print))
        # Each consumer's messages are numbered without a gap, and none has those of another.
        self._seqs: dict[str, int] = {}

    def __enter__(self) -> "Stand":
        self.cluster.start()
        self.add_database(MAIN)
        self.broker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.broker.stop()
        self.cluster.stop()

    def add_database(self, name: str) -> None:
        """Create a database with the ward of the measurements."""
        self.cluster.create_database(name)
        migrate(self.cluster.url(name))
        with Database(self.cluster.url(name)) as database, database.transaction() as connection:
            register(connection, write_ward(self.folder, ward()))

    def connect(self, name: str = MAIN) -> psycopg.Connection[_ROW]:
        """Return a connection to a database, in autocommit mode."""
        return psycopg.connect(self.cluster.url(name), autocommit=True)

    def settings(self, database: str = MAIN, **more: str) -> dict[str, str]:
        """Return the settings of an ingest process."""
        return service_settings(self.cluster.url(database), self.broker, INGEST, **more)

    def take_seqs(self, consumer: str, messages: int) -> int:
        """Return the number from which the next messages for a consumer are numbered."""
        first = self._seqs.get(consumer, 1)
        self._seqs[consumer] = first + messages // DEVICES
        return first

    def drained(self, kind: str, count: int, *more: str) -> float:
        """Return how many messages a second a program of `tests.bench.clients` takes."""
        client_id = f"bench-{kind}"
        # Its readings must not be there yet, even in the database that ingest uses.
        self._seqs.setdefault(client_id, 1_000_000)
        self._backlog(client_id, count, [client_id])
        began, ended = (
            float(part) for part in self.client(kind, INGEST, client_id, str(count), *more).split()
        )
        return count / (ended - began)

    def ingest_rate(self, count: int, database: str = MAIN) -> float:
        """Return how many messages a second ingest takes, committed with all that follows from them."""
        self._backlog(f"ingest {database}", count, [_CLIENT_ID])
        return self._rate([self.settings(database)], count, database)

    def group_rate(self, count: int, workers: int, database: str = MAIN) -> float:
        """Return the same for workers that share the messages."""
        names = [f"bench-worker-{number}" for number in range(workers)]
        self._backlog(f"ingest {database}", count, names, "$share/bench/#")
        settings = [self.settings(database, ingest_client_id=name, ingest_group="bench") for name in names]
        return self._rate(settings, count, database)

    @contextmanager
    def running_ingest(self, database: str = MAIN) -> Generator[Process]:
        """Run one ingest worker."""
        starter = Processes(self.folder)
        try:
            yield starter.start("ingest", self.settings(database))
        finally:
            starter.stop_all()

    def stored(self, connection: psycopg.Connection[_ROW]) -> int:
        """Return how many messages all workers have stored."""
        row = connection.execute("SELECT coalesce(sum(stored_messages), 0) FROM ingest_progress").fetchone()
        return int(str(row[0])) if row else 0

    def client(self, kind: str, user: str, *arguments: str) -> str:
        """Run a program of `tests.bench.clients` to its end and return what it printed."""
        done = subprocess.run(
            self.command(kind, user, *arguments),
            check=True,
            capture_output=True,
            text=True,
            env=dict(os.environ),
        )
        return done.stdout

    def command(self, kind: str, user: str, *arguments: str) -> list[str]:
        """Return the command line of such a program."""
        where = [self.broker.host, str(self.broker.port), user, self.broker.password(user)]
        return [sys.executable, "-m", "tests.bench.clients", kind, *where, *arguments]

    def _rate(self, settings: Sequence[dict[str, str]], count: int, database: str) -> float:
        with self.connect(database) as connection:
            before = self.stored(connection)
            starter = Processes(self.folder)
            workers = [starter.start("ingest", own, ready=None) for own in settings]
            try:
                for worker in workers:
                    worker.wait_for("broker_connected")
                wait_until(lambda: self.stored(connection) - before >= count, _TIMEOUT_S, "the backlog")
                (ended,) = connection.execute("SELECT clock_timestamp()").fetchone() or (None,)
            finally:
                starter.stop_all()
        began = min(datetime.fromisoformat(one.events("broker_connected")[0]["at"]) for one in workers)
        assert isinstance(ended, datetime)
        return count / (ended - began).total_seconds()

    def _backlog(self, numbers_of: str, count: int, client_ids: Sequence[str], topics: str = "#") -> None:
        """Let the broker hold `count` new messages for clients that are away, and for nobody else."""
        self.broker.forget_messages()
        for client_id in client_ids:
            self.client("session", INGEST, client_id, topics)
        self.client("publish", SIMULATOR, str(count), str(self.take_seqs(numbers_of, count)))
