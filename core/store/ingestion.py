"""One batch of messages into the database: all of it in the caller's transaction, or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.device import DeviceKind
from core.domain.metric import METRICS
from core.store import numbering, quarantine
from core.store.columns import Bigints, Doubles, Integers, Smallints, Times, column, microseconds
from core.store.database import Connection
from core.store.numbering import Missing, Seen
from core.store.queries import load

_INGESTION = load("ingestion")
# A call for help wakes the runner at once.
_URGENT = [METRICS["sos"].number, METRICS["fall"].number]

# Rows are plain tuples in the order of the query's columns: a batch has thousands of them many times a second.
ReadingRow = tuple[int, datetime, int, int, float, datetime, int]
"""device, time, metric, seq, value, received_at, flags"""
FixRow = tuple[
    int,
    datetime,
    int,
    float,
    float,
    float | None,
    float | None,
    float | None,
    float | None,
    datetime,
    int,
    datetime | None,
]
"""device, time, seq, lat, lon, accuracy_m, altitude_m, speed_kmh, course_deg, received_at, flags, since"""


@dataclass(slots=True)
class Contact:
    """What a batch tells about the link to a device."""

    received_at: datetime
    time: datetime
    seq: int
    skew_s: float | None


@dataclass(slots=True)
class Batch:
    """What a number of messages say, ready to be stored.

    Attributes
    ----------
    readings : list
        Readings with a time of their own.
    doubtful : list
        Readings stored under a time of ours, each followed by the time from which on a reading of the same device,
        metric and number is the same one.
    fixes : list
        Fixes; `since` is None for those with a time of their own.
    latest : dict
        (device, metric) -> (time, value), the latest of this batch.
    contacts : dict
        device -> what is known of the link to it.
    late_states : dict
        (device, metric) -> time of states that came after a later one.
    refused : list
        Messages for the quarantine.
    missing : dict
        device -> all its missing messages, for devices for which they changed.
    seen : list
        Numbers for the worker that looks for gaps, when several share the messages.
    """

    readings: list[ReadingRow] = field(default_factory=list[ReadingRow])
    doubtful: list[tuple[ReadingRow, datetime]] = field(default_factory=list[tuple[ReadingRow, datetime]])
    fixes: list[FixRow] = field(default_factory=list[FixRow])
    latest: dict[tuple[int, int], tuple[datetime, float]] = field(
        default_factory=dict[tuple[int, int], tuple[datetime, float]]
    )
    contacts: dict[int, Contact] = field(default_factory=dict[int, Contact])
    late_states: list[tuple[int, int, datetime]] = field(default_factory=list[tuple[int, int, datetime]])
    refused: list[quarantine.Refused] = field(default_factory=list[quarantine.Refused])
    missing: dict[int, list[Missing]] = field(default_factory=dict[int, list[Missing]])
    seen: list[Seen] = field(default_factory=list[Seen])


@dataclass(frozen=True, slots=True)
class Stored:
    """How much of a batch was new."""

    readings: int
    fixes: int


@dataclass(frozen=True, slots=True)
class _Fresh:
    device: int
    count: int
    earliest: datetime
    latest: datetime
    life_sign_at: datetime | None
    urgent: bool


def store_batch(connection: Connection, batch: Batch, now: datetime) -> Stored:
    """Store a batch: readings and fixes, latest states, news for the runner, and what is refused."""
    # The doubtful first: they look for their number, which the same message's other readings carry too.
    readings = [*_store_doubtful(connection, batch), *_store_readings(connection, batch)]
    fixes = _store_fixes(connection, batch)
    if batch.late_states:
        _mend_state_changes(connection, batch)
    _store_latest(connection, batch)
    _store_contacts(connection, batch)
    _store_news(connection, [*readings, *fixes])
    quarantine.keep(connection, batch.refused)
    if batch.missing:
        numbering.write_missing(connection, batch.missing, now)
    if batch.seen:
        numbering.put_seen(connection, batch.seen)
    return Stored(sum(fresh.count for fresh in readings), sum(fresh.count for fresh in fixes))


def report_progress(
    connection: Connection, worker: str, complete_through: datetime, messages: int, now: datetime
) -> None:
    """Tell how far a worker has come: everything received before `complete_through` is committed."""
    connection.execute(
        _INGESTION["report_progress"],
        {"worker": worker, "complete_through": complete_through, "messages": messages, "now": now},
    )


def progress(connection: Connection, worker: str) -> datetime | None:
    """Return how far a worker had come, None if it never ran."""
    row = connection.execute(_INGESTION["progress"], {"worker": worker}).fetchone()
    return row[0] if row else None


@dataclass(frozen=True, slots=True)
class SendingDevice:
    """A registered device as ingest needs it; `zone` is its home's, None while it is in no home."""

    number: int
    device_id: str
    sender: str
    kind: DeviceKind
    gateway_id: str | None
    zone: ZoneInfo | None


