"""What a replay looks at: how far its data have come, what is stored of them, and the alerts they raised."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import kwargs_row

from core.domain.alert import JsonObject, Severity, Subject
from core.store import subjects
from core.store.database import Connection
from core.store.queries import load

_REPLAY = load("telemetry/replay_progress")
# A recording has millions of them: these stay plain tuples, in the order of the query's columns.
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class ReplayedAlert:
    """An alert as a list of results shows it; `home` is None for what is about the whole ward."""

    rule: str
    subject: Subject
    home: str | None
    severity: Severity
    began_at: datetime
    raised_at: datetime
    cleared_at: datetime | None
    reason: JsonObject


def is_stored(connection: Connection, through: datetime) -> bool:
    """Return whether everything that the broker had accepted before `through` is stored."""
    row = connection.execute(_REPLAY["stored_through"]).fetchone()
    return row is not None and row[0] is not None and row[0] >= through


def stored_readings(
    connection: Connection, device_ids: Sequence[str], begin: datetime, end: datetime
) -> Iterator[tuple[str, datetime, int, float]]:
    """Yield (device id, time, metric, value) of `[begin, end)` for these devices, row by row as stored, sorted."""
    parameters = {"device_ids": list(device_ids), "begin": begin, "end": end}
    with connection.cursor(name="stored_readings") as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(_REPLAY["stored_readings"], parameters)
        yield from cursor


def stored_fixes(
    connection: Connection, device_ids: Sequence[str], begin: datetime, end: datetime
) -> Iterator[tuple[str, datetime, float, float]]:
    """Yield (device id, time, lat, lon) of `[begin, end)` for these devices, row by row as stored, sorted."""
    parameters = {"device_ids": list(device_ids), "begin": begin, "end": end}
    with connection.cursor(name="stored_fixes") as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(_REPLAY["stored_fixes"], parameters)
        yield from cursor


def over_but_open(connection: Connection) -> list[int]:
    """Return the alerts whose condition has cleared and that nobody has closed."""
    return [row[0] for row in connection.execute(_REPLAY["over_but_open"]).fetchall()]


def raised_alerts(connection: Connection) -> list[ReplayedAlert]:
    """Return all alerts in the order in which they were raised."""
    cursor = connection.cursor(row_factory=kwargs_row(_replayed_alert))
    return cursor.execute(_REPLAY["raised_alerts"]).fetchall()


def _replayed_alert(
    *, subject_kind: str, subject_number: int, area: str | None, severity: int, **columns: Any
) -> ReplayedAlert:
    subject = subjects.from_columns(subject_kind, subject_number, area)
    return ReplayedAlert(subject=subject, severity=Severity(severity), **columns)
