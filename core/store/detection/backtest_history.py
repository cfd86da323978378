"""What trying rules on a resident's past reads of the database; it changes nothing there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import class_row, kwargs_row

from core.domain.backtest import Label
from core.domain.device import DeviceKind
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.queries import load

_BACKTESTS = load("detection/backtest_history")


@dataclass(frozen=True)
class Tried:
    """A resident on whose past rules are tried.

    Attributes
    ----------
    number, home, home_name
        Who it is, and where they live.
    zone : ZoneInfo
        The home's zone.
    watched_from : datetime
        Nothing is raised before.
    evaluated_through : datetime or None
        How far they or the ward were evaluated; None if nothing ever was.
    sensitivity : str
        As it is set now.
    is_lead : bool
        Whether devices that are nobody's own count for them.
    was_first : bool
        Whether nobody in the home was watched before them; else what was stored before they were watched is another's past.
    """

    number: int
    home: int
    home_name: str
    zone: ZoneInfo
    watched_from: datetime
    evaluated_through: datetime | None
    sensitivity: str
    is_lead: bool
    was_first: bool


@dataclass(frozen=True)
class ReportTimes:
    """When a device with a heartbeat reported something, in order: the first and the last time of every ten minutes."""

    device: int
    kind: DeviceKind
    place: str
    heartbeat: timedelta
    times: Sequence[datetime]


def read_only(connection: Connection) -> None:
    """Let this transaction see one moment of the database and refuse to change it; call this first in it."""
    connection.execute(_BACKTESTS["read_only"])


def subject_of(connection: Connection, resident: int) -> Tried:
    """Return a resident on whose past rules are to be tried.

    Raises
    ------
    NotFoundError
        There is none of this number.
    """
    row = connection.execute(_BACKTESTS["subject_of"], {"resident": resident}).fetchone()
    if row is None:
        raise NotFoundError(f"there is no resident {resident}; the pages show everybody's number")
    number, watched_from, sensitivity, evaluated_through, zone, home, home_name, is_lead, was_first = row
    return Tried(
        number=number,
        home=home,
        home_name=home_name,
        zone=ZoneInfo(zone),
        watched_from=watched_from,
        evaluated_through=evaluated_through,
        sensitivity=sensitivity,
        is_lead=is_lead,
        was_first=was_first,
    )


def stored_from(connection: Connection, tried: Tried, since: datetime) -> datetime | None:
    """Return the first life sign or fix after a moment that is stored about a resident; None if there is none."""
    values = {"home": tried.home, "resident": tried.number, "is_lead": tried.is_lead, "since": since}
    row = connection.execute(_BACKTESTS["stored_from"], values).fetchone()
    return row[0] if row else None


def reported_at(connection: Connection, home: int, since: datetime, until: datetime) -> list[ReportTimes]:
    """Return when each device of a home with a heartbeat reported something in a span, by the devices' clocks."""
    cursor = connection.cursor(row_factory=kwargs_row(_report_times))
    values = {"home": home, "since": since, "until": until}
    return cursor.execute(_BACKTESTS["reported_at"], values).fetchall()


def equipment(connection: Connection, home: int, at: datetime) -> list[tuple[DeviceKind, bool]]:
    """Return the kind of each device that was in a home at a moment, and whether it was known to be silent then."""
    rows = connection.execute(_BACKTESTS["equipment"], {"home": home, "at": at})
    return [(DeviceKind(kind), is_silent) for kind, is_silent in rows]


def confirmed_alerts(
    connection: Connection, resident: int, outcomes: Sequence[str], since: datetime, until: datetime
) -> list[Label]:
    """Return what people closed with one of these outcomes, called by the rule that had raised it."""
    values = {"resident": resident, "outcomes": list(outcomes), "since": since, "until": until}
    cursor = connection.cursor(row_factory=class_row(Label))
    return cursor.execute(_BACKTESTS["confirmed_alerts"], values).fetchall()


def _report_times(*, kind: str, heartbeat_s: int, times: Sequence[datetime], **columns: Any) -> ReportTimes:
    return ReportTimes(
        kind=DeviceKind(kind),
        heartbeat=timedelta(seconds=heartbeat_s),
        times=sorted(set(times)),
        **columns,
    )
