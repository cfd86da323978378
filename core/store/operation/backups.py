"""What a database holds, to compare a restored one with what was backed up; and the record of backups and their proofs."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo
from psycopg.rows import class_row

from core.store.database import Connection, Database, translated_errors
from core.store.queries import load

_BACKUPS = load("operation/backups")


@dataclass(frozen=True)
class Holdings:
    """What a database holds at one moment.

    Attributes
    ----------
    rows : dict of str to int
        Rows of each table of ours; of a hypertable, over all its parts.
    chunks : dict of str to int
        How many parts each hypertable has.
    open_alerts : int
        Alerts that nobody has closed.
    newest_reading : datetime, optional
        None where nothing was ever read.
    """

    rows: dict[str, int]
    chunks: dict[str, int]
    open_alerts: int
    newest_reading: datetime | None

    @property
    def row_count(self) -> int:
        """All rows."""
        return sum(self.rows.values())


@dataclass(frozen=True)
class Origin:
    """Where a dump comes from: versions, the login that owns the database, and the names of its migrations.

    Attributes
    ----------
    postgresql, timescaledb : str
        Versions.
    owner : str
        The login.
    migrations : list of str
        In order.
    set_up_at : datetime, optional
        When the database got its first table. A restored one keeps it, one that was made anew has another.
    """

    postgresql: str
    timescaledb: str
    owner: str
    migrations: list[str]
    set_up_at: datetime | None = None


@dataclass(frozen=True)
class BackupState:
    """When the last backup was made and one was last proven; and how the archive of the write-ahead log goes."""

    made_at: datetime | None
    proven_at: datetime | None
    is_archiving: bool
    archived_at: datetime | None
    archive_failed_at: datetime | None

    @property
    def is_archive_failing(self) -> bool:
        """Whether the last try to archive failed."""
        failed = self.archive_failed_at
        return failed is not None and (self.archived_at is None or failed > self.archived_at)


def table_names(connection: Connection) -> list[str]:
    """Return the tables of ours."""
    return [name for (name,) in connection.execute(_BACKUPS["tables"]).fetchall()]


def holdings(connection: Connection, counted: Callable[[str], None] | None = None) -> Holdings:
    """Count what the database holds; in a transaction that sees one moment, all figures are of that moment.

    Parameters
    ----------
    connection : Connection
        To the database.
    counted : callable, optional
        Called with the name of each table that was counted.
    """
    rows: dict[str, int] = {}
    for name in table_names(connection):
        row = connection.execute(_BACKUPS["row_count"], {"table": name}).fetchone()
        rows[name] = row[0] if row else 0
        if counted is not None:
            counted(name)
    return Holdings(
        rows,
        dict(connection.execute(_BACKUPS["chunks"]).fetchall()),
        _one(connection, _BACKUPS["open_alerts"]),
        _one(connection, _BACKUPS["newest_reading"]),
    )


def lost(before: Holdings, now: Holdings) -> list[str]:
    """Return in words what is less now than it was; nothing if all of it is there.

    Examples
    --------
    >>> before = Holdings({"alert": 3, "reading": 721}, {"reading": 2}, 1, None)
    >>> lost(before, Holdings({"reading": 700}, {"reading": 2}, 1, None))
    ['alert: the table is missing (3 rows)', 'reading: 21 of 721 rows are missing']
    >>> lost(before, before)
    []
    """
    found: list[str] = []
    for name, count in sorted(before.rows.items()):
        here = now.rows.get(name)
        if here is None:
            found.append(f"{name}: the table is missing ({count} rows)")
        elif here < count:
            found.append(f"{name}: {count - here} of {count} rows are missing")
    for name, count in sorted(before.chunks.items()):
        here = now.chunks.get(name)
        if here is None:
            found.append(f"{name}: is no hypertable any more; it had {count} chunks")
        elif here < count:
            found.append(f"{name}: {count - here} of {count} chunks are missing")
    if now.open_alerts < before.open_alerts:
        found.append(
            f"{before.open_alerts - now.open_alerts} of {before.open_alerts} open alerts are missing"
        )
    if before.newest_reading is not None and (
        now.newest_reading is None or now.newest_reading < before.newest_reading
    ):
        ends = now.newest_reading.isoformat() if now.newest_reading else "there is none"
        found.append(f"the newest reading was of {before.newest_reading.isoformat()}, now: {ends}")
    return found


@contextmanager
def one_moment(database: Database) -> Generator[tuple[Connection, str]]:
    """Lend a connection that sees the database at one moment, and the name by which pg_dump sees the same."""
    connection = database.dedicated_connection()
    try:
        with translated_errors():
            # Counting and dumping take as long as they take.
            connection.execute("SET idle_in_transaction_session_timeout = 0")
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection, _one(connection, _BACKUPS["export_snapshot"])
    finally:
        connection.close()


def origin(connection: Connection) -> Origin:
    """Return where a dump of this database comes from."""
    (found,) = connection.cursor(row_factory=class_row(Origin)).execute(_BACKUPS["origin"]).fetchall()
    return found


def table_count(connection: Connection) -> int:
    """Return how many tables a dump goes through."""
    return _one(connection, _BACKUPS["table_count"])


def program_environment(url: str) -> dict[str, str]:
    """Return the environment in which PostgreSQL's own programs reach the same database; nothing of it in their arguments."""
    given = conninfo_to_dict(url)
    found: dict[str, str] = {}
    for option in Conninfo.get_defaults():
        value = given.get(option.keyword.decode())
        if value is not None and option.envvar:
            found[option.envvar.decode()] = str(value)
    return found


def has_record(connection: Connection) -> bool:
    """Return whether the schema of this database keeps a record of backups; older ones do not."""
    return bool(_one(connection, _BACKUPS["has_record"]))


def record(connection: Connection, name: str, made_at: datetime, size: int, rows: int) -> None:
    """Note a backup that was made."""
    connection.execute(_BACKUPS["record"], {"name": name, "made_at": made_at, "bytes": size, "rows": rows})


def record_proof(
    connection: Connection, name: str, made_at: datetime, size: int, rows: int, *, now: datetime
) -> None:
    """Note that a backup was restored and nothing was missing."""
    connection.execute(
        _BACKUPS["record_proof"],
        {"name": name, "made_at": made_at, "bytes": size, "rows": rows, "proven_at": now},
    )


def state(connection: Connection) -> BackupState:
    """Return how the backups are."""
    (found,) = connection.cursor(row_factory=class_row(BackupState)).execute(_BACKUPS["state"]).fetchall()
    return found


def _one(connection: Connection, query: bytes) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None
