"""Readings and fixes of one batch into their tables, and what was new among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.domain.metrics import CALLS, METRICS
from core.domain.reading import ReadingFlag
from core.store.binary_columns import (
    Bigints,
    Column,
    Doubles,
    Integers,
    Smallints,
    Times,
    column,
    copied,
    microseconds,
)
from core.store.database import Connection
from core.store.queries import load
from core.store.telemetry import state_edges
from core.store.telemetry.state_edges import LateState

_ARRIVALS = load("telemetry/inserts")
# A call for help wakes the scheduler at once.
_URGENT = [METRICS[name].number for name in CALLS]
_LIFE_SIGN = int(ReadingFlag.LIFE_SIGN)
_RETAINED = int(ReadingFlag.RETAINED)
_NEVER = np.iinfo(np.int64).min

# Rows are plain tuples in the order of the query's columns: a batch has thousands of them many times a second.
ReadingRow = tuple[int, datetime, int, int, float, datetime, int, str | None, datetime | None]
"""device, time, metric, seq, value, received_at, flags, channel, acted_from"""
NewRow = tuple[int, int, int, int, float, int, int]
"""the first seven, with times as `columns.microsecond` gives them"""
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

_KINDS: tuple[type[Column], ...] = (Integers, Times, Smallints, Bigints, Doubles, Times, Smallints)
_NAMES = ("device", "time", "metric", "seq", "value", "received_at", "flags")


@dataclass(frozen=True, slots=True)
class Fresh:
    """What was new, one entry per device; times are columns of `columns.microseconds`.

    Attributes
    ----------
    device, earliest, latest
        The devices, and the first and last time of what is new of each.
    life_sign_at
        The last life sign; the smallest number there is where there was none.
    urgent
        Whether somebody called for help.
    count : int
        How much was new, of all devices.
    """

    device: NDArray[np.int32]
    earliest: NDArray[np.int64]
    latest: NDArray[np.int64]
    life_sign_at: NDArray[np.int64]
    urgent: NDArray[np.bool_]
    count: int

    @property
    def is_alive(self) -> NDArray[np.bool_]:
        """Of which devices there was a life sign."""
        return self.life_sign_at > _NEVER


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings as columns, sorted by key."""

    device: NDArray[np.int32]
    time: NDArray[np.int64]
    metric: NDArray[np.int16]
    seq: NDArray[np.int64]
    value: NDArray[np.float64]
    received_at: NDArray[np.int64]
    flags: NDArray[np.int16]

    def columns(self) -> list[NDArray[Any]]:
        """Return them in the order of the table."""
        return [self.device, self.time, self.metric, self.seq, self.value, self.received_at, self.flags]


def sorted_readings(rows: Sequence[NewRow]) -> Readings:
    """Return rows as columns, sorted by key, the first of each key that was not retained: the others would be repeats.

    Two workers that insert the same keys in opposite orders would deadlock.
    """
    device, time, metric, seq, value, received_at, flags = zip(*rows, strict=True)
    devices, metrics = np.array(device, np.int32), np.array(metric, np.int16)
    times, seqs = np.array(time, np.int64), np.array(seq, np.int64)
    # Of the same key what the device itself sent counts, and not what the broker had kept.
    kept = np.array(flags, np.int16) & _RETAINED
    order = np.lexsort((kept, seqs, metrics, times, devices))
    order = order[~_same_as_before(devices[order], times[order], metrics[order], seqs[order])]
    return Readings(
        devices[order],
        times[order],
        metrics[order],
        seqs[order],
        np.array(value, np.float64)[order],
        np.array(received_at, np.int64)[order],
        np.array(flags, np.int16)[order],
    )


def add_new(connection: Connection, readings: Readings) -> Fresh:
    """Add readings that cannot be stored yet, several times faster than asking for each; raises if one is."""
    with connection.cursor().copy(_ARRIVALS["copy_new_readings"]) as copy:
        copy.write(copied(list(zip(_KINDS, readings.columns(), strict=True))))
    return _summary(readings)


def add_readings(connection: Connection, rows: Sequence[ReadingRow]) -> Fresh:
    """Add those readings that are not stored yet."""
    given = _first_of_each(rows)
    fresh = _fresh(connection, "store_readings", _parameters(given))
    if fresh.count == len(given):
        return fresh
    # Of what came before, a call for help may have come as the broker's retained message, and now from the device itself.
    calls = [row for row in given if row[2] in _URGENT and row[4] > 0 and not row[6] & _RETAINED]
    if not calls:
        return fresh
    times = [row[1] for row in calls]
    called = _parameters(calls) | {"oldest": min(times), "newest": max(times)}
    return _together(fresh, _fresh(connection, "refresh_retained_calls", called))


def add_doubtful(connection: Connection, rows: Sequence[tuple[ReadingRow, datetime]]) -> Fresh:
    """Add those whose number the device did not use since the time that follows each."""
    # As in `sorted_readings`, what the broker had kept comes after what the device itself sent.
    ordered = sorted(rows, key=lambda row: (row[0][:4], row[0][6] & _RETAINED))
    since = [since for _, since in ordered]
    parameters = _parameters([row for row, _ in ordered]) | {
        "since": column(Times, microseconds(since)),
        "oldest": min(since),
    }
    return _fresh(connection, "store_doubtful_readings", parameters)


