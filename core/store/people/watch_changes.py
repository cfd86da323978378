"""Who changed what is watched, or the records of the people, when, and what it was before and after."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg.rows import kwargs_row
from psycopg.types.json import Jsonb

from core.errors import NotFoundError
from core.store.database import Connection
from core.store.queries import load

_CHANGES = load("people/watch_changes")


class Watched(StrEnum):
    """What of the watch, and of those whom it concerns, can be changed."""

    GEOFENCE = "geofence"
    ABSENCE = "absence"
    SENSITIVITY = "sensitivity"
    ESCALATION = "escalation"
    QUIET_LIMIT = "quiet_limit"
    PROMPTS = "prompts"
    RESIDENT = "resident"
    HOME = "home"
    CONTACT = "contact"
    CHANNELS = "channels"
    OFFICE = "office"
    ACCOUNT = "account"
    FAMILY = "family"


OF_THE_WATCH = frozenset(
    {
        Watched.GEOFENCE,
        Watched.ABSENCE,
        Watched.SENSITIVITY,
        Watched.ESCALATION,
        Watched.QUIET_LIMIT,
        Watched.PROMPTS,
    }
)
"""What is shown to the family too."""


@dataclass(frozen=True)
class Concerned:
    """Whom a change concerns, by number: it stands in the history of each of them."""

    resident: int | None = None
    home: int | None = None
    contact: int | None = None
    office: int | None = None
    account: int | None = None


@dataclass(frozen=True)
class WatchChange:
    """One change; `before` is None of what is new, `after` of what was removed. A geofence's shape and a home hold a place.

    `who` is empty where somebody at the machine did it.
    """

    number: int
    at: datetime
    who: str
    what: Watched
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    concerned: Concerned


def record(
    connection: Connection,
    concerned: Concerned | int,
    what: Watched,
    *,
    before: Mapping[str, object] | None,
    after: Mapping[str, object] | None,
    user: int,
    now: datetime,
    contact: int | None = None,
) -> int:
    """Write down one change, in the transaction that makes it, and return its number.

    `concerned` is all whom it concerns, or the number of the one resident; `user` 0 is somebody at the machine, unless a `contact` did it
    from a message.
    """
    whom = Concerned(resident=concerned) if isinstance(concerned, int) else concerned
    row = connection.execute(
        _CHANGES["record"],
        {
            **asdict(whom),
            "now": now,
            "user": user or None,
            "by_contact": contact,
            "what": what,
            "before": None if before is None else Jsonb(dict(before)),
            "after": None if after is None else Jsonb(dict(after)),
        },
    ).fetchone()
    return row[0] if row else 0


def of(
    connection: Connection,
    concerned: Concerned,
    limit: int,
    *,
    kinds: Collection[Watched] = frozenset(Watched),
) -> list[WatchChange]:
    """Return the latest changes, of some kinds, that concern all that is named, the newest first."""
    values = {**asdict(concerned), "number": None, "kinds": sorted(kinds), "limit": limit}
    return connection.cursor(row_factory=kwargs_row(_change)).execute(_CHANGES["changes"], values).fetchall()


def of_resident(connection: Connection, resident: int, limit: int) -> list[WatchChange]:
    """Return the latest changes of what is watched of a resident, the newest first."""
    return of(connection, Concerned(resident=resident), limit, kinds=OF_THE_WATCH)


def one(connection: Connection, number: int, concerned: Concerned) -> WatchChange:
    """Return one change that concerns all that is named.

    Raises
    ------
    NotFoundError
        There is no such change.
    """
    values = {**asdict(concerned), "number": number, "kinds": sorted(Watched), "limit": 1}
    found = connection.cursor(row_factory=kwargs_row(_change)).execute(_CHANGES["changes"], values).fetchone()
    if found is None:
        raise NotFoundError(f"there is no change {number} of this")
    return found


def _change(
    *,
    what: str,
    resident: int | None,
    home: int | None,
    contact: int | None,
    office: int | None,
    account: int | None,
    **columns: Any,
) -> WatchChange:
    concerned = Concerned(resident=resident, home=home, contact=contact, office=office, account=account)
    return WatchChange(what=Watched(what), concerned=concerned, **columns)
