"""A database that takes nothing for a while: ingest acknowledges nothing, says why in its health, and goes on by itself."""

import json
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from deploy.local.mosquitto import Broker
from deploy.local.ports import free_port
from tests.support.ingest import Rows, now, readings, registered_ward
from tests.support.services.folders import service_folder
from tests.support.services.processes import Process, Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.services.small_disk import small_disk
from tests.support.wait import wait_until

_ROLE = "ingest_only"


@pytest.fixture
def rows(database_url: str, tmp_path: Path) -> Iterator[Rows]:
    with registered_ward(database_url, tmp_path) as found:
        yield found


@contextmanager
def limited_role(url: str) -> Generator[str]:
    """Give the URL for a login that may do everything in the database, but is no superuser, whom no limit binds."""
    role, database = sql.Identifier(_ROLE), sql.Identifier(urlsplit(url).path[1:])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'limited'").format(role))
        connection.execute(
            sql.SQL(
                "GRANT ALL ON ALL TABLES IN SCHEMA public TO {0}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {0}"
            ).format(role)
        )
        try:
            yield url.replace(url.split("://", 1)[1].split("@", 1)[0], f"{_ROLE}:limited")
        finally:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [_ROLE]
            )
            connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(database, role))
            connection.execute(sql.SQL("DROP ROLE {}").format(role))


class Trouble:
    """Something that keeps the database from taking anything, until it ends."""

    words = ""

    def begin(self) -> None:
        """Begin."""

    def end(self) -> None:
        """End."""


@contextmanager
def read_only(url: str, rows: Rows) -> Generator[tuple[str, Trouble]]:
    class ReadOnly(Trouble):
        words = "it is read-only"

        def begin(self) -> None:
            rows.set_read_only(True)

        def end(self) -> None:
            rows.set_read_only(False)

    yield url, ReadOnly()


@contextmanager
def disk_full(url: str, _rows: Rows) -> Generator[tuple[str, Trouble]]:
    with service_folder() as folder, small_disk(url, folder) as disk:

        class DiskFull(Trouble):
            words = "its disk is full; make room"

            def begin(self) -> None:
                disk.fill()

            def end(self) -> None:
                disk.make_room()

        yield url, DiskFull()


@contextmanager
def no_connections(url: str, rows: Rows) -> Generator[tuple[str, Trouble]]:
    with limited_role(url) as limited:

        class NoConnections(Trouble):
            words = "it has no free connection"

            def begin(self) -> None:
                rows.do(f"ALTER ROLE {_ROLE} CONNECTION LIMIT 0")  # pyright: ignore[reportArgumentType] - a constant
                rows.of("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [_ROLE])

            def end(self) -> None:
                rows.do(f"ALTER ROLE {_ROLE} CONNECTION LIMIT -1")  # pyright: ignore[reportArgumentType] - a constant

        yield limited, NoConnections()


@pytest.mark.parametrize("kind", [read_only, disk_full, no_connections], ids=lambda kind: kind.__name__)
def test_ingest_waits_for_a_database_in_trouble_and_says_why(
    database_url: str,
    rows: Rows,
    broker: Broker,
    processes: Processes,
    kind: Any,
) -> None:
    trouble: AbstractContextManager[tuple[str, Trouble]] = kind(database_url, rows)
    port = free_port()
    with trouble as (url, trouble_itself), Publisher(broker) as device:
        settings = service_settings(url, broker, ingest_metrics_port=port)
        ingest = processes.start("ingest", settings)
        # More than fits into what a table has in reserve.
        _publish(device, range(1, 101))
        wait_until(lambda: _stored(rows) == 100, 20)
        wait_until(lambda: _health(port)[0] == 200, 20)

        trouble_itself.begin()
        _publish(device, range(101, 1001))
        wait_until(lambda: _is_red(port, trouble_itself.words), 30, "red health with the reason")
        assert _stored(rows) < 1000

        # Nothing that is not stored was acknowledged: a fresh ingest gets all of it again.
        ingest.kill()
        trouble_itself.end()
        second = processes.start("ingest", settings, ready=None)
        wait_until(lambda: _stored(rows) == 1000, 40, "everything to be stored")
        wait_until(lambda: _health(port)[0] == 200, 20, "green health")
        _stop(second)
        assert rows.of("SELECT count(*) FROM reading") == [(1000,)]
        assert rows.count("quarantine") == 0


def _publish(device: Publisher, numbers: range) -> None:
    moment = now()
    for seq in numbers:
        device.publish("mimamori/v1/hall-1/readings", readings(seq, ("motion", True, moment)))
    device.flush()


def _stored(rows: Rows) -> int:
    return int(rows.of("SELECT count(DISTINCT seq) FROM reading")[0][0])


def _health(port: int) -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except OSError:
        return 0, {}
    finally:
        connection.close()


def _is_red(port: int, words: str) -> bool:
    status, body = _health(port)
    return status == 503 and words in body["problem"]


def _stop(process: Process) -> None:
    process.stop()
    assert process.exit_code == 0, process.output
