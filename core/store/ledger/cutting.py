"""Lets the oldest entries of the ledger go, with their rows: the seal of the last of them stays, so what remains can be checked."""

from dataclasses import dataclass
from datetime import datetime

from core.store.database import Connection
from core.store.ledger import sealing
from core.store.queries import load

_CUTTING = load("ledger/cutting")
_TABLES = ("access_log", "watch_change", "office_change", "ledger_cut")
MOST = 50_000
"""How many entries go in one transaction at most."""


@dataclass(frozen=True)
class Gone:
    """What went: entries up to a number, and rows."""

    through: int
    entries: int
    rows: int


def cut(connection: Connection, before: datetime, now: datetime, most: int = MOST) -> Gone | None:
    """Let entries of before a moment go, a piece of them, and return what went; None where there are none.

    Only what is too old without a gap goes: an entry of an old row that was changed later stays, and so does its row.
    """
    sealing.say_cut(connection)
    row = connection.execute(_CUTTING["through"], {"before": before, "most": most}).fetchone()
    through = None if row is None else row[0]
    found = connection.execute(_CUTTING["seal_of"], {"through": through}).fetchone()
    if through is None or found is None:
        return None
    rows = sum(
        connection.execute(
            _CUTTING["drop_rows"].replace(b"[table]", table.encode()), {"through": through}
        ).rowcount
        for table in _TABLES
    )
    entries = connection.execute(_CUTTING["drop_entries"], {"through": through}).rowcount
    values = {"now": now, "before": before, "through": through, "entries": entries, "seal": found[0]}
    connection.execute(_CUTTING["note"], values)
    return Gone(through, entries, rows)
