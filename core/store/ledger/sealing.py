"""Seals what waits for the ledger, in order: many write at once without waiting for each other, and one seals after them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row, kwargs_row

from core.domain.records.ledger import Anchor, LedgerCause, LedgerEntry, LedgerState, digest_of
from core.store.database import Connection, translated_errors
from core.store.queries import load

_SEALING = load("ledger/sealing")
# Any constant will do as long as nobody else locks it in this database.
SEALING = 7_240_619
MOST = 1_000
"""How many entries one transaction adds at most."""


@dataclass(frozen=True)
class _Waiting:
    pending: int
    source: str
    row: int
    at: datetime
    cause: LedgerCause
    erasure: int | None


@dataclass(frozen=True)
class RowContent:
    """What a row of the ledger says now; both None where it is gone."""

    salt: UUID | None
    content: str | None

    @property
    def digest(self) -> bytes | None:
        """Its digest; None of a row that is gone."""
        return None if self.salt is None or self.content is None else digest_of(self.salt, self.content)


def is_work_left(connection: Connection) -> bool:
    """Return whether anything waits to be sealed."""
    row = connection.execute(_SEALING["is_any"]).fetchone()
    return bool(row and row[0])


def seal(connection: Connection, most: int = MOST) -> Anchor | None:
    """Seal what waits the longest, in a transaction of its own, and return the last seal; None where somebody else does, or nothing waits."""
    with translated_errors(), connection.transaction():
        row = connection.execute(_SEALING["try_work"], {"key": SEALING}).fetchone()
        if not (row and row[0]):
            return None
        cursor = connection.cursor(row_factory=kwargs_row(_waiting))
        waiting = cursor.execute(_SEALING["waiting"], {"limit": most}).fetchall()
        if not waiting:
            return None
        number, before = last(connection)
        found = contents(connection, [(one.source, one.row) for one in waiting])
        entries: list[LedgerEntry] = []
        for one, said in zip(waiting, found, strict=True):
            number += 1
            entry = LedgerEntry(number, one.source, one.row, one.at, one.cause, one.erasure, said.digest)
            before = entry.sealed_after(before)
            entries.append(replace(entry, seal=before))
        _add(connection, entries)
        connection.execute(_SEALING["done"], {"pending": [one.pending for one in waiting]})
    return Anchor(number, before)


def contents(connection: Connection, rows: Sequence[tuple[str, int]]) -> list[RowContent]:
    """Return what some rows, by table and number, say now, in that order."""
    cursor = connection.cursor(row_factory=class_row(RowContent))
    values = {"sources": [source for source, _ in rows], "rows": [row for _, row in rows]}
    return cursor.execute(_SEALING["contents"], values).fetchall()


def last(connection: Connection) -> tuple[int, bytes]:
    """Return the number of the last entry and its seal; 0 and nothing before the first."""
    row = connection.execute(_SEALING["head"]).fetchone()
    return (0, b"") if row is None else (int(row[0]), bytes(row[1]))


def state(connection: Connection) -> LedgerState:
    """Return how far the ledger is sealed."""
    cursor = connection.cursor(row_factory=class_row(LedgerState))
    (found,) = cursor.execute(_SEALING["state"]).fetchall()
    return found


def say_erasure(connection: Connection, erasure: int, now: datetime) -> None:
    """Let the rest of the transaction take rows of the ledger, and words in them, away for an erasure."""
    _say_why(connection, f"{LedgerCause.ERASURE} {erasure}", now)


def say_simulation(connection: Connection) -> None:
    """Let the rest of the transaction take rows of the ledger away with homes that were made up."""
    _say_why(connection, LedgerCause.SIMULATION.value, None)


def say_cut(connection: Connection) -> None:
    """Let the rest of the transaction take away rows of the ledger that are too old, after whoever seals now."""
    connection.execute(_SEALING["work"], {"key": SEALING})
    _say_why(connection, "cut", None)


def _say_why(connection: Connection, cause: str, now: datetime | None) -> None:
    values = {"cause": cause, "at": "" if now is None else now.isoformat()}
    connection.execute(_SEALING["say_why"], values)


def _waiting(*, cause: str, **columns: Any) -> _Waiting:
    return _Waiting(cause=LedgerCause(cause), **columns)


def _add(connection: Connection, entries: Sequence[LedgerEntry]) -> None:
    connection.execute(
        _SEALING["add"],
        {
            "numbers": [one.number for one in entries],
            "sources": [one.source for one in entries],
            "rows": [one.row for one in entries],
            "moments": [one.at for one in entries],
            "causes": [one.cause.value for one in entries],
            "erasures": [one.erasure for one in entries],
            "digests": [one.digest for one in entries],
            "seals": [one.seal for one in entries],
        },
    )
