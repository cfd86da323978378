"""When no home could be watched by a fault of ours: evaluation stood still, or nothing arrived and was stored; and whose homes those were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row, dict_row

from core.store.database import Connection
from core.store.queries import load

_GAPS = load("operation/evaluation_gaps")
# Shorter ones are not listed: a process that is restarted is away so long.
SHORTEST = timedelta(minutes=5)
_MOST = 50


@dataclass(frozen=True)
class EvaluationGap:
    """A time in which no home was watched.

    Attributes
    ----------
    began_at, ended_at : datetime
        Until when everybody had been evaluated, or something had arrived; and when all that waited was evaluated. None: it lasts.
    known_at : datetime
        When we noticed it.
    cause : str
        `not_evaluated`, or the cause of a blind time of the ward.
    """

    began_at: datetime
    ended_at: datetime | None
    known_at: datetime
    cause: str


@dataclass(frozen=True)
class UnwatchedHome:
    """A home that was not watched, from when until when (None: it lasts), whose it is, and the alerts of that time that were found late."""

    home: int
    resident: int
    names: str
    began_at: datetime
    ended_at: datetime | None
    alerts: Sequence[int]


@dataclass(frozen=True)
class UnwatchedHomes:
    """The first of an office's homes that were not watched, and how many there were."""

    first: tuple[UnwatchedHome, ...]
    homes: int


@dataclass(frozen=True)
class UnwatchedOffice:
    """Of how many homes of an office nobody was evaluated, and how many alerts of that time were found late."""

    office: int
    homes: int
    alerts: int


def note(connection: Connection, until: datetime, now: datetime, *, longest: timedelta, behind: str) -> bool:
    """Note that no process looked at the homes since more than `longest` before `until`; return whether that is new.

    Where ingest was behind (a blind time of the ward of cause `behind`) evaluation could not go on: that is on record already.
    """
    values = {"until": until, "now": now, "longest": longest, "behind": behind}
    return connection.execute(_GAPS["note"], values).fetchone() is not None


def note_look(connection: Connection, until: datetime, latest: datetime) -> None:
    """Keep that homes were looked at, and evaluated where that was due, up to `until`; what is kept beyond `latest` was a wrong clock's."""
    connection.execute(_GAPS["note_look"], {"until": until, "latest": latest})


def end_lasting(connection: Connection, now: datetime) -> int:
    """Note that all that waited is evaluated, and return how many gaps ended."""
    return connection.execute(_GAPS["end_lasting"], {"now": now}).rowcount


def take_unnotified(connection: Connection, now: datetime) -> list[tuple[datetime, datetime]]:
    """Return from when until when the gaps were that have ended and of which nobody has been notified, once each."""
    return connection.execute(_GAPS["take_unnotified"], {"now": now}).fetchall()


def latest(connection: Connection, since: datetime) -> list[EvaluationGap]:
    """Return when evaluation stood still since a moment, the newest first."""
    cursor = connection.cursor(row_factory=class_row(EvaluationGap))
    return cursor.execute(_GAPS["latest"], {"since": since, "limit": _MOST}).fetchall()


def spans(
    connection: Connection, since: datetime, now: datetime, *, silent_after: timedelta, behind: str
) -> list[EvaluationGap]:
    """Return when no home could be watched since a moment, whatever the reason, the newest first.

    Evaluation that has not looked at anybody for `silent_after`, and for five minutes at least, stands still now, unless ingest is behind
    (a blind time of the ward of cause `behind`).
    """
    cursor = connection.cursor(row_factory=class_row(EvaluationGap))
    values = {
        "since": since,
        "now": now,
        "shortest": SHORTEST,
        "silent": max(SHORTEST, silent_after),
        "behind": behind,
        "limit": _MOST,
    }
    return cursor.execute(_GAPS["spans"], values).fetchall()


def homes(
    connection: Connection, office: int, span: EvaluationGap, now: datetime, limit: int = 200
) -> UnwatchedHomes:
    """Return the homes of an office that were not watched within a span; those with alerts that were found late first."""
    values = {
        "office": office,
        "began_at": span.began_at,
        "ended_at": span.ended_at,
        "until": span.ended_at or now,
        "limit": limit,
    }
    rows = connection.cursor(row_factory=dict_row).execute(_GAPS["homes"], values).fetchall()
    count = rows[0]["all_homes"] if rows else 0
    for row in rows:
        del row["all_homes"]
    return UnwatchedHomes(tuple(UnwatchedHome(**row) for row in rows), count)


def counts(connection: Connection, began_at: datetime, ended_at: datetime) -> list[UnwatchedOffice]:
    """Return of how many homes of each office nobody was evaluated within a span, and what was found late."""
    cursor = connection.cursor(row_factory=class_row(UnwatchedOffice))
    return cursor.execute(_GAPS["counts"], {"began_at": began_at, "until": ended_at}).fetchall()
