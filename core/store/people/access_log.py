"""Who looked at whose data, why and for how long: kept for the person watched."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg.rows import class_row, kwargs_row

from core.domain.people import Role
from core.store.database import Connection
from core.store.queries import load

_ACCESS_LOG = load("people/access_log")


class Viewed(StrEnum):
    """What was looked at."""

    REVEAL = "reveal"
    """Somebody opened the precise place for a while, with a reason."""
    LOCATION = "location"
    """The precise place or the trail was shown."""
    RECORD = "record"
    """The resident's data were shown to staff."""
    BACKTEST = "backtest"
    """Rules and settings were tried on the resident's past."""
    AREA = "area"
    """Somebody drew or moved a usual area: going in and coming out say something of the place."""
    SENSITIVITY = "sensitivity"
    """Somebody set how long a silence may last; the reason is the new setting."""
    EXPORT = "export"
    """Everything about the person was given out."""
    LEDGER = "ledger"
    """The whole ledger was given out: who looked at whom, and who changed what; of everybody."""


@dataclass(frozen=True)
class Reveal:
    """A precise place opened with a reason until a moment."""

    reason: str
    until: datetime


@dataclass(frozen=True)
class AccessRecord:
    """One person's looks at one thing within half an hour; without a name and role it was somebody at the machine.

    `is_by_link`: whoever opened the link that was sent to the contact of this name.
    """

    first_at: datetime
    last_at: datetime
    until: datetime | None
    user: int
    user_name: str
    role: Role | None
    is_by_link: bool
    what: Viewed
    reason: str
    times: int


def record(
    connection: Connection,
    *,
    user: int,
    resident: int | None,
    what: Viewed,
    reason: str = "",
    now: datetime,
    until: datetime | None = None,
    contact: int | None = None,
) -> None:
    """Keep a look; `user` 0 is somebody at the machine, unless it was by the link of a `contact`. Without a resident it is of everybody."""
    connection.execute(
        _ACCESS_LOG["record"],
        {
            "now": now,
            "user": user or None,
            "contact": contact,
            "resident": resident,
            "what": what,
            "reason": reason,
            "until": until,
        },
    )


def open_reveal(connection: Connection, user: int, resident: int, now: datetime) -> Reveal | None:
    """Return the reveal that a user has open at `now`, if any."""
    cursor = connection.cursor(row_factory=class_row(Reveal))
    values = {"user": user, "resident": resident, "what": Viewed.REVEAL, "now": now}
    return cursor.execute(_ACCESS_LOG["open_reveal"], values).fetchone()


def access_records(
    connection: Connection, resident: int, *, limit: int = 200, skip: int = 0
) -> list[AccessRecord]:
    """Return who ever looked, newest first, without the newest `skip` of them."""
    asked = {"resident": resident, "limit": limit, "skip": skip}
    cursor = connection.cursor(row_factory=kwargs_row(_access_record))
    return cursor.execute(_ACCESS_LOG["access_records"], asked).fetchall()


def _access_record(*, role: str | None, what: str, **columns: Any) -> AccessRecord:
    return AccessRecord(role=None if role is None else Role(role), what=Viewed(what), **columns)
