"""Readings and fixes of a resident, as the people who look at them need them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import class_row, kwargs_row

from core.domain.device import DeviceKind
from core.domain.geodesy import METRES_PER_DEGREE
from core.domain.metrics import METRICS, METRICS_BY_NUMBER
from core.domain.reading import ReadingFlag
from core.store.database import Connection
from core.store.queries import load

_READINGS = load("telemetry/readings")

# A phone indoors is off by tens of metres and a tracker by up to 100 (measured tracks); further out is away (our choice).
_AWAY_M = 150.0
_WORST_ACCURACY_M = 200.0
_LATEST_FIX_AGE = timedelta(days=7)


@dataclass(frozen=True)
class StoredReading:
    """A reading with the device that took it."""

    device_id: str
    kind: DeviceKind
    place: str
    device: int
    metric: str
    time: datetime
    value: float
    received_at: datetime
    seq: int
    flags: ReadingFlag

    @property
    def key(self) -> tuple[datetime, int, int, int]:
        """Where it stands in the order of `readings`."""
        return self.time, self.device, METRICS[self.metric].number, self.seq


@dataclass(frozen=True)
class LatestValue:
    """The newest value of one metric of one device."""

    device_id: str
    kind: DeviceKind
    place: str
    metric: str
    time: datetime
    value: float


@dataclass(frozen=True)
class ActivityBin:
    """What came from a home in one part of a span: `life_signs` of `readings` show that a person acted."""

    began_at: datetime
    life_signs: int
    readings: int


@dataclass(frozen=True)
class StoredFix:
    """A position with the tracker that took it; precise, so it is shown only behind the location gate."""

    device_id: str
    device: int
    time: datetime
    lat: float
    lon: float
    accuracy_m: float | None
    speed_kmh: float | None
    course_deg: float | None
    received_at: datetime
    seq: int

    @property
    def key(self) -> tuple[datetime, int, int]:
        """Where it stands in the order of `fixes`."""
        return self.time, self.device, self.seq


def readings(
    connection: Connection,
    resident: int,
    *,
    metric: str | None,
    since: datetime,
    until: datetime,
    limit: int,
    after: tuple[datetime, int, int, int] | None = None,
) -> list[StoredReading]:
    """Return readings of a resident's home from `since` up to `until`, oldest first, those behind the key `after` only."""
    after_time, after_device, after_metric, after_seq = after if after is not None else (None,) * 4
    cursor = connection.cursor(row_factory=kwargs_row(_stored_reading))
    return cursor.execute(
        _READINGS["readings"],
        {
            "resident": resident,
            "metric": None if metric is None else METRICS[metric].number,
            "since": since,
            "until": until,
            "limit": limit,
            "after_time": after_time,
            "after_device": after_device,
            "after_metric": after_metric,
            "after_seq": after_seq,
        },
    ).fetchall()


def latest_values(connection: Connection, resident: int, metrics: list[str]) -> list[LatestValue]:
    """Return the newest value of each of these metrics of each device of a resident's home, by place."""
    cursor = connection.cursor(row_factory=kwargs_row(_latest_value))
    values = {"resident": resident, "metrics": [METRICS[name].number for name in metrics]}
    return cursor.execute(_READINGS["latest_values"], values).fetchall()


def rhythm(
    connection: Connection, resident: int, since: datetime, until: datetime, part: timedelta
) -> list[ActivityBin]:
    """Return the parts of a span (cut in UTC) from which anything came, in order; an absent part was silent."""
    cursor = connection.cursor(row_factory=class_row(ActivityBin))
    values = {"resident": resident, "since": since, "until": until, "part": part}
    return cursor.execute(_READINGS["rhythm"], values).fetchall()


def away(
    connection: Connection, resident: int, since: datetime, until: datetime, part: timedelta
) -> list[datetime]:
    """Return the beginnings of the parts of a span in which the resident's tracker was clearly not at home."""
    rows = connection.execute(
        _READINGS["away"],
        {
            "resident": resident,
            "since": since,
            "until": until,
            "part": part,
            "away_m": _AWAY_M,
            "metres_per_degree": METRES_PER_DEGREE,
            "worst_accuracy_m": _WORST_ACCURACY_M,
        },
    ).fetchall()
    return [row[0] for row in rows]


def fixes(
    connection: Connection,
    resident: int,
    *,
    since: datetime,
    until: datetime,
    limit: int,
    after: tuple[datetime, int, int] | None = None,
) -> list[StoredFix]:
    """Return positions from `since` up to `until`, oldest first, those behind the key `after` only; ask the location gate first."""
    after_time, after_device, after_seq = after if after is not None else (None,) * 3
    cursor = connection.cursor(row_factory=class_row(StoredFix))
    return cursor.execute(
        _READINGS["fixes"],
        {
            "resident": resident,
            "since": since,
            "until": until,
            "limit": limit,
            "after_time": after_time,
            "after_device": after_device,
            "after_seq": after_seq,
        },
    ).fetchall()


def latest_fix(connection: Connection, resident: int, now: datetime) -> StoredFix | None:
    """Return the newest position of the last week, or None; ask the location gate first."""
    cursor = connection.cursor(row_factory=class_row(StoredFix))
    values = {"resident": resident, "since": now - _LATEST_FIX_AGE, "until": now}
    return cursor.execute(_READINGS["latest_fix"], values).fetchone()


def _stored_reading(*, kind: str, metric: int, flags: int, **columns: Any) -> StoredReading:
    return StoredReading(
        kind=DeviceKind(kind), metric=METRICS_BY_NUMBER[metric].name, flags=ReadingFlag(flags), **columns
    )


def _latest_value(*, kind: str, metric: int, **columns: Any) -> LatestValue:
    return LatestValue(kind=DeviceKind(kind), metric=METRICS_BY_NUMBER[metric].name, **columns)


def values_of(
    connection: Connection,
    devices: Iterable[int],
    metrics: Iterable[int],
    since: datetime,
    *,
    most: int = 200,
) -> list[tuple[int, str, float, int]]:
    """Return how often devices said what since a moment: (metric, channel, value, times), the most frequent first."""
    values = {"devices": list(devices), "metrics": list(metrics), "since": since, "most": most}
    return connection.execute(_READINGS["values_of"], values).fetchall()
