"""A recording through the whole service: broker, ingest, database and detectors, on a clock that moves with the data.

Detectors must not judge a time before its data are stored, or a fast replay would look like silence. So the clock of all
processes stands until the broker has the data up to the next step, and moves only then: ingest tells how far it is by a
marker that goes through the broker behind the data, and detectors judge no further than that.
"""

import json
import os
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from core.clock import FileClock
from core.domain.alert import Outcome
from core.domain.metric import METRICS
from core.errors import MimamoriError
from core.store import alerts, users
from core.store import replay as store
from core.store.database import Connection, Database
from core.store.judging import is_judged
from core.store.registry import register_ward
from core.store.replay import RaisedAlert
from core.store.ward_file import read_ward
from deploy.broker import INGEST, SIMULATOR, Broker
from deploy.service import Service, ServicePlan
from simulator.messages import Message
from simulator.publish import BrokerAddress, Publisher
from simulator.replay.publication import Publication
from simulator.replay.recording import Recording
from simulator.replay.registration import ward_of

_POLL_S = 0.01
_PATIENCE_S = 120.0
_CLOSER = "replay"
Row = tuple[object, ...]


class ReplayError(MimamoriError):
    """The replay could not go on."""


@dataclass(frozen=True)
class ReplayPlan:
    """What to replay.

    Attributes
    ----------
    whole : Recording
        The file; messages are numbered from its beginning.
    homes : tuple of str
        Which homes; empty for all.
    begin, end : datetime
        From when to when, on whole hours.
    step : timedelta
        How much is published before it is judged. It does not change what is found.
    zone : ZoneInfo
        Where the homes are; days begin at its midnight.
    """

    whole: Recording
    homes: tuple[str, ...]
    begin: datetime
    end: datetime
    step: timedelta
    zone: ZoneInfo

    @property
    def part(self) -> Recording:
        """What of the file is replayed."""
        return self.whole.part(self.homes, self.begin, self.end)

    def messages(self) -> list[Message]:
        """Return the messages of the part."""
        return Publication(self.whole.part(self.homes, None, None)).messages(self.begin, self.end)

    def moments(self) -> list[datetime]:
        """Return the times at which a step ends."""
        count = -(-(self.end - self.begin) // self.step)
        return [min(self.begin + self.step * number, self.end) for number in range(1, count + 1)]


@dataclass(frozen=True)
class Difference:
    """How the database differs from the file."""

    expected: int
    stored: int
    missing: tuple[Row, ...]
    surplus: tuple[Row, ...]

    @property
    def is_none(self) -> bool:
        """Whether both hold the same rows."""
        return not self.missing and not self.surplus


@dataclass(frozen=True)
class ReplayResult:
    """What came out of a replay."""

    messages: int
    difference: Difference
    alerts: tuple[RaisedAlert, ...]
    seconds: float


@dataclass
class ReplayRun:
    """Replays a plan through a migrated, empty database and a broker.

    Parameters
    ----------
    folder : Path
        For the clock, the ward file and the logs of the processes.
    on_step : callable
        Called after each step.
    """

    plan: ReplayPlan
    database_url: str
    broker: Broker
    folder: Path
    on_step: Callable[[], None] | None = None
    _services: list[Service] = field(default_factory=list[Service], init=False)
    _closer: int = field(default=0, init=False)

    def run(self) -> ReplayResult:
        """Replay, and compare what is stored with the file.

        Raises
        ------
        ReplayError
            A process ended, or nothing moved any more; the message names its log.
        """
        began = time.monotonic()
        clock = self.folder / "clock"
        FileClock.write(clock, self.plan.begin)
        part = self.plan.part
        messages = self.plan.messages()
        with Database(self.database_url, size=2, application="mimamori-replay") as database:
            self._register(database, part)
            try:
                for name in ("ingest", "detectors"):
                    self._start(name, clock)
                self._step_through(database, messages, clock)
            finally:
                for service in reversed(self._services):
                    service.stop()
            with database.transaction() as connection:
                raised = tuple(store.raised_alerts(connection))
            difference = compare(database, part, self.plan.begin, self.plan.end)
        return ReplayResult(len(messages), difference, raised, time.monotonic() - began)

    def _register(self, database: Database, part: Recording) -> None:
        path = self.folder / "ward.json"
        closer = {"login": _CLOSER, "name": _CLOSER, "role": "admin"}
        ward = {**ward_of(part, self.plan.zone), "users": [closer]}
        path.write_text(json.dumps(ward, ensure_ascii=False), encoding="utf-8")
        with database.transaction() as connection:
            register_ward(
                connection,
                read_ward(path),
                now=self.plan.begin,
                default_zone="UTC",
                # No password has this hash, so nobody can sign in.
                new_password=lambda _login: "",
            )
            self._closer = users.by_login(connection, _CLOSER).number

    def _start(self, name: str, clock: Path) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MIMAMORI_")}
        settings = {
            "MIMAMORI_ENVIRONMENT": "test",
            "MIMAMORI_DATABASE_URL": self.database_url,
            "MIMAMORI_BROKER_HOST": self.broker.host,
            "MIMAMORI_BROKER_PORT": str(self.broker.port),
            "MIMAMORI_BROKER_USERNAME": INGEST,
            "MIMAMORI_BROKER_PASSWORD": self.broker.password(INGEST),
            "MIMAMORI_CLOCK": f"file:{clock}",
            "MIMAMORI_TIME_ZONE": self.plan.zone.key,
        }
        service = Service(ServicePlan(name, (name,)), self.folder, kept | settings)
        self._services.append(service)
        service.start()
        service.wait_ready()

    def _step_through(self, database: Database, messages: Sequence[Message], clock: Path) -> None:
        times = [message.time_ms for message in messages]
        address = BrokerAddress(
            self.broker.host, self.broker.port, SIMULATOR, self.broker.password(SIMULATOR)
        )
        done = 0
        with Publisher(address, most_under_way=1000) as publisher:
            for moment in self.plan.moments():
                ahead = bisect_left(times, moment.timestamp() * 1000)
                for message in messages[done:ahead]:
                    publisher.publish(message)
                publisher.drain()
                done = ahead
                FileClock.write(clock, moment)
                self._wait(database, store.is_stored, moment, "ingest")
                self._wait(database, is_judged, moment, "detectors")
                self._close_what_is_over(database, moment)
                if self.on_step is not None:
                    self.on_step()

    def _close_what_is_over(self, database: Database, now: datetime) -> None:
        """Do what staff would: an alert that is left open would take in all that happens to its resident later."""
        with database.transaction() as connection:
            for number in store.over_but_open(connection):
                alerts.close(connection, number, outcome=Outcome.DRILL, user=self._closer, now=now)

    def _wait(
        self, database: Database, is_done: Callable[[Connection, datetime], bool], moment: datetime, who: str
    ) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        service = next(service for service in self._services if service.plan.name == who)
        while True:
            with database.transaction() as connection:
                if is_done(connection, moment):
                    return
            what = f"{moment:%Y-%m-%d %H:%M} of the recording"
            if service.pid is None:
                raise ReplayError(f"{who} ended before {what}; its log is {service.log}")
            if time.monotonic() > deadline:
                raise ReplayError(
                    f"{who} did not reach {what} in {_PATIENCE_S:.0f} s; its log is {service.log}"
                )
            time.sleep(_POLL_S)


def compare(database: Database, part: Recording, begin: datetime, end: datetime) -> Difference:
    """Compare what is stored with the file, row for row: device, time, and what was told."""
    device_ids = [device.device_id for device in part.devices]
    readings: list[Row] = [
        (part.device_of(item).device_id, item.time, METRICS[item.metric].number, item.value)
        for item in part.readings
    ]
    fixes: list[Row] = [
        (part.device_of(item).device_id, item.time, item.lat, item.lon) for item in part.fixes
    ]
    with database.transaction() as connection:
        stored = [
            *store.stored_readings(connection, device_ids, begin, end),
            *store.stored_fixes(connection, device_ids, begin, end),
        ]
    return _difference([*readings, *fixes], stored)


def _difference(expected: Sequence[Row], stored: Sequence[Row]) -> Difference:
    # As multisets: one row too few must not make all that follow it look wrong.
    told, found = Counter(expected), Counter(stored)
    return Difference(
        len(expected), len(stored), tuple((told - found).elements()), tuple((found - told).elements())
    )
