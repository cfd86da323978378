"""Opens a recording: any of the known forms, plain or gzip, recognised by itself or named."""

import gzip
import zlib
from datetime import UTC, tzinfo
from enum import StrEnum
from io import BytesIO, TextIOWrapper
from pathlib import Path

from core.errors import InputError
from simulator.replay.events import EVENT_COLUMNS, TIHM_COLUMNS, read_events, read_tihm
from simulator.replay.recording import Recording
from simulator.replay.tracks import POSITION_COLUMNS, is_plt, read_gpx, read_plt, read_positions, separator_of

_GZIP = b"\x1f\x8b"


class Form(StrEnum):
    """A form of recording; docs/replay.md describes each."""

    TIHM = "tihm"
    CSV = "csv"
    GPX = "gpx"
    POSITIONS = "positions"
    PLT = "plt"


def read_recording(path: Path, form: Form | None = None, zone: tzinfo = UTC) -> Recording:
    """Read a file whole.

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
    try:
        data = path.read_bytes()
        if data.startswith(_GZIP):
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot read the recording: {error}") from error
    form = form or _recognised(data, path)
    name = _walker(path)
    if form is Form.GPX:
        return read_gpx(data, name, zone)
    if form is Form.POSITIONS:
        return read_positions(_lines(data), zone, name)
    if form is Form.PLT:
        return read_plt(_lines(data), name)
    return (read_tihm if form is Form.TIHM else read_events)(_lines(data), zone)


def is_track(begins: bytes) -> bool:
    """Return whether a file that begins so holds positions: GPX, PLT, or CSV that names latitude, longitude and time."""
    first = _first_line(begins)
    return first.startswith("<") or is_plt(first) or separator_of(first) is not None


def _walker(path: Path) -> str:
    """Return what a walker is called whom the file does not name; Geolife has a folder for each."""
    if path.parent.name == "Trajectory":
        return path.resolve().parent.parent.name
    return path.name.split(".")[0] or path.name


def _lines(data: bytes) -> TextIOWrapper:
    return TextIOWrapper(BytesIO(data), encoding="utf-8-sig", newline="")


def _recognised(data: bytes, path: Path) -> Form:
    first = _first_line(data)
    if first.startswith("<"):
        return Form.GPX
    if is_plt(first):
        return Form.PLT
    for form, columns in ((Form.TIHM, TIHM_COLUMNS), (Form.CSV, EVENT_COLUMNS)):
        if set(columns) <= {name.strip() for name in first.split(",")}:
            return form
    if separator_of(first) is not None:
        return Form.POSITIONS
    raise InputError(
        f"{path}, line 1: this is none of the known forms: {','.join(TIHM_COLUMNS)} (tihm), {','.join(EVENT_COLUMNS)}"
        f" (csv), {';'.join(POSITION_COLUMNS)};... (positions), GPX or PLT of Geolife (plt); name the form with --as"
    )


def _first_line(data: bytes) -> str:
    return data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", 1)[0].decode(errors="replace").strip()
