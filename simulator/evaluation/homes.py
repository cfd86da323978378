"""Files of events in homes: `home,time,metric,place,value`, and the form of the TIHM data set."""

import csv
import gzip
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from core.domain.device import DeviceKind
from core.domain.metrics import METRICS, MetricKind
from core.errors import InputError
from detectors.features.window import LIFE_KINDS, LifeSigns

# The words that published files use for the same columns; small letters, with _ for what separates words.
_COLUMNS = {
    "home": ("home", "patient_id", "home_id", "id"),
    "time": ("time", "date", "date_time", "datetime", "timestamp"),
    "place": ("place", "location_name", "location"),
    "metric": ("metric",),
    "value": ("value",),
}
# A button or a contact says something by whichever value it sends; the others act only when they are on.
_ACTS_AT_ZERO = frozenset({"contact_open", "contact_used", "button"})
_ON, _OFF = frozenset({"true", "on", "yes", "open"}), frozenset({"false", "off", "no", "closed"})
_KIND_OF_METRIC = {
    "bed_occupied": DeviceKind.BED,
    "button": DeviceKind.BUTTON,
    "sos": DeviceKind.BUTTON,
    "contact_open": DeviceKind.DOOR,
    "contact_used": DeviceKind.DOOR,
}
_DOORS, _FRIDGES = ("door", "ドア", "扉"), ("fridge", "refrigerator", "冷蔵庫")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the wall clock's
# No sensor in a home told anything before; such a time is a number or a date in another order, read wrongly.
_FIRST_YEAR = 1990
_GZIP = b"\x1f\x8b"
_MOST_SHOWN = 10
# Of one home, and of all homes together.
_MOST_PLACES, _MOST_PAIRS = 200, 20_000


@dataclass(frozen=True)
class EvaluatedRecording:
    """The life signs of one home; times are those of the wall clock there, as if it were UTC."""

    home: str
    signs: LifeSigns


@dataclass(frozen=True)
class EventFile:
    """What a file of events holds.

    Attributes
    ----------
    recordings : sequence of Recording
        Its homes, in order of their names.
    lines : int
        How many lines it has that are no heading and not empty.
    repeated : int
        How many life signs were there already: the same home, place, kind and time.
    left_out : sequence of str
        What is wrong with the lines that were left out, with their numbers: the first ten.
    left_out_lines : int
        How many they are.
    in_utc : bool
        Whether times are said to be in UTC and were not moved to a zone, so that they may not be those of the wall clock.
    """

    recordings: Sequence[EvaluatedRecording]
    lines: int
    repeated: int
    left_out: Sequence[str] = ()
    left_out_lines: int = 0
    in_utc: bool = False


def read_events(path: Path, zone: tzinfo | None = None, *, skip_bad: bool = False) -> EventFile:
    """Read a CSV file of events, plain or gzip.

    The first line names the columns: `home,time,place`, and perhaps `metric` and `value`; the words of the TIHM files
    (`patient_id,location_name,date` and `id,location,date-time`) do as well. Without a metric each line is one life sign. With one, only
    metrics that show a person acting count, and of those that say on and off only "on". Times are ISO 8601 as the wall clock showed
    them. Lines may come in any order; what is there twice counts once.

    Parameters
    ----------
    path : Path
        The file.
    zone : tzinfo or None
        Times with an offset are shown as the wall clock there shows them; None drops the offset.
    skip_bad : bool
        Leave lines out that cannot be used, in place of refusing the file.

    Raises
    ------
    InputError
        The file, a column or a line cannot be used; the message names it.
    """
    reader = _Reader(path, zone, skip_bad=skip_bad)
    try:
        with _open(path) as file:
            reader.read(file)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise InputError(f"{path} cannot be read as a CSV file of events: {said}") from error
    if not reader.homes:
        raise InputError(f"{path} holds no event that shows a person acting")
    recordings = [EvaluatedRecording(home, reader.signs(home)) for home in sorted(reader.homes)]
    distinct = sum(len(one.signs.time) for one in recordings)
    read = sum(len(time) for time, _ in reader.homes.values())
    return EventFile(
        recordings, reader.lines, read - distinct, tuple(reader.bad), reader.bad_lines, reader.in_utc
    )


