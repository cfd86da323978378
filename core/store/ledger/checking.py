"""Checks the whole ledger: each seal against the one before it, each row against its last entry, and a seal that somebody wrote down."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, kwargs_row

from core.domain.records.ledger import (
    Anchor,
    BrokenEntry,
    LedgerCause,
    LedgerCheck,
    LedgerCut,
    LedgerEntry,
    LedgerFault,
)
from core.store.database import Connection, Database
from core.store.ledger import sealing
from core.store.ledger.sealing import RowContent
from core.store.queries import load

_CHECKING = load("ledger/checking")
# Entries that are held at once.
_PIECE = 2_000


@dataclass(frozen=True)
class KeptEntry:
    """An entry, whether it is the last about its row, and whether another about it waits."""

    entry: LedgerEntry
    is_latest: bool
    is_pending: bool


@dataclass
class _Walk:
    """How far a check has come."""

    number: int
    seal: bytes
    erasures: frozenset[int]
    against: Anchor | None
    entries: int = 0
    erased: dict[int, int] = field(default_factory=dict[int, int])
    left_out: int = 0

    def fault(self, kept: KeptEntry, said: RowContent | None) -> LedgerFault | None:
        """Return what is wrong with the next entry, and step to it."""
        entry, before = kept.entry, self.seal
        if entry.number != self.number + 1:
            return LedgerFault.GAP
        if entry.sealed_after(before) != entry.seal:
            return LedgerFault.SEAL
        self.number, self.seal = entry.number, entry.seal
        self.entries += 1
        if (
            self.against is not None
            and self.against.number == entry.number
            and self.against.seal != entry.seal
        ):
            return LedgerFault.OTHER_SEAL
        if entry.erasure is not None:
            self.erased[entry.erasure] = self.erased.get(entry.erasure, 0) + 1
            if entry.erasure not in self.erasures:
                return LedgerFault.NO_ERASURE
        self.left_out += entry.cause is LedgerCause.SIMULATION
        return None if said is None else _of_row(entry, said)


def check(database: Database, against: Anchor | None = None) -> LedgerCheck:
    """Check the ledger as it is at one moment, up to the first entry that is wrong.

    Parameters
    ----------
    database : Database
        Read in one transaction.
    against : Anchor or None
        A seal that somebody wrote down.
    """
    with database.transaction() as connection:
        connection.execute(_CHECKING["one_moment"])
        found = cuts(connection)
        newest = found[0] if found else None
        walk = _Walk(
            0 if newest is None else newest.through,
            b"" if newest is None else newest.seal,
            frozenset(row[0] for row in connection.execute(_CHECKING["erasures"])),
            against,
        )
        first = walk.number + 1
        broken = _walked(connection, walk) or _beyond(walk, against, newest) or _outside(connection)
    head = Anchor(walk.number, walk.seal) if walk.number else None
    return LedgerCheck(walk.entries, first, head, broken, walk.erased, walk.left_out, tuple(found))


def entries(connection: Connection, after: int, limit: int) -> list[KeptEntry]:
    """Return some entries after a number, in order."""
    cursor = connection.cursor(row_factory=kwargs_row(_kept))
    return cursor.execute(_CHECKING["entries"], {"after": after, "limit": limit}).fetchall()


def cuts(connection: Connection) -> list[LedgerCut]:
    """Return what went because it was too old, the newest first."""
    return connection.cursor(row_factory=class_row(LedgerCut)).execute(_CHECKING["cuts"]).fetchall()


def _walked(connection: Connection, walk: _Walk) -> BrokenEntry | None:
    for kept, said in _pieces(connection, walk.number):
        fault = walk.fault(kept, said)
        if fault is LedgerFault.GAP:
            return BrokenEntry(walk.number + 1, "", 0, None, fault)
        if fault is not None:
            entry = kept.entry
            return BrokenEntry(entry.number, entry.source, entry.row, entry.at, fault)
    return None


def _pieces(connection: Connection, after: int) -> Iterator[tuple[KeptEntry, RowContent | None]]:
    """Give each entry, and what its row says now if nothing is to come after it."""
    while piece := entries(connection, after, _PIECE):
        settled = [one for one in piece if one.is_latest and not one.is_pending]
        rows = [(one.entry.source, one.entry.row) for one in settled]
        now = dict(
            zip((one.entry.number for one in settled), sealing.contents(connection, rows), strict=True)
        )
        for one in piece:
            yield one, now.get(one.entry.number)
        after = piece[-1].entry.number


def _of_row(entry: LedgerEntry, said: RowContent) -> LedgerFault | None:
    if said.digest is None:
        # Only what took something away may leave nothing.
        return LedgerFault.GONE if entry.digest is not None or entry.cause is LedgerCause.WRITTEN else None
    return None if said.digest == entry.digest else LedgerFault.CHANGED


def _beyond(walk: _Walk, against: Anchor | None, newest: LedgerCut | None) -> BrokenEntry | None:
    """Return what is wrong with a seal that was written down and whose entry is not among those that are kept."""
    if against is None:
        return None
    if against.number > walk.number:
        return BrokenEntry(against.number, "", 0, None, LedgerFault.NOT_THERE)
    if newest is None or against.number > newest.through:
        return None
    if against.number < newest.through:
        return BrokenEntry(against.number, "", 0, None, LedgerFault.TOO_OLD)
    return (
        None
        if against.seal == newest.seal
        else BrokenEntry(against.number, "", 0, None, LedgerFault.OTHER_SEAL)
    )


def _outside(connection: Connection) -> BrokenEntry | None:
    row: tuple[str, int, datetime] | None = connection.execute(_CHECKING["outside"]).fetchone()
    if row is None:
        return None
    source, number, at = row
    return BrokenEntry(None, source, number, at, LedgerFault.OUTSIDE)


def _kept(*, cause: str, is_latest: bool, is_pending: bool, **columns: Any) -> KeptEntry:
    return KeptEntry(LedgerEntry(cause=LedgerCause(cause), **columns), is_latest, is_pending)
