"""What was learned about residents: how long it is kept, what pages show of it, and what is to be learned next."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from core.store.database import Connection
from core.store.queries import load

_BASELINES = load("people/baselines")


@dataclass(frozen=True)
class MissingBaseline:
    """A resident and the local day for which nothing was learned yet."""

    resident: int
    home: int
    day: date


def of_day(
    connection: Connection, resident: int, rule: str, version: int, day: date
) -> Mapping[str, Any] | None:
    """Return what was learned about a resident for a day; None if nothing was yet."""
    values = {"resident": resident, "rule": rule, "version": version, "day": day}
    row = connection.execute(_BASELINES["of_day"], values).fetchone()
    return row[0] if row else None


def put(
    connection: Connection, resident: int, rule: str, version: int, *, day: date, body: Mapping[str, Any]
) -> None:
    """Keep what was learned about a resident for a day; what is there already stays."""
    values = {"resident": resident, "rule": rule, "version": version, "day": day, "body": Jsonb(dict(body))}
    connection.execute(_BASELINES["put"], values)


def forget(connection: Connection, resident: int, rule: str, before: date) -> int:
    """Drop what was learned for days before `before`; return how many days that were."""
    values = {"resident": resident, "rule": rule, "before": before}
    return connection.execute(_BASELINES["forget"], values).rowcount


def latest(
    connection: Connection, resident: int, rule: str, version: int, today: date
) -> tuple[date, Mapping[str, Any]] | None:
    """Return the newest that was learned for a day up to today, and for which; None if nothing was."""
    values = {"resident": resident, "rule": rule, "version": version, "today": today}
    row = connection.execute(_BASELINES["latest"], values).fetchone()
    return None if row is None else (row[0], row[1])


def claim_missing(
    connection: Connection,
    model: tuple[str, int],
    counts: tuple[str, int],
    now: datetime,
    but: Collection[int] = (),
) -> MissingBaseline | None:
    """Take one resident for whom today, or the day that begins within an hour, is to be learned, or who is new and not counted yet.

    Both are given by name and version. The resident is held until the transaction ends.
    """
    values = {
        "rule": model[0],
        "version": model[1],
        "counts": counts[0],
        "counts_version": counts[1],
        "now": now,
        "but": sorted(but),
    }
    cursor = connection.cursor(row_factory=class_row(MissingBaseline))
    return cursor.execute(_BASELINES["claim_missing"], values).fetchone()
