"""Where recorded data of real homes and real walks lies; it is too large and too private for the repository."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def shared_data() -> Path:
    """Return the folder with `tihm/`, `gps/` and `payloads/`: beside the repository, or where MIMAMORI_SHARED_DATA says.

    Raises
    ------
    FileNotFoundError
        It is not there.
    """
    folder = Path(os.environ.get("MIMAMORI_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        raise FileNotFoundError(
            f"the recorded data is not in {folder}; put it there or set MIMAMORI_SHARED_DATA to its folder"
        )
    return folder