def sending_devices(
    connection: Connection, now: datetime, senders: Iterable[str] | None = None
) -> list[SendingDevice]:
    """Return the registered devices, or those of some senders."""
    wanted = None if senders is None else list(senders)
    rows = connection.execute(_INGESTION["devices"], {"now": now, "senders": wanted})
    return [
        SendingDevice(
            number, device_id, sender, DeviceKind(kind), gateway_id, ZoneInfo(zone) if zone else None
        )
        for number, device_id, sender, kind, gateway_id, zone in rows
    ]


def latest_states(
    connection: Connection, metrics: Sequence[int]
) -> dict[tuple[int, int], tuple[datetime, float]]:
    """Return the latest (time, value) of some metrics by (device, metric)."""
    rows = connection.execute(_INGESTION["latest_states"], {"metrics": list(metrics)})
    return {(device, metric): (time, value) for device, metric, time, value in rows}


def begin_blind_time(
    connection: Connection, subject: str, cause: str, began_at: datetime, now: datetime
) -> None:
    """Note that a home or the whole ward cannot be heard from `began_at` on."""
    connection.execute(
        _INGESTION["begin_blind_time"], {"subject": subject, "cause": cause, "began_at": began_at, "now": now}
    )


def end_blind_time(connection: Connection, subject: str, cause: str, ended_at: datetime) -> None:
    """Note that it can be heard again."""
    connection.execute(
        _INGESTION["end_blind_time"], {"subject": subject, "cause": cause, "ended_at": ended_at}
    )


def try_lock(connection: Connection, key: int) -> bool:
    """Become the one active worker under this key; the lock lasts as long as the connection."""
    row = connection.execute(_INGESTION["try_lock"], {"key": key}).fetchone()
    return bool(row and row[0])


def prove_alive(connection: Connection) -> None:
    """Ask the database something; raises when the connection, and with it the lock, is gone."""
    connection.execute(_INGESTION["alive"])


def _store_readings(connection: Connection, batch: Batch) -> list[_Fresh]:
    return _fresh(connection, "store_readings", _reading_columns(batch.readings)) if batch.readings else []


def _store_doubtful(connection: Connection, batch: Batch) -> list[_Fresh]:
    if not batch.doubtful:
        return []
    rows = sorted(batch.doubtful, key=lambda row: row[0][:4])
    # Sorted by the same key, so sorting again keeps the order.
    values = _reading_columns([row for row, _ in rows])
    values["since"] = column(Times, microseconds([since for _, since in rows]))
    return _fresh(connection, "store_doubtful_readings", values)


