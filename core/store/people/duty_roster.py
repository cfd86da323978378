"""The roster of an office: who can be on it, and who is when."""

from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import class_row, dict_row

from core.domain.delivery.contact_channel import CONFIRMED_ONLY
from core.domain.escalation.duty import DutyPerson, DutyShift
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.queries import load

_ROSTER = load("people/duty_roster")
_MOMENT = timedelta(microseconds=1)


def people(connection: Connection, office: int) -> list[DutyPerson]:
    """Return who of an office can be on its roster, those who are asked only then first."""
    cursor = connection.cursor(row_factory=class_row(DutyPerson))
    values = {"office": office, "confirmed_only": sorted(CONFIRMED_ONLY)}
    return cursor.execute(_ROSTER["people"], values).fetchall()


def shifts(connection: Connection, office: int, since: datetime, until: datetime) -> list[DutyShift]:
    """Return the shifts of an office that touch a time, in order."""
    values = {"office": office, "since": since, "until": until}
    rows = connection.cursor(row_factory=dict_row).execute(_ROSTER["shifts"], values).fetchall()
    return _shifts(connection, office, rows) if rows else []


def at(connection: Connection, office: int, moment: datetime) -> list[DutyShift]:
    """Return the shifts of an office that hold at a moment."""
    return shifts(connection, office, moment, moment + _MOMENT)


def get(connection: Connection, shift: int) -> DutyShift:
    """Return one shift.

    Raises
    ------
    NotFoundError
        There is none of that number.
    """
    row = connection.cursor(row_factory=dict_row).execute(_ROSTER["shift"], {"shift": shift}).fetchone()
    if row is None:
        raise NotFoundError(f"there is no shift {shift} that you may see")
    return _shifts(connection, row["office"], [row])[0]


def add(
    connection: Connection,
    office: int,
    *,
    contact: int,
    substitute: int | None,
    began_at: datetime,
    ended_at: datetime,
) -> int:
    """Put somebody on the roster and return the number of the shift."""
    values = {
        "office": office,
        "contact": contact,
        "substitute": substitute,
        "began_at": began_at,
        "ended_at": ended_at,
    }
    row = connection.execute(_ROSTER["add"], values).fetchone()
    assert row is not None  # noqa: S101 - an insert that returns
    return int(row[0])


def substitute(connection: Connection, shift: int, *, is_substituted: bool) -> None:
    """Let the substitute take a shift, or give it back."""
    connection.execute(_ROSTER["substitute"], {"shift": shift, "is_substituted": is_substituted})


def remove(connection: Connection, shift: int) -> None:
    """Take a shift off the roster."""
    connection.execute(_ROSTER["remove"], {"shift": shift})


def _shifts(connection: Connection, office: int, rows: list[dict[str, Any]]) -> list[DutyShift]:
    known = {one.number: one for one in people(connection, office)}
    return [
        DutyShift(
            row["number"],
            row["office"],
            row["began_at"],
            row["ended_at"],
            known[row["contact_id"]],
            None if row["substitute_id"] is None else known[row["substitute_id"]],
            row["is_substituted"],
        )
        for row in rows
    ]
