"""A database that is about to be restored: whether it can be, and what TimescaleDB wants before and after."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg.conninfo import make_conninfo
from psycopg.rows import class_row
from psycopg.sql import SQL, Composed, Identifier, Literal

from core.store.database import Database, translated_errors
from core.store.queries import load

_RESTORING = load("operation/restoring")


@dataclass(frozen=True)
class Target:
    """Where a backup is to go.

    Attributes
    ----------
    timescaledb : str, optional
        The version in this database, None where it has not been created yet.
    available : list of str
        The versions that could be created.
    tables : list of str
        What is there already and belongs to no extension.
    """

    login: str
    database: str
    is_superuser: bool
    postgresql_major: int
    is_preloaded: bool
    timescaledb: str | None
    available: list[str]
    tables: list[str]


def target(database: Database) -> Target:
    """Return what stands where a backup is to go."""
    with database.transaction() as connection:
        (found,) = connection.cursor(row_factory=class_row(Target)).execute(_RESTORING["target"]).fetchall()
        return found


def as_role(url: str, role: str) -> str:
    """Return a URL by which everything that is made belongs to another login than the one that signs in."""
    return make_conninfo(url, options=f"-c role={role}")


def add_owner(database: Database, role: str) -> bool:
    """Make the login that owns the tables, without a password, and give it the database; return whether it was new."""
    with database.transaction() as connection:
        row = connection.execute(_RESTORING["has_role"], {"role": role}).fetchone()
        is_new = not (row and row[0])
        if is_new:
            connection.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(role)))
        (name,) = connection.execute(_RESTORING["database_name"]).fetchone() or ("",)
        connection.execute(SQL("ALTER DATABASE {} OWNER TO {}").format(Identifier(name), Identifier(role)))
        return is_new


@contextmanager
def restoring(url: str, version: str) -> Generator[None]:
    """Create TimescaleDB in this version and hold it still meanwhile; it goes on even if the restore fails."""
    create = SQL("CREATE EXTENSION IF NOT EXISTS timescaledb VERSION {}").format(Literal(version))
    _alone(url, create)
    # Each in a session of its own: one that began before the extension, or its setting, knows nothing of it.
    _alone(url, _RESTORING["pre_restore"])
    try:
        yield
    finally:
        _alone(url, _RESTORING["post_restore"])
    _alone(url, _RESTORING["analyze"])


@contextmanager
def scratch_database(url: str, name: str) -> Generator[str]:
    """Make a database on the server of `url` for the time of the block, and give its URL."""
    _alone(url, SQL("CREATE DATABASE {} TEMPLATE template0").format(Identifier(name)))
    try:
        yield make_conninfo(url, dbname=name)
    finally:
        _alone(url, SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def _alone(url: str, statement: bytes | Composed) -> None:
    with translated_errors():
        connection = Database(url, application="mimamori-restore").dedicated_connection()
        try:
            connection.execute(statement)
        finally:
            connection.close()
