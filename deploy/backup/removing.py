"""Removes old backups, except those that hold much that the newest does not: a database may have been lost and set up anew."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.backup.manifest import BackupError, Manifest, has_manifest, read_manifest

_NAMES = "mimamori-*Z"
# What nobody removes by the thousand in one night. Readings also go when their time is over, but never half of them at once.
_COUNTED = ("resident", "device", "reading", "alert")
_LEFT_AT_LEAST = 0.5


@dataclass(frozen=True)
class Removal:
    """What became of the old backups in a folder.

    Attributes
    ----------
    removed : list of Path
        These are gone.
    held : list of tuple of Path and str
        These stay however old they are, and why.
    """

    removed: list[Path]
    held: list[tuple[Path, str]]


def remove_old(folder: Path, keep: int) -> Removal:
    """Remove the finished backups in `folder` but the newest `keep` of the same database, and return which.

    One that holds much that the newest lacks stays whatever its age: it may be the last copy. A loss of up to half is not seen,
    nor, once readings have come again, what was made between a backup and the restore from it.
    """
    finished = sorted((path for path in folder.glob(_NAMES) if has_manifest(path)), reverse=True)
    if not finished:
        return Removal([], [])
    newest = read_manifest(finished[0])
    removed: list[Path] = []
    held: list[tuple[Path, str]] = []
    kept = 0
    for path in finished:
        reason = _reason_to_hold(path, newest)
        if not reason and kept >= keep:
            shutil.rmtree(path)
            removed.append(path)
        elif not reason:
            kept += 1
        else:
            held.append((path, reason))
    return Removal(removed[::-1], held[::-1])


def _reason_to_hold(path: Path, newest: Manifest) -> str:
    try:
        manifest = read_manifest(path)
    except BackupError as error:
        return str(error)
    return "; ".join(only_in(manifest, newest))


def only_in(old: Manifest, newest: Manifest) -> Iterator[str]:
    """Yield in words what an old backup holds and the newest does not; nothing if the newest replaces it."""
    births = (old.origin.set_up_at, newest.origin.set_up_at)
    if None not in births and births[0] != births[1]:
        yield "it is of another database, set up at another time"
    for name in _COUNTED:
        before, now = (holds.rows.get(name, 0) for holds in (old.holds, newest.holds))
        if now < before * _LEFT_AT_LEAST:
            yield f"{name}: it holds {before} rows, the newest {now}"
    last, now_last = old.holds.newest_reading, newest.holds.newest_reading
    if last is not None and (now_last is None or now_last < last):
        ends = now_last.isoformat(timespec="seconds") if now_last else "none"
        yield f"its last reading is of {last.isoformat(timespec='seconds')}, the newest's {ends}"
