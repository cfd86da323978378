"""Opens a recording: any of the known forms, plain or gzip, recognised by itself or named."""

import gzip
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, cast

from core.errors import InputError
from simulator.replay.events import is_tihm, lacking, read_events
from simulator.replay.recording import Recording
from simulator.replay.tracks import POSITION_COLUMNS, is_plt, read_gpx, read_plt, read_positions, separator_of

_GZIP = b"\x1f\x8b"
# Enough for the first line of every form.
_HEAD = 4096


class Form(StrEnum):
    """A form of recording; docs/replay.md describes each."""

    TIHM = "tihm"
    CSV = "csv"
    GPX = "gpx"
    POSITIONS = "positions"
    PLT = "plt"


TRACK_FORMS = frozenset({Form.GPX, Form.POSITIONS, Form.PLT})


def read_recording(path: Path, form: Form | None = None, zone: tzinfo = UTC) -> Recording:
    """Read a file; of a table of events one line at a time.

    Parameters
    ----------
    path : Path
        The file; gzip is undone.
    form : Form or None
        None looks at the file.
    zone : tzinfo
        For times that have no offset.

    Raises
    ------
    InputError
        The file cannot be read or its form is not known. Bad rows are no error here: see `Recording.checked`.
    """
    form = form or form_of(path)
    name = _walker(path)
    with _opened(path) as file:
        if form is Form.GPX:
            return read_gpx(file.read(), name, zone)
        lines = TextIOWrapper(file, encoding="utf-8-sig", newline="")
        if form is Form.POSITIONS:
            return read_positions(lines, zone, name)
        if form is Form.PLT:
            return read_plt(lines, name)
        return read_events(lines, zone, form.value, str(path))


def form_of(path: Path) -> Form:
    """Return the form of a file by what it begins with.

    Raises
    ------
    InputError
        The file cannot be read, or its form is not known.
    """
    with _opened(path) as file:
        begins = file.read(_HEAD)
    first = begins.lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", 1)[0].decode(errors="replace").strip()
    if not first:
        raise InputError(f"{path} is empty")
    if first.startswith("<"):
        return Form.GPX
    if is_plt(first):
        return Form.PLT
    if separator_of(first) is not None:
        return Form.POSITIONS
    header = [name.strip('" \t') for name in first.split(",")]
    missing = lacking(header)
    if not missing:
        return Form.TIHM if is_tihm(header) else Form.CSV
    raise InputError(
        f"{path}, line 1: this is none of the known forms: events as home,time,metric,place,value (csv) or"
        f" patient_id,location_name,date (tihm), {';'.join(POSITION_COLUMNS)};... (positions), GPX or PLT of Geolife"
        f" (plt). Of the columns of events it lacks {', '.join(missing)}; found, between commas: {', '.join(header)}."
        " docs/replay.md describes the forms"
    )


@contextmanager
def _opened(path: Path) -> Generator[BinaryIO]:
    """Open a file for reading, unpacked if it is gzip; an error until it is closed names it."""
    try:
        with path.open("rb") as file:
            is_packed = file.read(2) == _GZIP
            file.seek(0)
            if is_packed:
                with gzip.open(file) as unpacked:
                    yield cast("BinaryIO", unpacked)
            else:
                yield file
    except (OSError, EOFError, zlib.error) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise InputError(f"{path}: cannot read the recording: {said}") from error


def _walker(path: Path) -> str:
    """Return what a walker is called whom the file does not name; Geolife has a folder for each."""
    if path.parent.name == "Trajectory":
        return path.resolve().parent.parent.name
    return path.name.split(".")[0] or path.name
