"""Life signs as those who look at an alert or a device need them: what the last one was, and how many a device gave."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import dict_row, kwargs_row

from core.domain.device import DeviceKind
from core.domain.evidence.device_profile import evidence_of
from core.domain.evidence.edges import EDGES
from core.domain.evidence.last_sign import LastSign
from core.domain.metrics import METRICS_BY_NUMBER, Metric
from core.store.database import Connection
from core.store.devices import profiles
from core.store.queries import load

_SIGNS = load("telemetry/life_signs")
# A card holds the moment to a microsecond, rounded on the way through seconds.
_ROUNDED = timedelta(milliseconds=1)
# Readings may be ahead by the devices' clocks.
_AHEAD = timedelta(minutes=15)
# So far a break is looked through, and what came after a sign is counted.
_LONGEST = timedelta(days=35)


@dataclass(frozen=True)
class SaidOfPeople:
    """What one part of a device said.

    Attributes
    ----------
    metric : Metric
        What it measures.
    channel : str
        Which part of the device; empty: itself.
    readings, life_signs : int
        How often it said something, and how often that showed that a person acted.
    first_at, last_at : datetime
        When it said something first, and last.
    life_sign_at : datetime or None
        Since when the last life sign counts; None without one.
    """

    metric: Metric
    channel: str
    readings: int
    first_at: datetime
    last_at: datetime
    life_signs: int
    life_sign_at: datetime | None


def last_sign(
    connection: Connection, resident: int, at: datetime, *, raised_at: datetime, until: datetime | None
) -> LastSign | None:
    """Return the life sign of a resident's home at a moment, as it was known when an alert was raised; None if it is not stored any more.

    What came since is counted up to `until`; None: it is not counted.
    """
    longest = at + _LONGEST
    cursor = connection.cursor(row_factory=dict_row)
    row = cursor.execute(
        _SIGNS["sign"],
        {
            "resident": resident,
            "earliest": at - _ROUNDED,
            "latest": at + _ROUNDED,
            "until": min(raised_at + _AHEAD, longest),
        },
    ).fetchone()
    if row is None:
        return None
    metric = METRICS_BY_NUMBER[row["metric"]]
    known_by = row["time"] if row["acted_from"] is not None else None
    profile = profiles.by_key(connection, [row["profile"]]).get(row["profile"]) if row["profile"] else None
    evidence = evidence_of(
        metric, row["channel"], is_numbered=row["sender"].startswith("native:"), profile=profile
    )
    if until is None:
        return LastSign(DeviceKind(row["kind"]), evidence, known_by, 0, None)
    values = {"resident": resident, "since": known_by or at, "until": min(until, longest)}
    after = cursor.execute(_SIGNS["after_it"], values).fetchone() or {"messages": 0, "last_at": None}
    return LastSign(DeviceKind(row["kind"]), evidence, known_by, after["messages"], after["last_at"])


def said_of_people(
    connection: Connection, device: int, since: datetime, until: datetime
) -> list[SaidOfPeople]:
    """Return what a device said within a span of time of all that can show that a person acted."""
    values = {"device": device, "since": since, "until": until, "metrics": sorted(EDGES)}
    cursor = connection.cursor(row_factory=kwargs_row(_said))
    return cursor.execute(_SIGNS["said"], values).fetchall()


def _said(*, metric: int, **columns: Any) -> SaidOfPeople:
    return SaidOfPeople(METRICS_BY_NUMBER[metric], **columns)
