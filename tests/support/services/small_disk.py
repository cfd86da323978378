"""A disk that can be filled: the database keeps new readings on it."""

import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.local.os_accounts import service_account

_SIZE = "1m"
# Where no small disk can be mounted, the server itself says the same at the same place.
_PRETEND = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END$$;
CREATE TRIGGER no_room BEFORE INSERT ON reading FOR EACH ROW EXECUTE FUNCTION no_room();
"""


class SmallDisk:
    """Fills up and has room again."""

    def __init__(self, url: str, folder: Path | None) -> None:
        self._url = url
        self._folder = folder

    def fill(self) -> None:
        """Leave no room for another page."""
        if self._folder is None:
            self._do(_PRETEND)
            return
        with (self._folder / "filler").open("wb", buffering=0) as filler:
            try:
                while filler.write(b"\0" * 4096):
                    pass
            except OSError:
                return

    def make_room(self) -> None:
        """Give the room back."""
        if self._folder is None:
            self._do("DROP TRIGGER no_room ON reading; DROP FUNCTION no_room();")
        else:
            (self._folder / "filler").unlink()

    def _do(self, statements: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(sql.SQL(statements))  # pyright: ignore[reportArgumentType] - constants of this module


@contextmanager
def small_disk(url: str, folder: Path) -> Generator[SmallDisk]:
    """Let the readings of a database go to a small disk of its own, as far as one can be mounted here."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=777", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        yield SmallDisk(url, None)
        return
    place = folder / "tablespace"
    place.mkdir()
    account = service_account("postgres")
    if account is not None:
        os.chown(place, account.uid, account.gid)
    name = sql.Identifier(f"small_{os.getpid()}")
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE TABLESPACE {} LOCATION {}").format(name, sql.Literal(str(place)))
            )
            connection.execute("SELECT attach_tablespace(%s, 'reading')", [f"small_{os.getpid()}"])
        yield SmallDisk(url, folder)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP TABLE reading CASCADE")
            connection.execute(sql.SQL("DROP TABLESPACE IF EXISTS {}").format(name))
        subprocess.run(["umount", "-l", str(folder)], check=False)
