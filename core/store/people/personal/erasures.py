"""Erasures of residents: asked for, taken up, counted as they go, proven; and the list that is applied after a restore."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row, kwargs_row
from psycopg.types.json import Jsonb

from core.domain.records.erasure import Erasure, ErasureReport, ErasureState, ListedErasure, PersonKeys
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.queries import load

_ERASURES = load("people/erasures")
# Any constant will do as long as nobody else locks it in this database.
_WORKING = 7_240_614


def ask(connection: Connection, resident: int, *, user: int | None, now: datetime) -> int:
    """Ask for the erasure of a resident, and return its number; one that was asked for already is the same."""
    values = {"resident": resident, "now": now, "user": user or None}
    row = connection.execute(_ERASURES["ask"], values).fetchone()
    if row is None:
        row = connection.execute(_ERASURES["of_resident"], values).fetchone()
    assert row is not None  # noqa: S101 - there is one now, or there was
    return int(row[0])


def ask_again(connection: Connection, listed: ListedErasure) -> int | None:
    """Ask for one of the list anew if the resident is there, whatever a restored backup says of it, and return its number."""
    values = {"resident": listed.resident}
    if connection.execute(_ERASURES["is_there"], values).fetchone() is None:
        return None
    number = ask(connection, listed.resident, user=None, now=listed.asked_at)
    connection.execute(_ERASURES["ask_again"], values)
    return number


def pass_numbers(connection: Connection, highest: int) -> None:
    """Let nobody new get a number up to this one: a list names somebody else by it, and would erase them."""
    connection.execute(_ERASURES["pass_numbers"], {"highest": highest})


def has_record(connection: Connection) -> bool:
    """Return whether the schema of this database keeps erasures; older ones do not."""
    row = connection.execute(_ERASURES["has_record"]).fetchone()
    return bool(row and row[0])


def get(connection: Connection, erasure: int) -> Erasure:
    """Return one.

    Raises
    ------
    NotFoundError
        There is none of this number.
    """
    cursor = connection.cursor(row_factory=kwargs_row(_erasure))
    found = cursor.execute(_ERASURES["get"], {"erasure": erasure}).fetchone()
    if found is None:
        raise NotFoundError(f"there is no erasure {erasure}")
    return found


def of_resident(connection: Connection, resident: int) -> int | None:
    """Return the one of a resident by number; None if none was asked for."""
    row = connection.execute(_ERASURES["of_resident"], {"resident": resident}).fetchone()
    return None if row is None else int(row[0])


def listing(connection: Connection, limit: int) -> list[Erasure]:
    """Return the latest, the newest first."""
    cursor = connection.cursor(row_factory=kwargs_row(_erasure))
    return cursor.execute(_ERASURES["listing"], {"limit": limit}).fetchall()


def listed(connection: Connection) -> list[ListedErasure]:
    """Return everybody whose erasure has begun: what a restored backup has to be rid of too."""
    cursor = connection.cursor(row_factory=class_row(ListedErasure))
    return cursor.execute(_ERASURES["listed"]).fetchall()


def is_work_left(connection: Connection) -> bool:
    """Return whether one waits for a worker and there is none."""
    row = connection.execute(_ERASURES["is_work_left"], {"key": _WORKING}).fetchone()
    return bool(row and row[0])


def open_since(connection: Connection) -> datetime | None:
    """Return when the oldest was asked for that is not finished; None if all are."""
    row = connection.execute(_ERASURES["open_since"]).fetchone()
    return None if row is None else row[0]


def hold(connection: Connection) -> bool:
    """Become the one worker; it stays so until the connection ends."""
    row = connection.execute(_ERASURES["hold"], {"key": _WORKING}).fetchone()
    return bool(row and row[0])


def following(connection: Connection) -> int | None:
    """Return the oldest that is not finished; None if all are."""
    row = connection.execute(_ERASURES["next"]).fetchone()
    return None if row is None else int(row[0])


def keys(connection: Connection, erasure: int) -> PersonKeys | None:
    """Return what one looks for; None before it began."""
    row = connection.execute(_ERASURES["keys"], {"erasure": erasure}).fetchone()
    return None if row is None or row[0] is None else msgspec.convert(row[0], PersonKeys)


def begin(connection: Connection, erasure: int, wanted: PersonKeys) -> None:
    """Keep what one looks for until all of it is gone."""
    values = {"erasure": erasure, "keys": Jsonb(msgspec.to_builtins(wanted))}
    connection.execute(_ERASURES["begin"], values)


def note(connection: Connection, erasure: int, table: str, rows: int) -> None:
    """Count rows that were deleted, in the transaction that deletes them."""
    if rows:
        connection.execute(_ERASURES["note"], {"erasure": erasure, "table": table, "rows": rows})


def finish(connection: Connection, erasure: int, report: ErasureReport, now: datetime) -> None:
    """Keep what one proved, and forget what it looked for."""
    values = {
        "erasure": erasure,
        "state": ErasureState.DONE if report.is_proven else ErasureState.UNPROVEN,
        "report": Jsonb(msgspec.to_builtins(report)),
        "now": now,
    }
    connection.execute(_ERASURES["finish"], values)


def _erasure(*, state: str, report: Mapping[str, Any] | None, **columns: Any) -> Erasure:
    return Erasure(
        state=ErasureState(state),
        report=None if report is None else msgspec.convert(report, ErasureReport),
        **columns,
    )
