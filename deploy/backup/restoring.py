"""Restores a backup and compares every table with what its manifest says; nothing half is called restored."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from core.errors import StoreUnavailableError
from core.store.database import Connection, Database
from core.store.migrate import migrations
from core.store.operation import backups
from core.store.operation.restoring import Target, add_owner, restoring, scratch_database, target
from deploy.backup.dump_programs import fitting, run_counted
from deploy.backup.manifest import BackupError, Begin, Manifest, check_dump, read_manifest

_SHOWN_TABLES = 3


def restore(url: str, folder: Path, now: datetime, begin: Begin) -> tuple[Manifest, bool]:
    """Restore a backup into the empty database at `url`, compare it, and note there that it came back whole.

    Returns
    -------
    tuple of Manifest and bool
        What is there now, and whether the login that owns it had to be made and has no password yet.

    Raises
    ------
    BackupError
        The backup is not whole, does not fit this server, may not be restored by this login, or rows are missing.
    """
    manifest = read_manifest(folder)
    _check_program(manifest)
    with Database(url, size=1, application="mimamori-restore") as database:
        place = target(database)
        _check_server(place, manifest)
        _check_empty(place)
        dump = check_dump(folder, manifest, begin)
        is_new_owner = add_owner(database, manifest.origin.owner)
        _fill(url, dump, manifest, place, begin)
        with database.transaction() as connection:
            _compare(connection, manifest, folder, begin)
            if backups.has_record(connection):
                _record(connection, manifest, folder, now)
    return manifest, is_new_owner


def compare(url: str, folder: Path, begin: Begin) -> Manifest:
    """Compare the database at `url`, however it was restored, with a backup.

    Raises
    ------
    BackupError
        Anything that the backup holds is missing.
    """
    manifest = read_manifest(folder)
    with (
        Database(url, size=1, application="mimamori-restore") as database,
        database.transaction() as connection,
    ):
        _compare(connection, manifest, folder, begin)
    return manifest


def prove(url: str, scratch_url: str, folder: Path, now: datetime, begin: Begin) -> Manifest:
    """Restore a backup into a database of its own on the server of `scratch_url`, compare it, drop it, and note the proof at `url`.

    Raises
    ------
    BackupError
        As `restore` does.
    """
    manifest = read_manifest(folder)
    try:
        with Database(scratch_url, size=1, application="mimamori-restore") as database:
            _check_server(target(database), manifest, in_new_database=True)
    except StoreUnavailableError as error:
        # The other database is meant there.
        raise StoreUnavailableError(str(error).replace("DATABASE_URL", "RESTORE_CHECK_URL")) from error
    with _scratch(scratch_url) as fresh:
        restore(fresh, folder, now, begin)
    with (
        Database(url, size=1, application="mimamori-restore") as database,
        database.transaction() as connection,
    ):
        _record(connection, manifest, folder, now)
    return manifest


@contextmanager
def _scratch(url: str) -> Generator[str]:
    with scratch_database(url, f"mimamori_restore_check_{secrets.token_hex(4)}") as fresh:
        yield fresh


def _check_program(manifest: Manifest) -> None:
    known = {migration.name for migration in migrations()}
    unknown = [name for name in manifest.origin.migrations if name not in known]
    if unknown:
        raise BackupError(
            f"the backup has migration {unknown[0]}, which this program does not know; restore it with release"
            f" {manifest.program} or a newer one"
        )


def _check_server(place: Target, manifest: Manifest, *, in_new_database: bool = False) -> None:
    origin = manifest.origin
    if not place.is_superuser:
        raise BackupError(
            f"the login {place.login} may not restore: only a superuser may write TimescaleDB's catalogue, and"
            " without it all tables would stay empty. Set MIMAMORI_DATABASE_URL to one for this command, such as"
            f" postgresql://postgres@HOST/{place.database}"
        )
    major = int(origin.postgresql.split(".")[0])
    if place.postgresql_major < major:
        raise BackupError(
            f"the backup is of PostgreSQL {origin.postgresql}, this server is {place.postgresql_major}: restore it on"
            f" PostgreSQL {major} or newer"
        )
    if not place.is_preloaded:
        raise BackupError(
            "this server does not load TimescaleDB: set shared_preload_libraries = 'timescaledb' and restart it"
        )
    here = None if in_new_database else place.timescaledb
    if here not in {None, origin.timescaledb}:
        raise BackupError(
            f"this database has TimescaleDB {here}, the backup is of {origin.timescaledb}, and they write different"
            f" catalogues: restore on a server with {origin.timescaledb}, upgrade there (ALTER EXTENSION timescaledb"
            " UPDATE), and back up anew"
        )
    if origin.timescaledb not in place.available:
        raise BackupError(
            f"this server has TimescaleDB {', '.join(place.available) or 'in no version'}, the backup is of"
            f" {origin.timescaledb}: install that version beside it; after the restore ALTER EXTENSION timescaledb"
            " UPDATE goes to a newer one"
        )


def _check_empty(place: Target) -> None:
    if place.tables:
        shown = ", ".join(place.tables[:_SHOWN_TABLES])
        raise BackupError(
            f"the database {place.database} is not empty ({len(place.tables)} tables, such as {shown}), and nothing"
            f" is restored over anything. Make a new one (createdb NAME) and name it in MIMAMORI_DATABASE_URL"
        )


def _fill(url: str, dump: Path, manifest: Manifest, place: Target, begin: Begin) -> None:
    program = fitting("pg_restore", place.postgresql_major)
    tables = len(manifest.holds.rows) + sum(manifest.holds.chunks.values())
    try:
        with restoring(url, manifest.origin.timescaledb):
            # One job: TimescaleDB's catalogue must be written before, and by the same session as, what it names.
            run_counted(
                [
                    program,
                    "--exit-on-error",
                    # Other logins than the owner's need not be here yet; `mimamori web-login` gives its own the rights again.
                    "--no-privileges",
                    "--no-password",
                    "--verbose",
                    f"--dbname={place.database}",
                    dump,
                ],
                backups.program_environment(url),
                "processing data for table",
                begin("restoring tables", tables),
            )
    except BackupError as error:
        raise BackupError(
            f"{error}\nThe database {place.database} is half restored and of no use: drop it (dropdb"
            f" {place.database}), mend the cause, and restore into a new one"
        ) from error


def _compare(connection: Connection, manifest: Manifest, folder: Path, begin: Begin) -> None:
    counting = begin("comparing rows", len(backups.table_names(connection)))
    missing = backups.lost(manifest.holds, backups.holdings(connection, lambda _: counting(1)))
    if missing:
        raise BackupError(
            f"this is not what {folder} holds:\n  " + "\n  ".join(missing) + "\n"
            "Do not start the service on it. Restore into a new database, or take an older backup"
        )


def _record(connection: Connection, manifest: Manifest, folder: Path, now: datetime) -> None:
    backups.record_proof(
        connection,
        folder.resolve().name,
        manifest.made_at,
        manifest.size,
        manifest.holds.row_count,
        now=now,
    )
