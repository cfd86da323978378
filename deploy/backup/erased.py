"""The list of erasures that stands beside each backup: whoever was erased after it was made is erased again once it is restored."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from core.domain.records.erasure import ListedErasure
from core.store.database import Connection, Database
from core.store.migrate import migrate
from core.store.operation import backups
from core.store.operation.restoring import as_role
from core.store.people.personal import erasing, erasures
from deploy.backup.manifest import BackupError, flush

ERASED = "erasures.json"
_BACKUPS = "mimamori-*Z"


class ErasedList(msgspec.Struct, frozen=True):
    """Who was erased from a database, by number; `set_up_at` says which database it is."""

    set_up_at: datetime | None
    erased: tuple[ListedErasure, ...] = ()


def write_erased(folder: Path, connection: Connection) -> None:
    """Put the list beside a backup, on the disk itself; a database that keeps none has none."""
    if not erasures.has_record(connection):
        return
    found = ErasedList(backups.origin(connection).set_up_at, tuple(erasures.listed(connection)))
    with (folder / ERASED).open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(found), indent=2))
    flush(folder / ERASED)


def read_erased(paths: Iterable[Path], of: datetime | None = None) -> list[ListedErasure]:
    """Return who was erased, of some lists that are there; with `of` only of the database that was set up then.

    A file is the list of a backup, or has one list on each line, as `MIMAMORI_ERASURE_LIST` is written.

    Raises
    ------
    BackupError
        A list cannot be read.
    """
    found: dict[int, ListedErasure] = {}
    for path in paths:
        for one in _lists_in(path):
            if of is None or one.set_up_at in {None, of}:
                found |= {entry.resident: entry for entry in one.erased}
    return [found[number] for number in sorted(found)]


def _lists_in(path: Path) -> list[ErasedList]:
    try:
        body = path.read_bytes()
        if path.name == ERASED:
            return [msgspec.json.decode(body, type=ErasedList)]
        return [msgspec.json.decode(line, type=ErasedList) for line in body.splitlines() if line.strip()]
    except (OSError, msgspec.DecodeError) as error:
        raise BackupError(f"{path}: the list of erasures cannot be read ({error})") from error


def lists_beside(folder: Path, list_file: Path | None) -> list[Path]:
    """Return the lists that may name somebody who was erased after a backup was made: of it, of all beside it, and the service's own."""
    beside = [path / ERASED for path in sorted(folder.resolve().parent.glob(_BACKUPS))]
    found = [folder / ERASED, *beside, *([list_file] if list_file else [])]
    return [path for path in dict.fromkeys(path.resolve() for path in found) if path.is_file()]


def apply_erased(url: str, listed: Iterable[ListedErasure], now: datetime, owner: str | None = None) -> int:
    """Erase whoever a list names from a restored database, and return how many were in it.

    Parameters
    ----------
    url : str
        Of the database.
    listed : iterable of ListedErasure
        Who.
    now : datetime
        When.
    owner : str or None
        The login that owns the database, where `url` names another: what is made on the way shall be its own.
    """
    wanted = list(listed)
    if not wanted:
        return 0
    as_owner = url if owner is None else as_role(url, owner)
    # An older backup does not know of erasures yet.
    migrate(as_owner)
    done = 0
    with Database(as_owner, size=1, application="mimamori-restore") as database:
        with database.transaction() as connection:
            erasures.pass_numbers(connection, max(one.resident for one in wanted))
        for one in wanted:
            with database.transaction() as connection:
                number = erasures.ask_again(connection, one)
            if number is not None:
                erasing.erase(database, number, now, None)
                done += 1
    return done
