"""Looks for processes that belong to a folder, by their command lines and environments."""

import os
from pathlib import Path


def left_over(folder: Path, besides: int = 0) -> list[int]:
    """Return the ids of running processes that name `folder`, without this one and `besides`."""
    wanted = str(folder).encode()
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in (os.getpid(), besides):
            continue
        try:
            result = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue  # it has ended meanwhile, or belongs to somebody else
        if wanted in result:
            found.append(int(entry.name))
    return found
