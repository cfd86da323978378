"""Quiet limits and their form in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import kwargs_row
from psycopg.types.json import Jsonb

from core.domain.agreed.quiet_limit import QuietLimit
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.detection import evaluation_queue
from core.store.people.geofences import hours_from_json, hours_to_json
from core.store.queries import load

_LIMITS = load("people/quiet_limits")


def of_residents(connection: Connection, residents: Sequence[int]) -> list[QuietLimit]:
    """Return the limits of residents, of each the oldest first."""
    return _limits(connection, residents, None)


def get(connection: Connection, limit: int) -> QuietLimit:
    """Return one limit.

    Raises
    ------
    NotFoundError
        There is none, or it was removed.
    """
    found = _limits(connection, (), limit)
    if not found:
        raise _not_found(limit)
    return found[0]


def add(connection: Connection, limit: QuietLimit, now: datetime) -> int:
    """Set a new limit from now on, and return its number; the number that it has says nothing."""
    row = connection.execute(
        _LIMITS["add_quiet_limit"],
        {
            **{"resident": limit.resident, "device": limit.device},
            "place": "" if limit.device is not None else limit.place,
            **{"quiet_min": limit.quiet_min, "hours": Jsonb(hours_to_json(limit.hours)), "now": now},
        },
    ).fetchone()
    evaluation_queue.evaluate_again(connection, limit.resident)
    return row[0] if row else 0


def follow_successor(connection: Connection, device: int, successor: int) -> None:
    """Let the limits about a device look at the one that was put in its place."""
    connection.execute(_LIMITS["follow_successor"], {"device": device, "successor": successor})


def remove(connection: Connection, limit: int, now: datetime) -> None:
    """End a limit.

    Raises
    ------
    NotFoundError
        There is none, or it was removed already.
    """
    row = connection.execute(_LIMITS["remove_quiet_limit"], {"limit": limit, "now": now}).fetchone()
    if row is None:
        raise _not_found(limit)
    evaluation_queue.evaluate_again(connection, row[0])


def to_json(limit: QuietLimit) -> dict[str, object]:
    """Return what is kept of a limit in the record of changes."""
    return {
        "number": limit.number,
        "place": limit.place,
        "kind": limit.kind,
        "quiet_min": limit.quiet_min,
        "hours": hours_to_json(limit.hours),
    }


def _limits(connection: Connection, residents: Sequence[int], limit: int | None) -> list[QuietLimit]:
    cursor = connection.cursor(row_factory=kwargs_row(_limit))
    return cursor.execute(_LIMITS["quiet_limits"], {"residents": list(residents), "limit": limit}).fetchall()


def _limit(*, hours: Mapping[str, Any], **columns: Any) -> QuietLimit:
    return QuietLimit(hours=hours_from_json(hours), **columns)


def _not_found(limit: int) -> NotFoundError:
    return NotFoundError(f"there is no quiet limit {limit} that you may see")
