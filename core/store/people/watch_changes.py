"""Who changed what is watched of a resident, when, and what it was before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg.rows import kwargs_row
from psycopg.types.json import Jsonb

from core.store.database import Connection
from core.store.queries import load

_CHANGES = load("people/watch_changes")


class Watched(StrEnum):
    """What of the watch can be changed."""

    GEOFENCE = "geofence"
    ABSENCE = "absence"
    SENSITIVITY = "sensitivity"


@dataclass(frozen=True)
class WatchChange:
    """One change; `before` is None of what is new, `after` of what was removed. A geofence's shape holds a place."""

    at: datetime
    who: str
    what: Watched
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def record(
    connection: Connection,
    resident: int,
    what: Watched,
    *,
    before: Mapping[str, object] | None,
    after: Mapping[str, object] | None,
    user: int,
    now: datetime,
) -> None:
    """Write down one change, in the transaction that makes it."""
    connection.execute(
        _CHANGES["record"],
        {
            "resident": resident,
            "now": now,
            "user": user,
            "what": what,
            "before": None if before is None else Jsonb(dict(before)),
            "after": None if after is None else Jsonb(dict(after)),
        },
    )


def of_resident(connection: Connection, resident: int, limit: int) -> list[WatchChange]:
    """Return the latest changes of a resident, the newest first."""
    cursor = connection.cursor(row_factory=kwargs_row(_change))
    return cursor.execute(_CHANGES["of_resident"], {"resident": resident, "limit": limit}).fetchall()


def _change(*, what: str, **columns: Any) -> WatchChange:
    return WatchChange(what=Watched(what), **columns)
