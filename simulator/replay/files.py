"""Opens a recording: any of the known forms, plain or gzip, recognised by itself or named."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from core.errors import InputError
from simulator.replay.casas import is_casas, read_casas
from simulator.replay.events import EXAMPLE, is_tihm, lacking, read_events
from simulator.replay.home_assistant import is_history, read_history_json, read_history_table
from simulator.replay.parsing.columns import NO_HOME_COLUMN, plain
from simulator.replay.parsing.table import Heading, headings
from simulator.replay.parsing.text_file import (
    Encoding,
    FileChoices,
    encoding_of,
    first_lines,
    lines_of,
    opened,
    text_of,
)
from simulator.replay.parsing.times import DateOrder, OtherDateOrderError
from simulator.replay.recording import Recording
from simulator.replay.tracks import is_plt, names_positions, read_gpx, read_plt, read_positions


class Form(StrEnum):
    """A form of recording; docs/replay.md describes each."""

    TIHM = "tihm"
    CSV = "csv"
    CASAS = "casas"
    HOME_ASSISTANT = "homeassistant"
    GPX = "gpx"
    POSITIONS = "positions"
    PLT = "plt"


TRACK_FORMS = frozenset({Form.GPX, Form.POSITIONS, Form.PLT})
# Without columns, so without one that separates people.
_OF_ONE = frozenset({Form.GPX, Form.PLT, Form.CASAS})
_DEFAULTS = FileChoices()


def read_recording(path: Path, form: Form | None = None, choices: FileChoices = _DEFAULTS) -> Recording:
    """Read a file; of events one line at a time.

    Parameters
    ----------
    path : Path
        The file; gzip is undone.
    form : Form or None
        None looks at the file.
    choices : FileChoices
        What a person says about the file.

    Raises
    ------
    InputError
        The file cannot be read, its form is not known, or it may mean two things. Bad rows are no error here: see
        `Recording.checked`.
    """
    encoding = encoding_of(path, choices.encoding)
    form = form or form_of(path, encoding)
    try:
        recording = _read(path, form, choices, encoding)
    except OtherDateOrderError:
        recording = _read(path, form, replace(choices, dates=DateOrder.MONTH_FIRST), encoding)
    notes = (encoding.note,) if encoding.note and form is not Form.GPX else ()
    return replace(recording, notes=(*notes, *recording.notes))


def _read(path: Path, form: Form, choices: FileChoices, encoding: Encoding) -> Recording:
    name, called = str(path), _called(path)
    first = first_lines(path, encoding)
    is_json = form is Form.HOME_ASSISTANT and _is_json(first)
    if is_json or form in _OF_ONE:
        _check_of_one(name, choices.home_column)
    with opened(path) as file:
        if form is Form.GPX:
            return read_gpx(file, called, choices)
        if is_json:
            with text_of(file, encoding) as text:
                return read_history_json(text, choices, called, name)
        with closing(lines_of(file, encoding, name)) as lines:
            if form is Form.PLT:
                return read_plt(lines, called)
            if form is Form.CASAS:
                return read_casas(lines, choices, called, name)
            return _read_table(lines, _heading(first, name), form, choices, called, name)


def _read_table(
    lines: Iterator[str], heading: Heading, form: Form, choices: FileChoices, called: str, name: str
) -> Recording:
    if form is Form.POSITIONS:
        return read_positions(lines, heading, choices, called, name)
    if form is Form.HOME_ASSISTANT:
        return read_history_table(lines, heading, choices, called, name)
    return read_events(lines, heading, choices, form.value, called, name)


def _check_of_one(name: str, home_column: str) -> None:
    if home_column and plain(home_column) != NO_HOME_COLUMN:
        raise InputError(
            f"--home-column {home_column}: {name} has no columns; all of it is of one home or walker"
        )


def form_of(path: Path, encoding: Encoding | None = None) -> Form:
    """Return the form of a file by what it begins with.

    Raises
    ------
    InputError
        The file cannot be read, or its form is not known.
    """
    first = first_lines(path, encoding or encoding_of(path))
    begins = first[0].strip() if first else ""
    if not "".join(first).strip():
        raise InputError(f"{path} is empty, or begins with empty lines; line 1 must name the columns")
    if begins.startswith("<"):
        return Form.GPX
    if is_plt(begins):
        return Form.PLT
    if _is_json(first):
        return Form.HOME_ASSISTANT
    if is_casas(begins):
        return Form.CASAS
    found = headings(first)
    for heading in found:
        form = _form_of_table(heading)
        if form is not None:
            return form
    raise InputError(_unknown(path, found[0]))


def _form_of_table(heading: Heading) -> Form | None:
    names = heading.names
    if names_positions(names):
        return Form.POSITIONS
    if is_history(names):
        return Form.HOME_ASSISTANT
    if lacking(names):
        return None
    return Form.TIHM if is_tihm(names) else Form.CSV


def _heading(first: list[str], name: str) -> Heading:
    """Return the heading as the separator takes it apart with which it is of a known form, else the one with most columns."""
    found = headings(first)
    if not found or not "".join(found[0].names).strip():
        raise InputError(f"{name} is empty, or begins with an empty line; line 1 must name the columns")
    return next((one for one in found if _form_of_table(one) is not None), found[0])


def _is_json(first: list[str]) -> bool:
    return "".join(first).lstrip("\ufeff \t\r\n")[:1] in ("[", "{")


def _unknown(path: Path, heading: Heading) -> str:
    shown = ", ".join(heading.names[:20])
    return (
        f"{path}, line {heading.line}: this is none of the known forms: events as {EXAMPLE} (csv) or"
        " patient_id,location_name,date (tihm), text of CASAS, a history of Home Assistant as"
        " entity_id,state,last_changed or as JSON, positions as user_id;tracked_at;latitude;longitude;..., GPX, or PLT of Geolife."
        f" For events there is no column {' and no column '.join(repr(one) for one in lacking(heading.names))};"
        f" found: {shown}. Line 1 must name the columns: delete what stands above them; docs/replay.md lists the words"
    )


def _called(path: Path) -> str:
    """Return what the home or the walker of a file is called whom the file does not name; Geolife has a folder for each."""
    if path.parent.name == "Trajectory":
        return path.resolve().parent.parent.name
    return path.name.split(".")[0] or path.name
