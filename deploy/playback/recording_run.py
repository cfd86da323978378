"""A recording through the whole service: broker, ingest, database and detectors; then what is stored against the file."""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from core.domain.alert import Outcome
from core.domain.metrics import METRICS
from core.formats.ward_file import read_ward
from core.store.alerts import handling
from core.store.database import Database
from core.store.devices.ward_registration import register_ward
from core.store.people import users
from core.store.telemetry import replay_progress
from core.store.telemetry.replay_progress import ReplayedAlert
from deploy.local.mosquitto import SIMULATOR, Broker
from deploy.playback.clock_stepping import SteppedProcesses
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.publisher import BrokerAddress, Publisher
from simulator.replay.publication import Publication
from simulator.replay.recording import Recording
from simulator.replay.registration import ward_of

_CLOSER = "replay"
Row = tuple[object, ...]


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
        How much is published before it is evaluated. It does not change what is found.
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

    def messages(self) -> list[OutboundMessage]:
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
    alerts: tuple[ReplayedAlert, ...]
    seconds: float


@dataclass(frozen=True)
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

    def run(self) -> ReplayResult:
        """Replay, and compare what is stored with the file.

        Raises
        ------
        ReplayError
            A process ended, or nothing moved any more; the message names its log.
        """
        began = time.monotonic()
        plan, part, messages = self.plan, self.plan.part, self.plan.messages()
        address = BrokerAddress(
            self.broker.host, self.broker.port, SIMULATOR, self.broker.password(SIMULATOR)
        )
        with Database(self.database_url, size=2, application="mimamori-replay") as database:
            closer = self._register(database, part)

            def after_step(moment: datetime) -> None:
                close_what_is_over(database, closer, moment)
                if self.on_step is not None:
                    self.on_step()

            with (
                SteppedProcesses(
                    self.database_url, self.broker, self.folder, begin=plan.begin, zone=plan.zone.key
                ) as processes,
                Publisher(address, most_under_way=1000) as publisher,
            ):
                processes.stepping(database, publisher, after_step).through(messages, plan.moments())
            with database.transaction() as connection:
                raised = tuple(replay_progress.raised_alerts(connection))
            difference = compare(database, part, plan.begin, plan.end)
        return ReplayResult(len(messages), difference, raised, time.monotonic() - began)

    def _register(self, database: Database, part: Recording) -> int:
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
            return users.by_login(connection, _CLOSER).number


def close_what_is_over(database: Database, closer: int, now: datetime) -> None:
    """Do what staff would: an alert that is left open would take in all that happens to its resident later."""
    with database.transaction() as connection:
        for number in replay_progress.over_but_open(connection):
            handling.close(connection, number, outcome=Outcome.DRILL, user=closer, now=now)


def compare(database: Database, part: Recording, begin: datetime, end: datetime) -> Difference:
    """Compare what is stored with the file, row for row: device, time, and what was reported."""
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
            *replay_progress.stored_readings(connection, device_ids, begin, end),
            *replay_progress.stored_fixes(connection, device_ids, begin, end),
        ]
    return _difference([*readings, *fixes], stored)


def _difference(expected: Sequence[Row], stored: Sequence[Row]) -> Difference:
    # As multisets: one row too few must not make all that follow it look wrong.
    sent, found = Counter(expected), Counter(stored)
    return Difference(
        len(expected), len(stored), tuple((sent - found).elements()), tuple((found - sent).elements())
    )
