"""Names and addresses of somebody in the texts of the whole database: whose else they are, blotted out, and searched for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from core.domain.records.erasure import LeftText
from core.domain.records.personal_data import PERSONAL_DATA
from core.store.database import Connection
from core.store.queries import load

_DATA = load("people/personal_data")
# What stands in place of a name.
BLOT = "■■■"


@dataclass(frozen=True)
class TextColumn:
    """A column of the database that holds words or bytes."""

    table: str
    column: str
    is_bytes: bool
    is_json: bool

    @property
    def is_identity(self) -> bool:
        """Whether it is the name or address of whom its row is about."""
        known = PERSONAL_DATA.get(self.table)
        return known is not None and self.column in known.identities

    @property
    def may_be_mended(self) -> bool:
        """Whether people wrote in it about anybody, so that a name in it goes."""
        known = PERSONAL_DATA.get(self.table)
        return known is not None and self.column in known.prose


def columns(connection: Connection) -> list[TextColumn]:
    """Return every column of words or bytes that the database has, whatever the registry says; of hypertables none.

    A channel of a reading names a part of a device; to read millions of them would take hours, and they go by device and time.
    """
    cursor = connection.cursor(row_factory=class_row(TextColumn))
    timelines = {one.name for one in PERSONAL_DATA.values() if one.is_timeline}
    found = cursor.execute(_DATA["columns"]).fetchall()
    # What an erasure looks for stands in its own row until it has ended; digests hold a short name by chance, and say nothing.
    without = timelines | {"erasure", "ledger_seal"}
    return [
        one for one in found if one.table not in without and not (one.is_bytes and one.table == "ledger_cut")
    ]


def shared(connection: Connection, identifiers: Sequence[str], among: Iterable[TextColumn]) -> set[str]:
    """Return those of somebody's names and addresses that are somebody else's too."""
    found: set[str] = set()
    for one in among:
        if one.is_identity and not one.is_bytes:
            query = _filled("whose", one.table, column=one.column)
            found |= {row[0] for row in connection.execute(query, {"identifiers": list(identifiers)})}
    return found


def blot(connection: Connection, identifiers: Sequence[str], column: TextColumn) -> int:
    """Blot names and addresses out of what others' rows say, and return in how many places."""
    query = _filled("blot_json" if column.is_json else "blot_text", column.table, column=column.column)
    # The longest first: a shorter one may be a part of it.
    return sum(
        connection.execute(query, {"identifier": one, "blot": BLOT}).rowcount
        for one in sorted(identifiers, key=len, reverse=True)
    )


def left(connection: Connection, identifiers: Sequence[str], among: Iterable[TextColumn]) -> list[LeftText]:
    """Return where any of the names and addresses stands, by table and column."""
    if not identifiers:
        return []
    by_table: dict[str, list[TextColumn]] = {}
    for one in among:
        by_table.setdefault(one.table, []).append(one)
    found: list[LeftText] = []
    for table, its in by_table.items():
        for one in its:
            if one.is_bytes:
                query = _filled("search_bytes", table, column=one.column)
                found += _hits(connection, query, identifiers, one)
        texts = [one for one in its if not one.is_bytes]
        # All at once; only where something is found each by itself.
        if texts and _count(connection, _texts_query(table, texts), identifiers):
            for one in texts:
                found += _hits(connection, _texts_query(table, [one]), identifiers, one)
    return found


def _hits(
    connection: Connection, query: bytes, identifiers: Sequence[str], column: TextColumn
) -> list[LeftText]:
    rows = _count(connection, query, identifiers)
    return [LeftText(column.table, column.column, rows)] if rows else []


def _count(connection: Connection, query: bytes, identifiers: Sequence[str]) -> int:
    row = connection.execute(query, {"identifiers": list(identifiers)}).fetchone()
    return int(row[0]) if row else 0


def _texts_query(table: str, texts: Sequence[TextColumn]) -> bytes:
    listed = b", ".join(_DATA["text_of"].replace(b"[column]", one.column.encode()) for one in texts)
    return _filled("search_texts", table).replace(b"[columns]", listed)


def _filled(query: str, table: str, *, column: str = "") -> bytes:
    """Return a query for a table and column, whose names the database itself gave."""
    return _DATA[query].replace(b"[table]", table.encode()).replace(b"[column]", column.encode())
