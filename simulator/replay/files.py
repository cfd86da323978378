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
from simulator.replay.tracks import POSITION_COLUMNS, read_gpx, read_positions

_GZIP = b"\x1f\x8b"


class Form(StrEnum):
    """A form of recording; docs/replay.md describes each."""

    TIHM = "tihm"
    CSV = "csv"
    GPX = "gpx"
    POSITIONS = "positions"


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
    if form is Form.GPX:
        return read_gpx(data, path.name.split(".")[0], zone)
    readers = {Form.TIHM: read_tihm, Form.CSV: read_events, Form.POSITIONS: read_positions}
    return readers[form](_lines(data), zone)


def _lines(data: bytes) -> TextIOWrapper:
    return TextIOWrapper(BytesIO(data), encoding="utf-8-sig", newline="")


def _recognised(data: bytes, path: Path) -> Form:
    first = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", 1)[0].decode(errors="replace").strip()
    if first.startswith("<"):
        return Form.GPX
    for form, separator, columns in (
        (Form.TIHM, ",", TIHM_COLUMNS),
        (Form.CSV, ",", EVENT_COLUMNS),
        (Form.POSITIONS, ";", POSITION_COLUMNS),
    ):
        if set(columns) <= {name.strip() for name in first.split(separator)}:
            return form
    raise InputError(
        f"{path}, line 1: this is none of the known forms: {','.join(TIHM_COLUMNS)} (tihm), {','.join(EVENT_COLUMNS)}"
        f" (csv), {';'.join(POSITION_COLUMNS)};... (positions) or GPX; name the form with --as"
    )
