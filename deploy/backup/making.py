"""Makes a backup: all figures of its manifest are of the very moment that the dump shows."""

import shutil
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from core.errors import InputError
from core.store.database import Database
from core.store.operation import backups
from deploy.backup.dump_programs import fitting, run_counted
from deploy.backup.erased import write_erased
from deploy.backup.manifest import DUMP, Begin, Manifest, digest_of, flush, write_manifest

_UNFINISHED = ".part"


def make_backup(url: str, folder: Path, now: datetime, begin: Begin) -> tuple[Path, Manifest]:
    """Dump the database at `url` into a new folder of its own within `folder`, and note it in the database.

    Raises
    ------
    BackupError
        The dump failed, or no program for it is installed.
    InputError
        The folder cannot be written.
    """
    name = f"mimamori-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    fresh = folder / (name + _UNFINISHED)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # What is in it is about people: for nobody else to read.
        fresh.mkdir(mode=0o700)
    except FileExistsError:
        raise InputError(f"{fresh} is there already: another backup is being made, or remove it") from None
    except OSError as error:
        raise InputError(f"cannot write {folder}: {error.strerror}") from error
    try:
        manifest = _dump(url, fresh, now, begin)
        write_manifest(fresh, manifest)
        made = fresh.rename(folder / name)
        # Only now the name is on the disk too: whoever removes older backups afterwards must not be left with none.
        flush(folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    with Database(url, size=1, application="mimamori-backup") as database, database.transaction() as at:
        if backups.has_record(at):
            backups.record(at, name, now, manifest.size, manifest.holds.row_count)
    return made, manifest


def _dump(url: str, fresh: Path, now: datetime, begin: Begin) -> Manifest:
    with (
        Database(url, size=1, application="mimamori-backup") as database,
        backups.one_moment(database) as (connection, snapshot),
    ):
        origin = backups.origin(connection)
        program = fitting("pg_dump", int(origin.postgresql.split(".")[0]))
        counting = begin("counting rows", len(backups.table_names(connection)))
        holds = backups.holdings(connection, lambda _: counting(1))
        write_erased(fresh, connection)
        run_counted(
            [
                program, "--format=custom", f"--snapshot={snapshot}", f"--file={fresh / DUMP}",
                "--no-password", "--verbose",
            ],
            backups.program_environment(url),
            "dumping contents of table",
            begin("dumping tables", backups.table_count(connection)),
        )  # fmt: skip
    (fresh / DUMP).chmod(0o600)
    flush(fresh / DUMP)
    return Manifest(
        made_at=now,
        program=version("mimamori"),
        origin=origin,
        holds=holds,
        size=(fresh / DUMP).stat().st_size,
        sha256=digest_of(fresh / DUMP, begin),
    )
