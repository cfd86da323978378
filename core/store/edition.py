"""Which TimescaleDB serves us, and so which optimisations may be used."""

from dataclasses import dataclass

from psycopg.rows import class_row

from core.errors import StoreError
from core.store.database import Connection
from core.store.queries import load

_EDITION = load("edition")


@dataclass(frozen=True)
class Edition:
    """The database server.

    Attributes
    ----------
    postgresql, timescaledb : str
        Versions.
    is_community : bool
        True where compression and continuous aggregates exist; the product works without them.
    """

    postgresql: str
    timescaledb: str
    is_community: bool

    @property
    def label(self) -> str:
        """For headers and the doctor."""
        return f"PostgreSQL {self.postgresql}, TimescaleDB {self.timescaledb} ({'Community' if self.is_community else 'Apache'} edition)"


def edition(connection: Connection) -> Edition:
    """Return which server this connection talks to.

    Raises
    ------
    StoreError
        The database has no TimescaleDB extension.
    """
    found = connection.cursor(row_factory=class_row(Edition)).execute(_EDITION["edition"]).fetchone()
    if found is None:
        raise StoreError("the database has no TimescaleDB extension; run `mimamori migrate`")
    return found