def is_entrance(place: str) -> bool:
    """Return whether a place is a door of the home (protocol P, 1): its name says door, and it is not the fridge's."""
    name = place.lower()
    return any(word in name for word in _DOORS) and not _is_fridge(name)


def kind_of(place: str, metric: str = "") -> DeviceKind:
    """Return which kind of device a place and a metric stand for.

    Examples
    --------
    >>> [kind_of(*one).value for one in (("Front Door", ""), ("fridge-door", ""), ("玄関", "contact_open"), ("玄関", "motion"))]
    ['door', 'fridge', 'door', 'motion']
    """
    name = place.lower()
    kind = _KIND_OF_METRIC.get(metric, DeviceKind.DOOR if is_entrance(name) else DeviceKind.MOTION)
    return DeviceKind.FRIDGE if kind in (DeviceKind.DOOR, DeviceKind.MOTION) and _is_fridge(name) else kind


def _is_fridge(name: str) -> bool:
    return any(word in name for word in _FRIDGES)


def life_signs_of(time: NDArray[np.float64], place: list[str], kind: list[DeviceKind]) -> LifeSigns:
    """Return events in any order as life signs; what is there twice counts once."""
    kinds = np.array([LIFE_KINDS.index(one) for one in kind], np.int8)
    places, index = np.unique(np.array(place), return_inverse=True)
    return _life_signs(time, kinds, index.astype(np.int16), tuple(places.tolist()))


def _life_signs(
    time: NDArray[np.float64], kind: NDArray[np.int8], place: NDArray[np.int16], places: tuple[str, ...]
) -> LifeSigns:
    order = np.argsort(time, kind="stable")
    time, kind, place = time[order], kind[order], place[order]
    distinct = ~_is_repeated(time, kind.astype(np.int64) * len(places) + place)
    return LifeSigns(time[distinct], kind[distinct], place[distinct], places)


