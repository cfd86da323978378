"""What trackers, batteries and days reported over weeks, in the form in which it is learned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import kwargs_row

from core.domain.device import DeviceKind
from core.domain.metrics import BATTERY_LOW, BATTERY_PCT
from core.store.database import Connection
from core.store.queries import load

_TRACKERS = load("telemetry/tracker_history")


@dataclass(frozen=True)
class BatteryRow:
    """What a device reported of its battery: ordinals of local days, and of each the middle charge, its range, and whether it was low."""

    device: int
    kind: DeviceKind
    place: str
    days: Sequence[int]
    levels: Sequence[float]
    ranges: Sequence[float]
    lows: Sequence[bool]


@dataclass(frozen=True)
class VisitSearch:
    """Which fixes are counted: of which home, in [since, until), without excluded spans, as good as `worst_m`, in cells of `cell_deg`."""

    home: int
    zone: ZoneInfo
    since: datetime
    until: datetime
    excluded: Sequence[tuple[datetime, datetime]]
    worst_m: float
    cell_deg: float


def visits(
    connection: Connection, resident: int, search: VisitSearch, *, is_lead: bool
) -> list[tuple[int, int, int, int, int]]:
    """Return how many fixes lie in which cell (row, column) on which local day (an ordinal) in which hour."""
    values = {
        "home": search.home,
        "resident": resident,
        "is_lead": is_lead,
        "zone": search.zone.key,
        "since": search.since,
        "until": search.until,
        "masked_from": [began for began, _ in search.excluded],
        "masked_to": [ended for _, ended in search.excluded],
        "worst_m": search.worst_m,
        "cell_deg": search.cell_deg,
    }
    # Weeks of minutes: plain tuples, in the order of the query's columns.
    return connection.execute(_TRACKERS["visits"], values, binary=True).fetchall()


def batteries(
    connection: Connection, home: int, zone: ZoneInfo, since: datetime, until: datetime
) -> list[BatteryRow]:
    """Return what the devices that are in a home now reported of their batteries in (since, until]."""
    values = {
        "home": home,
        "zone": zone.key,
        "since": since,
        "until": until,
        "charge": BATTERY_PCT.number,
        "low": BATTERY_LOW.number,
    }
    cursor = connection.cursor(row_factory=kwargs_row(_battery_row))
    return cursor.execute(_TRACKERS["batteries"], values).fetchall()


def _battery_row(*, kind: str, **columns: Any) -> BatteryRow:
    return BatteryRow(kind=DeviceKind(kind), **columns)
