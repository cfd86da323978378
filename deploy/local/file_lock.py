"""Files that one process at a time holds; the kernel lets go of them when the holder dies."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from core.errors import MimamoriError


class LockedError(MimamoriError):
    """Another process holds the lock."""


@contextmanager
def held_lock(path: Path, *, wait: bool) -> Generator[None]:
    """Hold the lock file at `path`.

    Parameters
    ----------
    path : Path
        The file; it stays there afterwards and holds the id of its last holder.
    wait : bool
        Whether to wait for another holder to finish, instead of raising.

    Raises
    ------
    LockedError
        Somebody else holds it and `wait` is false.
    """
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise LockedError(f"{path.parent} is in use by another start (process {holder})") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