def _is_repeated(time: NDArray[np.float64], what: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which entries, in order of time, were there already: a repeat must not confirm itself."""
    repeated = np.zeros(len(time), np.bool_)
    same = np.diff(time) == 0
    if same.any():
        # Only those that share their moment need to be looked at more closely.
        near = np.flatnonzero(np.append(False, same) | np.append(same, False))
        _, first = np.unique(np.stack([time[near], what[near]]), axis=1, return_index=True)
        repeated[near] = True
        repeated[near[first]] = False
    return repeated


def _open(path: Path) -> TextIO:
    # What is packed is known by what is in it; spreadsheets begin a file with a mark of its encoding.
    with path.open("rb") as file:
        is_packed = file.read(2) == _GZIP
    if is_packed:
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


class _Columns(NamedTuple):
    """Where each column stands; -1 where there is none."""

    home: int
    time: int
    place: int
    metric: int
    value: int


class _Reader:
    """Takes in a file line by line, in little memory: files of ten million lines are read too."""

    def __init__(self, path: Path, zone: tzinfo | None, *, skip_bad: bool) -> None:
        # By home: Unix seconds, and which place and metric it was.
        self.homes: dict[str, tuple[array[float], array[int]]] = {}
        self.lines = self.bad_lines = 0
        self.bad: list[str] = []
        self.in_utc = False
        self._path, self._zone, self._skip_bad = path, zone, skip_bad
        self._pairs: dict[tuple[str, str], int] = {}

    def read(self, file: TextIO) -> None:
        """Read the whole file."""
        reader = csv.reader(file)
        header = [_plain(name) for name in next(reader, list[str]())]
        if not header:
            raise InputError(
                f"{self._path} is empty, or begins with an empty line; line 1 must name the columns"
            )
        columns = self._columns(header)
        for row in reader:
            if not row:
                continue
            self.lines += 1
            try:
                if len(row) < len(header):
                    raise ValueError(f"{len(row)} columns where the first line names {len(header)}")  # noqa: TRY301
                self._take(row, columns)
            except ValueError as error:
                self._refuse(f"{self._path}, line {reader.line_num}: {error}")

    def signs(self, home: str) -> LifeSigns:
        """Return what a home told, in order of time."""
        seconds, which = self.homes[home]
        names = sorted({place for place, _ in self._pairs})
        kinds = np.array([LIFE_KINDS.index(kind_of(*pair)) for pair in self._pairs], np.int8)
        number_of = {name: number for number, name in enumerate(names)}
        places = np.array([number_of[place] for place, _ in self._pairs], np.int16)
        number = np.frombuffer(which, np.int32)
        is_used = np.bincount(places[number], minlength=len(names)) > 0
        here = tuple(name for name, used in zip(names, is_used.tolist(), strict=True) if used)
        if len(here) > _MOST_PLACES:
            raise InputError(
                f"{self._path}: home {home} has {len(here)} places, more than {_MOST_PLACES}; a place is a room or a door"
            )
        place = (np.cumsum(is_used) - 1)[places[number]].astype(np.int16)
        return _life_signs(np.frombuffer(seconds), kinds[number], place, here)

    def _columns(self, header: list[str]) -> "_Columns":
        found = {
            column: next((header.index(name) for name in names if name in header), -1)
            for column, names in _COLUMNS.items()
        }
        for column in ("home", "time", "place"):
            if found[column] < 0:
                raise InputError(
                    f"{self._path}, line 1: no column '{column}' (or {', '.join(_COLUMNS[column][1:])}), separated by commas;"
                    f" found: {', '.join(header)}"
                )
        return _Columns(**found)

    def _take(self, row: list[str], columns: "_Columns") -> None:
        home, place = row[columns.home].strip(), row[columns.place].strip()
        metric = row[columns.metric].strip() if columns.metric >= 0 else ""
        value = row[columns.value].strip() if columns.value >= 0 else ""
        seconds = self._seconds(row[columns.time].strip())
        if not home:
            raise ValueError("the name of the home is missing")
        if metric and not _acts(metric, value):
            return
        pair = self._pairs.setdefault((place, metric), len(self._pairs))
        if pair >= _MOST_PAIRS:
            raise InputError(f"{self._path} has more than {_MOST_PAIRS} places; a place is a room or a door")
        known = self.homes.get(home)
        if known is None:
            known = self.homes[home] = (array("d"), array("i"))
        known[0].append(seconds)
        known[1].append(pair)

    def _seconds(self, text: str) -> float:
        """Return what the wall clock showed, as if it were UTC."""
        try:
            shown = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"'{text}' is no time; write it like 2026-04-01 09:30:00") from None
        if shown.tzinfo is not None:
            if self._zone is None:
                self.in_utc = self.in_utc or not shown.utcoffset()
            else:
                shown = shown.astimezone(self._zone)
            shown = shown.replace(tzinfo=None)
        if shown.year < _FIRST_YEAR:
            raise ValueError(
                f"'{text}' would be a time before {_FIRST_YEAR}; write it like 2026-04-01 09:30:00"
            )
        return (shown - _EPOCH).total_seconds()

    def _refuse(self, problem: str) -> None:
        if not self._skip_bad:
            raise InputError(f"{problem}\nMend the file, or leave such lines out with --skip-bad.")
        self.bad_lines += 1
        if len(self.bad) < _MOST_SHOWN:
            self.bad.append(problem)


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def _acts(metric: str, value: str) -> bool:
    """Return whether a reading shows that a person acted."""
    if metric not in METRICS:
        raise ValueError(f"'{metric}' is no metric; known are {', '.join(METRICS)}")
    if METRICS[metric].kind is not MetricKind.LIFE:
        return False
    if not value or metric in _ACTS_AT_ZERO:
        return True
    word = value.lower()
    if word in _ON or word in _OFF:
        return word in _ON
    try:
        return float(word) != 0
    except ValueError:
        raise ValueError(f"the value '{value}' of {metric} is neither a number nor true or false") from None
