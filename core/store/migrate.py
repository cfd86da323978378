"""Applies the numbered SQL files in `migrations/`, each once, in order, by one process at a time."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

import psycopg

from core.errors import MigrationError, StoreUnavailableError
from core.store.database import Connection, translated_errors
from core.store.queries import load

# Any constant will do as long as nobody else locks it in this database.
_LOCK = 0x4D494D41


@dataclass(frozen=True)
class Migration:
    """One numbered SQL file."""

    name: str
    sql: bytes

    @property
    def number(self) -> int:
        """The place in the order."""
        return int(self.name.split("_", 1)[0])

    @property
    def checksum(self) -> str:
        """A released file was edited."""
        return hashlib.sha256(self.sql).hexdigest()


def migrations() -> list[Migration]:
    """Return the migration files in order.

    Raises
    ------
    MigrationError
        The numbers are not 1, 2, 3 ... without gap or repeat.
    """
    folder = files("core.store").joinpath("migrations")
    found = sorted(
        (
            Migration(entry.name, entry.read_bytes())
            for entry in folder.iterdir()
            if entry.name.endswith(".sql")
        ),
        key=lambda migration: migration.name,
    )
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise MigrationError(
            "the files in core/store/migrations are not numbered 0001, 0002, ... without gap or repeat"
        )
    return found


def migrate(url: str) -> list[str]:
    """Bring the database at `url` to the newest schema and return the names of the migrations applied now.

    Two processes may call it at once: one waits and finds nothing left to do.

    Raises
    ------
    MigrationError
        A migration failed (the database keeps its state before that one), an applied file has changed since, or the
        database is newer than this program.
    StoreUnavailableError
        The database cannot be reached.
    """
    queries = load("migrate")
    applied: list[str] = []
    with (
        translated_errors(),
        # Nothing is kept by the server between transactions, so that a pooler may stand between.
        psycopg.connect(
            url, autocommit=True, application_name="mimamori-migrate", prepare_threshold=None
        ) as connection,
    ):
        # The lock ends with each transaction, and whoever had it meanwhile may have applied some.
        while True:
            with connection.transaction():
                connection.execute(queries["lock"], {"key": _LOCK})
                connection.execute(queries["create_table"])
                done = dict(connection.execute(queries["applied"]).fetchall())
                known = migrations()
                _check(done, known)
                fresh = [migration for migration in known if migration.name not in done]
                if not fresh:
                    return applied
                _apply(connection, fresh[0])
            applied.append(fresh[0].name)


def pending(url: str) -> list[str]:
    """Return the names of the migrations that the database at `url` still lacks, without applying them."""
    queries = load("migrate")
    with (
        translated_errors(),
        psycopg.connect(url, autocommit=True, application_name="mimamori-migrate") as connection,
    ):
        (has_table,) = connection.execute(queries["has_table"]).fetchone() or (False,)
        done = dict(connection.execute(queries["applied"]).fetchall()) if has_table else {}
    return [migration.name for migration in migrations() if migration.name not in done]


def check_schema(connection: Connection) -> None:
    """Look whether this program and the database fit together.

    Raises
    ------
    StoreUnavailableError
        The database is older: whoever starts waits until it has been migrated.
    MigrationError
        The database is newer than this program.
    """
    queries = load("migrate")
    (has_table,) = connection.execute(queries["has_table"]).fetchone() or (False,)
    done = (
        {name for name, _ in connection.execute(queries["applied"]).fetchall()} if has_table else set[str]()
    )
    known = [migration.name for migration in migrations()]
    newer = sorted(done - set(known))
    if newer:
        raise MigrationError(
            f"the database has migration {newer[0]}, which this program does not know: it is of an older release;"
            " install the release that migrated the database, or a newer one"
        )
    missing = [name for name in known if name not in done]
    if missing:
        raise StoreUnavailableError(
            f"the database is of an older release and lacks {', '.join(missing)}; run: mimamori migrate. Waiting for it"
        )


def _check(done: dict[str, str], known: list[Migration]) -> None:
    by_name = {migration.name: migration for migration in known}
    for name, checksum in done.items():
        if name not in by_name:
            raise MigrationError(
                f"the database has migration {name}, which this program does not know; install the newer program"
            )
        if by_name[name].checksum != checksum:
            raise MigrationError(
                f"{name} was applied in another form; released migrations are never edited: restore the file"
            )


def _apply(connection: Connection, migration: Migration) -> None:
    queries = load("migrate")
    record = {"name": migration.name, "checksum": migration.checksum}
    try:
        connection.execute(migration.sql)
        connection.execute(queries["record"], record)
    except psycopg.Error as error:
        raise MigrationError(f"{migration.name} failed and was not applied: {error}") from error
