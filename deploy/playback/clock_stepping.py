"""Moves the clock of all processes by hand, behind the data: publish up to a moment, go there, wait until it is evaluated.

Detectors must not evaluate a time before its data are stored, or a fast replay would look like silence. So their clock stands until
all data up to the next moment are stored. Ingest reports how far it is by a marker that goes through the broker behind the data.
Ingest may have a clock of its own, which is moved before the data come: then nothing is received before it happened.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from core.clock import FileClock
from core.errors import MimamoriError
from core.store.database import Connection, Database
from core.store.detection.evaluation_queue import is_evaluated
from core.store.telemetry import replay_progress
from deploy.demo.supervised_process import Service, ServicePlan
from deploy.local.mosquitto import INGEST, Broker
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.publisher import Publisher

_POLL_S = 0.01
_TIMEOUT_S = 120.0
_BEHIND = timedelta(milliseconds=1)


class ReplayError(MimamoriError):
    """The replay could not go on."""


class Transport(Protocol):
    """How messages reach ingest and time reaches the detectors: by the broker, or within this process."""

    def advance(self, messages: Sequence[OutboundMessage], moment: datetime) -> None:
        """Hand over what was sent before a moment, move the clocks there, and return when everything before it is evaluated."""
        ...


def drive(
    messages: Iterable[OutboundMessage], moments: Iterable[datetime], transport: Transport
) -> Iterator[datetime]:
    """Yield one moment after the other, each when everything before it is evaluated; messages come sorted by time."""
    waiting = iter(messages)
    ahead = next(waiting, None)
    for moment in moments:
        until_ms = moment.timestamp() * 1000
        part: list[OutboundMessage] = []
        while ahead is not None and ahead.time_ms < until_ms:
            part.append(ahead)
            ahead = next(waiting, None)
        transport.advance(part, moment)
        yield moment


@dataclass(frozen=True)
class Stepping:
    """Transport by the broker: publishes in steps and moves the clock files of the processes.

    Attributes
    ----------
    clock, ingest_clock : Path
        The clock file of all processes; that of ingest, which may be the same.
    trouble : callable
        Returns why a process (`ingest`, `detectors`) is not at work any more, else None.
    after_step : callable
        Called with each moment when everything up to it is evaluated.
    """

    database: Database
    publisher: Publisher
    clock: Path
    ingest_clock: Path
    trouble: Callable[[str], str | None]
    after_step: Callable[[datetime], None]

    def through(self, messages: Sequence[OutboundMessage], moments: Sequence[datetime]) -> None:
        """Publish messages, sorted by time, and stop at each of the moments until everything before it is evaluated.

        Raises
        ------
        ReplayError
            A process ended, or nothing moved any more.
        """
        for moment in drive(messages, moments, self):
            self.after_step(moment)

    def advance(self, messages: Sequence[OutboundMessage], moment: datetime) -> None:
        """Publish, move the clocks, and wait for ingest and detectors."""
        if self.ingest_clock != self.clock:
            FileClock.write(self.ingest_clock, moment)
        for message in messages:
            self.publisher.publish(message)
        self.publisher.drain()
        # A moment later than the data, so that the marker which carries it comes behind them.
        FileClock.write(self.ingest_clock, moment + _BEHIND)
        self._wait(replay_progress.is_stored, moment + _BEHIND, "ingest")
        FileClock.write(self.clock, moment + _BEHIND)
        self._wait(is_evaluated, moment, "detectors")

    def _wait(self, is_done: Callable[[Connection, datetime], bool], moment: datetime, who: str) -> None:
        deadline = time.monotonic() + _TIMEOUT_S
        while True:
            with self.database.transaction() as connection:
                if is_done(connection, moment):
                    return
            if trouble := self.trouble(who):
                raise ReplayError(f"{who} did not come to {moment:%Y-%m-%d %H:%M}: {trouble}")
            if time.monotonic() > deadline:
                raise ReplayError(
                    f"{who} did not come to {moment:%Y-%m-%d %H:%M} within {_TIMEOUT_S:.0f} s; does it run with the"
                    f" setting MIMAMORI_CLOCK=file:{self.clock}?"
                )
            time.sleep(_POLL_S)


class SteppedProcesses:
    """Ingest and detectors of our own on a clock that is moved by hand; use it with `with`.

    Parameters
    ----------
    folder : Path
        For the clock and the logs.
    begin : datetime
        What the clock shows first.
    zone : str
        The ward's time zone.
    with_one_clock : bool
        Ingest goes by the same clock.
    """

    def __init__(
        self,
        database_url: str,
        broker: Broker,
        folder: Path,
        *,
        begin: datetime,
        zone: str,
        with_one_clock: bool = False,
    ) -> None:
        self.clock = folder / "clock"
        self.ingest_clock = self.clock if with_one_clock else folder / "ingest.clock"
        self._begin = begin
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("MIMAMORI_")}
        settings = {
            "MIMAMORI_ENVIRONMENT": "test",
            "MIMAMORI_DATABASE_URL": database_url,
            "MIMAMORI_BROKER_HOST": broker.host,
            "MIMAMORI_BROKER_PORT": str(broker.port),
            "MIMAMORI_BROKER_USERNAME": INGEST,
            "MIMAMORI_BROKER_PASSWORD": broker.password(INGEST),
            "MIMAMORI_TIME_ZONE": zone,
        }
        clocks = {"ingest": self.ingest_clock, "detectors": self.clock}
        self._services = {
            name: Service(
                ServicePlan(name, (name,), {"MIMAMORI_CLOCK": f"file:{clock}"}), folder, inherited | settings
            )
            for name, clock in clocks.items()
        }

    def __enter__(self) -> Self:
        for clock in (self.clock, self.ingest_clock):
            FileClock.write(clock, self._begin)
        try:
            for service in self._services.values():
                service.start()
                service.wait_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def stepping(
        self, database: Database, publisher: Publisher, after_step: Callable[[datetime], None]
    ) -> Stepping:
        """Return what publishes in steps and moves the clocks of these processes."""
        return Stepping(database, publisher, self.clock, self.ingest_clock, self.trouble, after_step)

    def trouble(self, who: str) -> str | None:
        """Return why a process is not at work any more, None if it is."""
        service = self._services[who]
        return None if service.pid is not None else f"it ended; its log is {service.log}"

    def _stop(self) -> None:
        for service in reversed(self._services.values()):
            service.stop()
