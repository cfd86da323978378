"""Files of events in homes: `home,time,metric,place,value`, and the form of the TIHM data set."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from core.domain.device import DeviceKind
from core.domain.metric import METRICS, MetricKind
from core.errors import InputError
from detectors.rules.judgement import LIFE_KINDS, LifeSigns

# The words that published files use for the same columns.
_COLUMNS = {
    "home": ("home", "patient_id", "home_id", "id"),
    "time": ("time", "date", "date_time"),
    "place": ("place", "location_name", "location"),
    "metric": ("metric",),
    "value": ("value",),
}
# A button or a contact says something by whichever value it sends; the others act only when they are on.
_ACTS_AT_ZERO = frozenset({"contact_open", "button"})
_LONGEST_PLAIN_TIME = len("2026-04-01 09:30:00.000")
_KIND_OF_METRIC = {"bed_occupied": DeviceKind.BED, "button": DeviceKind.BUTTON, "sos": DeviceKind.BUTTON}


@dataclass(frozen=True)
class Recording:
    """The life signs of one home; times are those of the wall clock there, as if it were UTC."""

    home: str
    signs: LifeSigns


def read_recordings(path: Path) -> list[Recording]:
    """Read a CSV file (or .csv.gz) of events, and return its homes in order of their names.

    The first line names the columns: `home,time,place`, and perhaps `metric` and `value`; the words of the TIHM files
    (`patient_id,location_name,date`) do as well. Without a metric each line is one life sign. With one, only metrics that show a person
    acting count, and of those that say on and off only "on". Times are ISO 8601 as the wall clock showed them; an offset is dropped.
    Lines may come in any order.

    Raises
    ------
    InputError
        The file, a column or a line cannot be used; the message names it.
    """
    homes: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    try:
        with _open(path) as file:
            for home, time, place, metric in _rows(path, file):
                homes[home].append((time, place, metric))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as a CSV file of events: {error}") from error
    if not homes:
        raise InputError(f"{path} holds no event that shows a person acting")
    return [Recording(home, _signs(path, home, homes[home])) for home in sorted(homes)]


def is_entrance(place: str) -> bool:
    """Tell whether a place is a door of the home (protocol P, 1): its name says door, and it is not the fridge's."""
    return "door" in place and "fridge" not in place


def kind_of(place: str, metric: str = "") -> DeviceKind:
    """Return which kind of device a place and a metric stand for."""
    if metric in _KIND_OF_METRIC:
        return _KIND_OF_METRIC[metric]
    if is_entrance(place):
        return DeviceKind.DOOR
    return DeviceKind.FRIDGE if "fridge" in place else DeviceKind.MOTION


def life_signs_of(time: NDArray[np.float64], place: list[str], kind: list[DeviceKind]) -> LifeSigns:
    """Return events in any order as life signs."""
    order = np.argsort(time, kind="stable")
    places, index = np.unique(np.array(place), return_inverse=True)
    kinds = np.array([LIFE_KINDS.index(one) for one in kind], np.int8)
    return LifeSigns(time[order], kinds[order], index[order].astype(np.int16), tuple(places.tolist()))


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _rows(path: Path, file: TextIO) -> Iterator[tuple[str, str, str, str]]:
    reader = csv.reader(file)
    header = [name.strip().lower() for name in next(reader, list[str]())]
    where = {
        column: next((header.index(name) for name in names if name in header), None)
        for column, names in _COLUMNS.items()
    }
    home, time, place = (_needed(path, header, where, column) for column in ("home", "time", "place"))
    metric, value = where["metric"], where["value"]
    for row in reader:
        if not row:
            continue
        if len(row) < len(header):
            raise InputError(
                f"{path}, line {reader.line_num}: {len(row)} columns where the first line names {len(header)}"
            )
        word = "" if metric is None else row[metric]
        if word and not _acts(path, reader.line_num, word, None if value is None else row[value]):
            continue
        yield row[home], row[time], row[place], word


def _needed(path: Path, header: list[str], where: dict[str, int | None], column: str) -> int:
    found = where[column]
    if found is None:
        raise InputError(
            f"{path}, line 1: no column '{column}' (or {', '.join(_COLUMNS[column][1:])}); found: {', '.join(header)}"
        )
    return found


def _acts(path: Path, line: int, metric: str, value: str | None) -> bool:
    """Tell whether a reading shows that a person acted."""
    if metric not in METRICS:
        raise InputError(f"{path}, line {line}: '{metric}' is no metric; known are {', '.join(METRICS)}")
    if METRICS[metric].kind is not MetricKind.LIFE:
        return False
    if value is None or not value.strip() or metric in _ACTS_AT_ZERO:
        return True
    word = value.strip().lower()
    if word in {"true", "false", "on", "off"}:
        return word in {"true", "on"}
    try:
        return float(word) != 0
    except ValueError:
        raise InputError(
            f"{path}, line {line}: the value '{value}' of {metric} is neither a number nor true or false"
        ) from None


def _signs(path: Path, home: str, events: list[tuple[str, str, str]]) -> LifeSigns:
    time = _times(path, home, [time for time, _, _ in events])
    kinds = {pair: kind_of(*pair) for pair in {(place, metric) for _, place, metric in events}}
    return life_signs_of(
        time, [place for _, place, _ in events], [kinds[place, metric] for _, place, metric in events]
    )


def _times(path: Path, home: str, text: list[str]) -> NDArray[np.float64]:
    # numpy reads most files at once; it cannot be trusted with offsets, which it would add.
    if all(len(one) <= _LONGEST_PLAIN_TIME and one[-1:].isdigit() and "+" not in one for one in text):
        try:
            return np.array(text, dtype="datetime64[ms]").astype(np.float64) / 1000
        except ValueError:
            pass  # the slow way finds out which one
    return np.array([_seconds(path, home, one) for one in text])


def _seconds(path: Path, home: str, text: str) -> float:
    try:
        shown = datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        raise InputError(
            f"{path}, home {home}: '{text}' is no time; write it like 2026-04-01 09:30:00"
        ) from None
    return float(np.datetime64(shown, "ms").astype(np.int64)) / 1000
