"""The whole ledger with what its rows say, in pieces that fit into memory and short transactions."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.domain.records.ledger import LedgerEntry
from core.store.database import Database
from core.store.ledger import checking, sealing
from core.store.ledger.sealing import RowContent

_PIECE = 1_000


@dataclass(frozen=True)
class GivenEntry:
    """An entry and what its row says now; None of an entry after which there is another about the same row."""

    entry: LedgerEntry
    said: RowContent | None


def given_out(database: Database) -> Iterator[list[GivenEntry]]:
    """Give every entry in order, in pieces; what is sealed meanwhile comes too."""
    after = 0
    while True:
        with database.transaction() as connection:
            found = checking.entries(connection, after, _PIECE)
            rows = [(one.entry.source, one.entry.row) for one in found]
            said = sealing.contents(connection, rows) if rows else []
        if not found:
            return
        yield [
            GivenEntry(one.entry, now if one.is_latest else None)
            for one, now in zip(found, said, strict=True)
        ]
        after = found[-1].entry.number
