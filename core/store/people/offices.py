"""Offices: who stands in for one, when somebody sits there, the desks above, and who changed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg.rows import dict_row, kwargs_row
from psycopg.types.json import Jsonb

from core.domain.escalation.policy import Desk, Recipients
from core.domain.geofence import Hours
from core.domain.people import OfficeRole
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.people.geofences import hours_from_json, hours_to_json
from core.store.queries import load

_OFFICES = load("people/offices")


class OfficeChanged(StrEnum):
    """What of an office was changed."""

    ESCALATION = "escalation"
    COVER = "cover"
    DUTY = "duty"


@dataclass(frozen=True)
class CareOffice:
    """An office; `next_office` stands in for it, `staffed` is when somebody sits there (None: at any hour)."""

    number: int
    name: str
    phone: str
    role: OfficeRole
    next_office: int | None
    staffed: Hours | None


@dataclass(frozen=True)
class NamedDesk:
    """A desk that a step can ask, with the name of its office."""

    name: str
    desk: Desk


@dataclass(frozen=True)
class OfficeChange:
    """One change of an office; `before` is None of what is new, `after` of what was removed."""

    at: datetime
    who: str
    what: OfficeChanged
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def list_all(connection: Connection) -> list[CareOffice]:
    """Return all offices, those that look after people first."""
    return connection.cursor(row_factory=kwargs_row(_office)).execute(_OFFICES["all"]).fetchall()


def get(connection: Connection, office: int) -> CareOffice:
    """Return one office.

    Raises
    ------
    NotFoundError
        There is none of that number.
    """
    cursor = connection.cursor(row_factory=kwargs_row(_office))
    found = cursor.execute(_OFFICES["one"], {"office": office}).fetchone()
    if found is None:
        raise NotFoundError(f"there is no office {office} that you may see")
    return found


def set_cover(connection: Connection, office: int, *, next_office: int | None, staffed: Hours | None) -> None:
    """Say who stands in for an office, and when somebody sits there (None: at any hour)."""
    values = {
        "office": office,
        "next_office": next_office,
        "staffed": None if staffed is None else Jsonb(hours_to_json(staffed)),
    }
    connection.execute(_OFFICES["set_cover"], values)


def desks(connection: Connection, office: int) -> dict[Recipients, NamedDesk]:
    """Return the desks that the steps of an office's policy can ask; contacts in their order end at the office's own."""
    cursor = connection.cursor(row_factory=dict_row)
    found = {
        Recipients(row["asked"]): NamedDesk(
            row["name"],
            Desk(row["is_there"], None if row["staffed"] is None else hours_from_json(row["staffed"])),
        )
        for row in cursor.execute(_OFFICES["desks"], {"office": office})
    }
    if Recipients.OFFICE in found:
        found |= dict.fromkeys((Recipients.CONTACTS, Recipients.DUTY), found[Recipients.OFFICE])
    return found


def desk_states(connection: Connection, office: int) -> dict[Recipients, Desk]:
    """Return the same as `desks`, without names."""
    return {asked: one.desk for asked, one in desks(connection, office).items()}


def without_desk_above(connection: Connection) -> list[CareOffice]:
    """Return the offices that look after somebody and have no desk above them, so that an emergency that nobody answers ends there."""
    cursor = connection.cursor(row_factory=kwargs_row(_office))
    return cursor.execute(_OFFICES["without_desk_above"]).fetchall()


def record_change(
    connection: Connection,
    office: int,
    what: OfficeChanged,
    *,
    before: Mapping[str, object] | None,
    after: Mapping[str, object] | None,
    user: int,
    now: datetime,
) -> None:
    """Write down one change, in the transaction that makes it."""
    connection.execute(
        _OFFICES["record"],
        {
            "office": office,
            "now": now,
            "user": user,
            "what": what,
            "before": None if before is None else Jsonb(dict(before)),
            "after": None if after is None else Jsonb(dict(after)),
        },
    )


def changes(connection: Connection, office: int, limit: int) -> list[OfficeChange]:
    """Return the latest changes of an office, the newest first."""
    cursor = connection.cursor(row_factory=kwargs_row(_change))
    return cursor.execute(_OFFICES["changes"], {"office": office, "limit": limit}).fetchall()


def _office(*, role: str, staffed: Mapping[str, Any] | None, **columns: Any) -> CareOffice:
    return CareOffice(
        role=OfficeRole(role), staffed=None if staffed is None else hours_from_json(staffed), **columns
    )


def _change(*, what: str, **columns: Any) -> OfficeChange:
    return OfficeChange(what=OfficeChanged(what), **columns)
