"""Time in which a home, a device or the ward was out of contact: silence in it says nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import kwargs_row

from core.domain.alert import Subject
from core.store import subjects
from core.store.database import Connection
from core.store.queries import load

_BLIND_TIMES = load("telemetry/blind_times")

INGEST_BEHIND = "ingest_behind"
"""The cause of a time in which ingest stood still: what was sent waited in the broker, so nothing of it is missing."""


@dataclass(frozen=True)
class BlindTime:
    """When a home, a neighbourhood, a device or the ward was out of contact; `ended_at` None: it lasts."""

    subject: Subject
    began_at: datetime
    ended_at: datetime | None
    known_at: datetime
    cause: str


def of_subjects(
    connection: Connection, of: Sequence[Subject], since: datetime, until: datetime
) -> list[BlindTime]:
    """Return when the subjects were out of contact in a span, in order."""
    values = {**subjects.arrays(of), "since": since, "until": until}
    return _cursor(connection).execute(_BLIND_TIMES["of_subjects"], values).fetchall()


def of_homes(
    connection: Connection, homes: Sequence[int], since: datetime, until: datetime
) -> dict[int, list[BlindTime]]:
    """Return when each of some homes, its neighbourhood, or one of its entrance doors was out of contact in a span, in order."""
    found: dict[int, list[BlindTime]] = {home: [] for home in homes}
    cursor = connection.cursor(row_factory=kwargs_row(_of_home))
    values = {"homes": list(homes), "since": since, "until": until}
    for home, blind in cursor.execute(_BLIND_TIMES["of_homes"], values):
        found[home].append(blind)
    return found


def of_resident(connection: Connection, resident: int, since: datetime, until: datetime) -> list[BlindTime]:
    """Return when the resident's home, or the whole ward, was out of contact in a span, in order."""
    values = {"resident": resident, "since": since, "until": until}
    return _cursor(connection).execute(_BLIND_TIMES["of_resident"], values).fetchall()


def record(
    connection: Connection,
    subject: Subject,
    found: Sequence[BlindTime],
    causes: Sequence[str],
    until: datetime,
) -> None:
    """Record the blind times of a subject; what is on record as lasting for these causes but was not found ends."""
    for one in found:
        connection.execute(
            _BLIND_TIMES["put"],
            {
                **subjects.columns(one.subject),
                "began_at": one.began_at,
                "ended_at": one.ended_at,
                "known_at": one.known_at,
                "cause": one.cause,
            },
        )
    connection.execute(
        _BLIND_TIMES["end_lasting"],
        {
            **subjects.columns(subject),
            "ended_at": until,
            "causes": list(causes),
            "but": [one.began_at for one in found if one.ended_at is None],
        },
    )


def begin(connection: Connection, subject: Subject, cause: str, began_at: datetime, now: datetime) -> None:
    """Note that a home or the whole ward is out of contact from `began_at` on."""
    values = {**subjects.columns(subject), "cause": cause, "began_at": began_at, "now": now}
    connection.execute(_BLIND_TIMES["begin"], values)


def end(connection: Connection, subject: Subject, cause: str, ended_at: datetime) -> None:
    """Note that it is in contact again."""
    values = {**subjects.columns(subject), "cause": cause, "ended_at": ended_at}
    connection.execute(_BLIND_TIMES["end"], values)


def _cursor(connection: Connection) -> Cursor[BlindTime]:
    return connection.cursor(row_factory=kwargs_row(_blind_time))


def _blind_time(*, subject_kind: str, subject_number: int, area: str | None, **columns: Any) -> BlindTime:
    return BlindTime(subject=subjects.from_columns(subject_kind, subject_number, area), **columns)


def _of_home(*, home: int, **columns: Any) -> tuple[int, BlindTime]:
    return home, _blind_time(**columns)
