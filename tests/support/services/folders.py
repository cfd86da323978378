"""Folders for private services."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def service_folder() -> Generator[Path]:
    """Give a folder that services can enter which run as another account; pytest's own are closed to them under root."""
    with tempfile.TemporaryDirectory(prefix="mimamori-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder
