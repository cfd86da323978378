"""Folders for private services."""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

# In memory a database is made in a twentieth of the time that it takes on a disk; hundreds of tests ask for one.
_MEMORY = Path("/dev/shm")  # noqa: S108 - `TemporaryDirectory` gives the name
# What the servers of all workers need with room to spare; containers often have only 64 MB there.
_ENOUGH_B = 3 * 1024**3


@contextmanager
def service_folder() -> Generator[Path]:
    """Give a folder that services can enter which run as another account; pytest's own are closed to them under root."""
    where = _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ENOUGH_B else None
    with tempfile.TemporaryDirectory(prefix="mimamori-test-", dir=where, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder
