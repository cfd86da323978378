"""A database, a broker and ingest of a test's own, to be killed at will, and devices that go on meanwhile."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from core.store.migrate import migrate
from deploy.local import required_programs
from deploy.local.mosquitto import Broker
from deploy.local.postgres_cluster import Cluster
from tests.support.device import Device
from tests.support.services.processes import Process, Processes, service_settings
from tests.support.services.tcp_proxy import TcpProxy
from tests.support.wait import wait_until

DATABASE = "faults"


class Parts:
    """Real parts of the test's own.

    Parameters
    ----------
    folder : Path
        Where they live.
    processes : Processes
        Starts and stops ours.
    shared : Cluster, optional
        A running database server, which the test leaves alone; without it one of the test's own is made, as in production.
    """

    def __init__(self, folder: Path, processes: Processes, shared: Cluster | None = None) -> None:
        self.cluster = shared or Cluster(folder / "postgresql", required_programs.postgres(print))
        self.broker = Broker(folder / "broker", required_programs.mosquitto(print))
        self._processes = processes
        self._is_own = shared is None
        if self._is_own:
            self.cluster.start()
        self.broker.start()
        self.cluster.create_database(DATABASE)
        self.url = self.cluster.url(DATABASE)
        migrate(self.url)
        self.network = TcpProxy(self.broker.host, self.broker.port)

    def start_ingest(self, *arguments: str, ready: str | None = None, **more: object) -> Process:
        """Start one more ingest, which reaches the broker through `network`."""
        settings = service_settings(self.url, self.broker) | {
            f"MIMAMORI_{name.upper()}": str(value)
            for name, value in {"broker_port": self.network.port, **more}.items()
        }
        return self._processes.start("ingest", settings, *arguments, ready=ready)

    def stop(self) -> None:
        """Stop everything."""
        self._processes.stop_all()
        self.broker.stop()
        if self._is_own:
            self.cluster.stop()
        else:
            self.cluster.drop_database(DATABASE)


@dataclass(frozen=True)
class Outcome:
    """What became of the messages."""

    published: int
    stored: int
    duplicated: int
    missing: int
    blind: int
    unrecorded: int
    sent_again: int

    def __str__(self) -> str:
        """Return it on one line."""
        return (
            f"published {self.published} / stored {self.stored} / duplicated {self.duplicated}"
            f" / missing {self.missing} / blind {self.blind} / missing and not blind {self.unrecorded}"
            f" (sent again {self.sent_again})"
        )


class Fleet:
    """Devices that measure all the time."""

    def __init__(self, broker: Broker, url: str, count: int) -> None:
        self.devices = [Device(broker, f"load-{number}") for number in range(count)]
        self._url = url

    @property
    def made(self) -> int:
        """How many messages they have made."""
        return sum(device.made for device in self.devices)

    @contextmanager
    def at_work(self, messages: int, per_second: float) -> Generator[None]:
        """Let them make so many messages in all while the block runs; wait for the rest at its end."""
        each = messages // len(self.devices), per_second / len(self.devices)
        threads = [threading.Thread(target=device.make, args=each) for device in self.devices]
        for device in self.devices:
            device.__enter__()
        try:
            for thread in threads:
                thread.start()
            yield
            for thread in threads:
                thread.join()
        except BaseException:
            self.leave()
            raise

    def wait_for(self, share: float, messages: int) -> None:
        """Wait until they have made a share of the messages."""
        wait_until(lambda: self.made >= share * messages, 180, "the devices to go on")

    def settle(self, timeout: float, is_settled: Callable[[Outcome], bool]) -> Outcome:
        """Wait until the outcome is as wanted, or for no longer than `timeout`; devices report how far they are, as they do now and then."""
        next_word = 0.0

        def settled() -> bool:
            nonlocal next_word
            if time.monotonic() >= next_word:
                next_word = time.monotonic() + 1.0
                for device in self.devices:
                    device.report()
                return is_settled(self.outcome())
            return False

        try:
            wait_until(settled, timeout)
        except AssertionError:
            pass
        finally:
            self.leave()
        return self.outcome()

    def leave(self) -> None:
        """Disconnect all."""
        for device in self.devices:
            device.__exit__(None, None, None)

    def outcome(self) -> Outcome:
        """Count what is in the database."""
        with _connected(self._url) as connection:
            stored = _pairs(
                connection,
                "SELECT d.device_id, r.seq FROM reading AS r JOIN device AS d USING (device_number) WHERE metric = 1",
            )
            spans = connection.execute(
                "SELECT d.device_id, m.first_seq, m.last_seq, b.began_at IS NOT NULL"
                " FROM sequence_gap AS m JOIN device AS d USING (device_number)"
                " JOIN device_assignment AS a ON a.device_number = m.device_number AND a.during @> m.began_at"
                " LEFT JOIN blind_time AS b ON b.home_id = a.home_id AND b.began_at = m.began_at"
            ).fetchall()
        blind = {
            (device, seq)
            for device, first, last, is_blind in spans
            if is_blind
            for seq in range(first, last + 1)
        }
        made = {(device.device_id, seq) for device in self.devices for seq in range(1, device.made + 1)}
        lost = made - set(stored)
        return Outcome(
            published=len(made),
            stored=len(set(stored)),
            duplicated=len(stored) - len(set(stored)),
            missing=len(lost),
            blind=len(lost & blind),
            unrecorded=len(lost - blind),
            sent_again=sum(device.resent for device in self.devices),
        )


@contextmanager
def _connected(url: str) -> Generator[psycopg.Connection[tuple[Any, ...]]]:
    # A server that was killed refuses everybody while it recovers.
    connection = wait_until(lambda: _connection(url), 90, "the database")
    assert connection is not None
    with connection:
        yield connection


def _connection(url: str) -> psycopg.Connection[tuple[Any, ...]] | None:
    try:
        return psycopg.connect(url)
    except psycopg.OperationalError:
        return None


def _pairs(connection: psycopg.Connection[tuple[Any, ...]], query: LiteralString) -> list[tuple[str, int]]:
    return [(str(device), int(seq)) for device, seq in connection.execute(query)]
