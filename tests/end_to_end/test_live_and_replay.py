"""The same data end in the same alerts, whether they come live, late and in disorder, or all at once; through the real broker.

Compared is every alert that was raised and not withdrawn: rule, subject, severity, and when each of its episodes began and ended. Live and
all at once, also when it was raised and the whole reason card. What may differ follows from how data came, not from what happened:

- when an alert was opened and that it was detected late, its events and messages, and what was raised for a while until late data took it back;
- where data came late: when an episode was raised, and the card of what was raised before they came;
- alerts about equipment, which are about hearing itself;
- a call for help that comes a day late or more: it counts from when it was received, since nobody believes such a clock.

The long form, with `LONG_FAULTS=1` in the environment, runs under `make test-faults`.
"""

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from core.formats.ward_file import read_ward
from core.store.database import Database
from core.store.devices.ward_registration import register_ward
from deploy.local.mosquitto import SIMULATOR, Broker
from deploy.local.postgres_cluster import Cluster
from deploy.playback.clock_stepping import SteppedProcesses
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.publisher import BrokerAddress, Publisher
from tests.support.wards import lived_days, ward_files
from tests.support.wards.lived_days import END, FIRST, WATCHED

_HOMES = range(1, 4)
_LATEST = timedelta(hours=1)
# Everything has come and is evaluated.
_LAST = END + timedelta(hours=3)
_LEFT_OUT = ["device_silent", "home_silent", "ward_silent", "canary_silent"]
_RAISED = b"""
SELECT
    alert.rule, alert.subject_kind, alert.subject_number, alert.severity, alert.condition, episode.began_at,
    episode.cleared_at
FROM alert_episode AS episode JOIN alert USING (alert_id)
WHERE episode.withdrawn_at IS NULL AND NOT alert.rule = ANY(%s)
ORDER BY 1, 2, 3, 6
"""
_IN_TIME = b"""
SELECT
    alert.rule, alert.subject_kind, alert.subject_number, alert.reason - 'received_at', episode.began_at,
    episode.raised_at
FROM alert_episode AS episode JOIN alert USING (alert_id)
WHERE episode.withdrawn_at IS NULL AND NOT alert.rule = ANY(%s)
ORDER BY 1, 2, 3, 5
"""
_SEEDS = range(1, 9) if os.environ.get("LONG_FAULTS") else (1,)
_TEMPLATE = "template_mimamori"
_database = count(1)


Rows = list[tuple[object, ...]]


class Outcome(NamedTuple):
    """What came of it: episodes and alerts, and with them what only data that come in time make the same."""

    raised: Rows
    in_time: Rows


class Way(NamedTuple):
    """How messages come: in which order, and at which moments they are evaluated."""

    messages: list[OutboundMessage]
    moments: list[datetime]


def live(messages: Sequence[OutboundMessage], rng: Random) -> Way:
    """Each message in its turn; evaluated in steps of any length."""
    return Way(in_order(messages), steps(rng))


def in_disorder(messages: Sequence[OutboundMessage], rng: Random) -> Way:
    """Many messages up to an hour late, some of them twice."""
    coming: list[OutboundMessage] = []
    for message in messages:
        for _ in range(2 if rng.random() < 0.1 else 1):
            late_ms = rng.random() * _LATEST.total_seconds() * 1000 if rng.random() < 0.4 else 0
            coming.append(message._replace(time_ms=message.time_ms + round(late_ms)))
    return Way(in_order(coming), steps(rng))


def at_once(messages: Sequence[OutboundMessage], _rng: Random) -> Way:
    """Everything before anything is evaluated."""
    return Way(in_order(messages), [_LAST])


def in_order(messages: Sequence[OutboundMessage]) -> list[OutboundMessage]:
    return sorted(messages, key=lambda one: one.time_ms)


def steps(rng: Random) -> list[datetime]:
    """Return moments of any distance up to four hours, from the beginning of the watch on."""
    found = [WATCHED]
    while found[-1] < _LAST:
        found.append(min(_LAST, found[-1] + timedelta(seconds=rng.randint(600, 14_400))))
    return found


@contextmanager
def fresh_database(cluster: Cluster) -> Generator[str]:
    name = f"replayed_{next(_database)}"
    cluster.create_database(name, _TEMPLATE)
    try:
        yield cluster.url(name)
    finally:
        cluster.drop_database(name)


def evaluated(url: str, broker: Broker, folder: Path, way: Way) -> Outcome:
    """Send everything its way through the service, and return what came of it."""
    folder.mkdir()
    address = BrokerAddress(broker.host, broker.port, SIMULATOR, broker.password(SIMULATOR))
    with Database(url, size=2) as database:
        with database.transaction() as connection:
            ward = read_ward(ward_files.write_ward(folder, lived_days.ward_of(lived_days.homes_of(_HOMES))))
            register_ward(
                connection, ward, now=FIRST, default_zone="Asia/Tokyo", new_password=lambda _login: ""
            )
        with (
            SteppedProcesses(url, broker, folder, begin=WATCHED, zone="Asia/Tokyo") as processes,
            Publisher(address, most_under_way=1000) as publisher,
        ):
            processes.stepping(database, publisher, lambda _moment: None).through(*way)
        with database.transaction() as connection:
            return Outcome(
                *(connection.execute(query, (_LEFT_OUT,)).fetchall() for query in (_RAISED, _IN_TIME))
            )


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", _SEEDS)
def test_live_late_and_all_at_once_end_in_the_same_alerts(
    cluster: Cluster, broker: Broker, tmp_path: Path, seed: int
) -> None:
    sent = [lived_days.messages_of(home, seed) for home in _HOMES]
    past = [message for before, _ in sent for message in before]
    lived = [message for _, after in sent for message in after]
    found: dict[str, Outcome] = {}
    for way in (live, in_disorder, at_once):
        with fresh_database(cluster) as url:
            messages, moments = way(lived, Random(seed))
            plan = Way([*in_order(past), *messages], moments)
            found[way.__name__] = evaluated(url, broker, tmp_path / way.__name__, plan)

    assert len({row[0] for row in found["live"].raised}) >= 5, found["live"].raised
    wrong = [
        *(f"in disorder: {line}" for line in difference(found["live"].raised, found["in_disorder"].raised)),
        *(
            f"at once: {line}"
            for here, there in zip(found["live"], found["at_once"], strict=True)
            for line in difference(believed(here), believed(there))
        ),
    ]
    assert not wrong, "\n".join(wrong)


def believed(rows: Rows) -> Rows:
    """Leave out of calls for help what goes by when they were received."""
    calls = {(row[:2]) for row in rows if row[0] == "sos"}
    return [*(row for row in rows if row[0] != "sos"), *sorted(calls, key=str)]


def difference(live_rows: Rows, other: Rows) -> list[str]:
    """Say what only one of the two has."""
    return [
        *(f"only live: {_words(row)}" for row in live_rows if row not in other),
        *(f"not live: {_words(row)}" for row in other if row not in live_rows),
    ]


def _words(row: tuple[object, ...]) -> str:
    return ", ".join(f"{one:%d %H:%M:%S}" if isinstance(one, datetime) else str(one) for one in row)