def add_fixes(connection: Connection, rows: Sequence[FixRow]) -> Fresh:
    """Add those fixes that are not stored yet."""
    columns = zip(*sorted(rows, key=itemgetter(0, 1, 2)), strict=True)
    names = ("device", "time", "seq", "lat", "lon", "accuracy_m", "altitude_m", "speed_kmh", "course_deg")
    values = {
        name: list(values)
        for name, values in zip((*names, "received_at", "flags", "since"), columns, strict=True)
    }
    # Bound by a plain parameter, or each chunk of all years would be opened for it.
    oldest = min((since for since in values["since"] if since is not None), default=None)
    return _fresh(connection, "store_fixes", values | {"oldest": oldest})


def correct_edges(connection: Connection, late: Sequence[LateState]) -> Fresh:
    """Evaluate anew which states are edges, around those that came after a later one; return what became of it."""
    rows = state_edges.correct(connection, late)
    return Fresh(
        np.array([row.device for row in rows], np.int32),
        microseconds([row.earliest for row in rows]),
        microseconds([row.time for row in rows]),
        _signs([row.sign_at for row in rows]),
        np.zeros(len(rows), np.bool_),
        len(rows),
    )


def latest_of(readings: Readings) -> tuple[NDArray[np.int32], NDArray[np.int16], Any, Any]:
    """Return device, metric, time and value of the latest reading of each metric of each device, sorted."""
    order = np.lexsort((readings.time, readings.metric, readings.device))
    devices, metrics = readings.device[order], readings.metric[order]
    is_last = np.append(~_same_as_before(devices, metrics)[1:], True)
    last = order[is_last]
    return devices[is_last], metrics[is_last], readings.time[last], readings.value[last]


def links_of(readings: Readings) -> tuple[NDArray[np.int32], Any, Any, Any]:
    """Return the devices, and of each its last contact, its last time and its highest number."""
    starts = _starts(readings.device)
    return (
        readings.device[starts],
        np.maximum.reduceat(readings.received_at, starts),
        np.maximum.reduceat(readings.time, starts),
        np.maximum.reduceat(readings.seq, starts),
    )


def _first_of_each(rows: Sequence[ReadingRow]) -> list[ReadingRow]:
    """Return rows sorted by key, the first of each key that was not retained."""
    ordered = sorted(rows, key=lambda row: (row[:4], row[6] & _RETAINED))
    return [row for place, row in enumerate(ordered) if place == 0 or row[:4] != ordered[place - 1][:4]]


def _together(one: Fresh, other: Fresh) -> Fresh:
    """Return both; a device may occur twice then."""
    return Fresh(
        np.concatenate([one.device, other.device]),
        np.concatenate([one.earliest, other.earliest]),
        np.concatenate([one.latest, other.latest]),
        np.concatenate([one.life_sign_at, other.life_sign_at]),
        np.concatenate([one.urgent, other.urgent]),
        one.count + other.count,
    )


def _summary(readings: Readings) -> Fresh:
    starts = _starts(readings.device)
    alive = readings.flags & _LIFE_SIGN != 0
    # As the question for calls asks (queries/telemetry/rule_windows.sql): what was retained is an old state.
    called = (readings.value > 0) & (readings.flags & _RETAINED == 0)
    urgent = called & np.isin(readings.metric, _URGENT)
    return Fresh(
        readings.device[starts],
        np.minimum.reduceat(readings.time, starts),
        np.maximum.reduceat(readings.time, starts),
        np.maximum.reduceat(np.where(alive, readings.time, _NEVER), starts),
        np.logical_or.reduceat(urgent, starts),
        len(readings.device),
    )


def _starts(devices: NDArray[np.int32]) -> NDArray[np.intp]:
    return np.flatnonzero(~_same_as_before(devices))


def _same_as_before(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Return for each row whether it equals the one before it in all columns."""
    same = np.ones(len(columns[0]), np.bool_)
    same[:1] = False
    for values in columns:
        same[1:] &= values[1:] == values[:-1]
    return same


def _parameters(rows: Sequence[ReadingRow]) -> dict[str, Any]:
    device, time, metric, seq, value, received_at, flags, channel, acted_from = zip(*rows, strict=True)
    columns = (
        np.array(device, np.int32),
        microseconds(time),
        np.array(metric, np.int16),
        np.array(seq, np.int64),
        np.array(value, np.float64),
        microseconds(received_at),
        np.array(flags, np.int16),
    )
    sent = {name: column(kind, values) for name, kind, values in zip(_NAMES, _KINDS, columns, strict=True)}
    return {**sent, "channel": list(channel), "acted_from": list(acted_from)}


def _fresh(connection: Connection, query: str, values: Mapping[str, Any]) -> Fresh:
    rows = connection.execute(_ARRIVALS[query], {**values, "urgent": _URGENT}).fetchall()
    # By position: these become columns at once, many times a second.
    device, count, earliest, latest, life_sign_at, urgent = (
        zip(*rows, strict=True) if rows else ((), (), (), (), (), ())
    )
    return Fresh(
        np.array(device, np.int32),
        microseconds(earliest),
        microseconds(latest),
        _signs(life_sign_at),
        np.array(urgent, np.bool_),
        sum(count),
    )


def _signs(life_sign_at: Sequence[datetime | None]) -> NDArray[np.int64]:
    alive = np.array([at is not None for at in life_sign_at], np.bool_)
    signs = np.full(len(life_sign_at), _NEVER)
    signs[alive] = microseconds([at for at in life_sign_at if at is not None])
    return signs