def _reading_columns(rows: Sequence[ReadingRow]) -> dict[str, Any]:
    """Return the rows as columns, sorted by key: two workers that insert them in opposite orders would deadlock."""
    device, time, metric, seq, value, received_at, flags = zip(*rows, strict=True)
    devices, metrics = np.array(device, np.int32), np.array(metric, np.int16)
    times, seqs = microseconds(time), np.array(seq, np.int64)
    order = np.lexsort((seqs, metrics, times, devices))
    return {
        "device": column(Integers, devices[order]),
        "time": column(Times, times[order]),
        "metric": column(Smallints, metrics[order]),
        "seq": column(Bigints, seqs[order]),
        "value": column(Doubles, np.array(value, np.float64)[order]),
        "received_at": column(Times, microseconds(received_at)[order]),
        "flags": column(Smallints, np.array(flags, np.int16)[order]),
    }


def _store_fixes(connection: Connection, batch: Batch) -> list[_Fresh]:
    if not batch.fixes:
        return []
    columns = zip(*sorted(batch.fixes, key=itemgetter(0, 1, 2)), strict=True)
    names = ("device", "time", "seq", "lat", "lon", "accuracy_m", "altitude_m", "speed_kmh", "course_deg")
    values = {
        name: list(column)
        for name, column in zip((*names, "received_at", "flags", "since"), columns, strict=True)
    }
    return _fresh(connection, "store_fixes", values)


def _fresh(connection: Connection, query: str, values: Mapping[str, Any]) -> list[_Fresh]:
    rows = connection.execute(_INGESTION[query], {**values, "urgent": _URGENT}).fetchall()
    return [_Fresh(*row) for row in rows]


def _mend_state_changes(connection: Connection, batch: Batch) -> None:
    devices = sorted({device for device, _, _ in batch.late_states})
    # One after the other, or two workers would each miss what the other has not committed.
    connection.execute(_INGESTION["lock_states"], {"devices": devices})
    for device, metric, since in sorted(set(batch.late_states), key=itemgetter(2)):
        connection.execute(
            _INGESTION["mend_state_changes"], {"device": [device], "metric": [metric], "since": [since]}
        )


def _store_latest(connection: Connection, batch: Batch) -> None:
    if not batch.latest:
        return
    keys = np.array(list(batch.latest), np.int32)
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    time, value = zip(*batch.latest.values(), strict=True)
    connection.execute(
        _INGESTION["store_latest"],
        {
            "device": column(Integers, keys[order, 0]),
            "metric": column(Smallints, keys[order, 1]),
            "time": column(Times, microseconds(time)[order]),
            "value": column(Doubles, np.array(value, np.float64)[order]),
        },
    )


def _store_contacts(connection: Connection, batch: Batch) -> None:
    if not batch.contacts:
        return
    rows = sorted(batch.contacts.items())
    contacts = [contact for _, contact in rows]
    connection.execute(
        _INGESTION["store_contacts"],
        {
            "device": column(Integers, np.array([device for device, _ in rows], np.int32)),
            "received_at": column(Times, microseconds([contact.received_at for contact in contacts])),
            "time": column(Times, microseconds([contact.time for contact in contacts])),
            "seq": column(Bigints, np.array([contact.seq for contact in contacts], np.int64)),
            "skew_s": [contact.skew_s for contact in contacts],
        },
    )


def _store_news(connection: Connection, fresh: list[_Fresh]) -> None:
    if not fresh:
        return
    connection.execute(
        _INGESTION["store_news"],
        {
            "device": column(Integers, np.array([entry.device for entry in fresh], np.int32)),
            "earliest": column(Times, microseconds([entry.earliest for entry in fresh])),
            "latest": column(Times, microseconds([entry.latest for entry in fresh])),
            "urgent": [entry.urgent for entry in fresh],
        },
    )
    alive = [(entry.device, entry.life_sign_at) for entry in fresh if entry.life_sign_at is not None]
    if alive:
        connection.execute(
            _INGESTION["store_home_latest"],
            {
                "device": column(Integers, np.array([device for device, _ in alive], np.int32)),
                "life_sign_at": column(Times, microseconds([time for _, time in alive])),
            },
        )
    urgent = any(entry.urgent for entry in fresh)
    connection.execute(_INGESTION["notify_news"], {"payload": "urgent" if urgent else ""})
