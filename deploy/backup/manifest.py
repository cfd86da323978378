"""The manifest of a backup: what the dump beside it holds, and how to see that it is whole."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from core.errors import InputError
from core.store.operation.backups import Holdings, Origin

DUMP = "database.dump"
_MANIFEST = "manifest.json"
_FORMAT = 1
_BLOCK = 1 << 20
# Begins a piece of work of so many parts, and returns what is called as they are done.
Begin = Callable[[str, int], Callable[[int], None]]


class BackupError(InputError):
    """A backup is not whole, does not fit here, or did not come back whole."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds; `size` and `sha256` are of the dump."""

    made_at: datetime
    program: str
    origin: Origin
    holds: Holdings
    size: int
    sha256: str
    format: int = _FORMAT


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest into the folder of a backup, on the disk itself."""
    with (folder / _MANIFEST).open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    flush(folder / _MANIFEST)
    flush(folder)


def flush(path: Path) -> None:
    """Have a file's content, or the names in a folder, on the disk itself before anything else is done."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def has_manifest(folder: Path) -> bool:
    """Return whether a folder is a backup that was finished."""
    return (folder / _MANIFEST).is_file()


def read_manifest(folder: Path) -> Manifest:
    """Return what a backup says of itself.

    Raises
    ------
    BackupError
        It is no backup, or one that another release made.
    """
    path = folder / _MANIFEST
    if not folder.is_dir() or not path.is_file():
        raise BackupError(
            f"{folder} is no backup: there is no {_MANIFEST} in it. Name the folder that `mimamori backup` printed"
            " (mimamori-DATE); it has the manifest once it is finished"
        )
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (msgspec.DecodeError, OSError) as error:
        raise BackupError(f"{path} cannot be read ({error}); take another copy of this backup") from error
    if found.format != _FORMAT:
        raise BackupError(
            f"{path} has format {found.format}, this program reads {_FORMAT}: restore with the release that made it,"
            f" {found.program}, or a newer one"
        )
    return found


def check_dump(folder: Path, manifest: Manifest, begin: Begin) -> Path:
    """Return the dump, having read all of it.

    Raises
    ------
    BackupError
        It is missing, cut off, or another file than was written.
    """
    dump = folder / DUMP
    if not dump.is_file():
        raise BackupError(f"{dump} is missing; take another copy of this backup")
    size = dump.stat().st_size
    if size != manifest.size:
        raise BackupError(
            f"{dump} has {size} bytes, its manifest says {manifest.size}: it was cut off or exchanged."
            " Take another copy of this backup, or an older backup"
        )
    if digest_of(dump, begin) != manifest.sha256:
        raise BackupError(
            f"{dump} is damaged: its content is not what was written (SHA-256 differs)."
            " Take another copy of this backup, or an older backup"
        )
    return dump


def digest_of(path: Path, begin: Begin) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    advance = begin("reading the dump", path.stat().st_size)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            advance(len(block))
    return digest.hexdigest()
