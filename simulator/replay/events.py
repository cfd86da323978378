"""Reads tables of events in homes: `home,time,metric,place,value`, and the form of the TIHM data set."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from math import isfinite
from typing import NamedTuple

from core.domain.metrics import CONTACT_USED, METRICS, MOTION, Metric, MetricKind
from core.errors import InputError
from simulator.replay.place_names import says_door
from simulator.replay.readings import QUARTER_S, ReadingsBuilder, ReadingSource
from simulator.replay.recording import BadRows, Recording, Slugs

# The words that files use for the same columns; small letters, with _ for what separates words.
COLUMN_WORDS = {
    "home": ("home", "patient_id", "home_id", "id"),
    "time": ("time", "date", "date_time", "datetime", "timestamp"),
    "place": ("place", "location_name", "location"),
    "metric": ("metric",),
    "value": ("value",),
}
_NEEDED = ("home", "time", "place")
_TIHM_COLUMNS = frozenset({"patient_id", "location_name", "date"})
_TRUE, _FALSE = frozenset({"true", "on", "open", "yes"}), frozenset({"false", "off", "closed", "no"})
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the wall clock's
_MICROSECOND, _QUARTER = timedelta(microseconds=1), timedelta(seconds=QUARTER_S)
_QUARTER_US = QUARTER_S * 1_000_000
# No sensor in a home reported before; such a time is a number or a date in another order, read wrongly.
_FIRST_YEAR = 1990
# Of one home, and of all homes together: a column with more different words is no place.
_MOST_PLACES, _MOST_SOURCES = 200, 20_000
_MOST_VALUES_KNOWN = 10_000


class _Columns(NamedTuple):
    """Where each column stands; -1 where there is none."""

    home: int
    time: int
    place: int
    metric: int
    value: int


def lacking(header: Sequence[str]) -> list[str]:
    """Return the columns that a table of events needs and a heading does not name."""
    names = {plain(name) for name in header}
    return [column for column in _NEEDED if not names & set(COLUMN_WORDS[column])]


def is_tihm(header: Sequence[str]) -> bool:
    """Return whether a heading is that of the TIHM data set."""
    names = {plain(name) for name in header}
    return names >= _TIHM_COLUMNS and "metric" not in names


def plain(name: str) -> str:
    """Return the name of a column in small letters, with _ for what separates words."""
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def read_events(lines: Iterable[str], zone: tzinfo, form: str, name: str) -> Recording:
    """Read a table of events.

    The first line names the columns; docs/replay.md lists the words for them. Without a metric each line is one use of the door that the
    place names, else one movement. Lines may come in any order. Rows that cannot be used are kept as such: see `Recording.checked`.

    Parameters
    ----------
    lines : iterable of str
        The file.
    zone : tzinfo
        For times without an offset.
    form : str
        Begins the ids of the devices.
    name : str
        The file, for errors.

    Raises
    ------
    InputError
        A column is missing, or holds too many different words for what it should be.
    """
    reader = _Reader(zone, name)
    reader.read(lines)
    return Recording(
        form,
        reader.readings.build(),
        bad=tuple(reader.bad.first),
        names=reader.homes.names,
        place_names={slug.replace("-", "_"): text for slug, text in reader.places.names.items()},
        lines=reader.lines,
        bad_count=reader.bad.count,
        without_offset=reader.without_offset,
    )


class _Reader:
    """Takes in a file line by line, in little memory."""

    def __init__(self, zone: tzinfo, name: str) -> None:
        self.readings = ReadingsBuilder()
        self.homes, self.places, self.bad = Slugs(), Slugs(), BadRows()
        self.lines = self.without_offset = 0
        self._zone, self._name = zone, name
        # A recording says the same few names and values half a million times.
        self._sources: dict[tuple[str, str, str], tuple[int, Metric]] = {}
        self._values: dict[tuple[str, str], float] = {}
        self._places_of: dict[str, set[str]] = {}
        # By how many quarters the assumed zone is ahead in each quarter of an hour of its clock.
        self._ahead: dict[int, int] = {}

    def read(self, lines: Iterable[str]) -> None:
        """Read the whole file."""
        rows = csv.reader(lines)
        try:
            header = next(rows, list[str]())
            columns = self._columns(header)
            for row in rows:
                if not row:
                    continue
                self.lines += 1
                try:
                    if len(row) != len(header):
                        raise ValueError(f"there are {len(row)} fields, the header has {len(header)}")  # noqa: TRY301
                    self._take(row, columns)
                except ValueError as error:
                    self.bad.add(rows.line_num, str(error))
        except (csv.Error, UnicodeDecodeError) as error:
            self.bad.add(rows.line_num + 1, f"is not CSV in UTF-8: {error}")

    def _columns(self, header: list[str]) -> _Columns:
        if not header:
            raise InputError(
                f"{self._name} is empty, or begins with an empty line; line 1 must name the columns"
            )
        missing = lacking(header)
        if missing:
            also = ", ".join(COLUMN_WORDS[missing[0]][1:])
            raise InputError(
                f"{self._name}, line 1: no column '{missing[0]}' (or {also}), separated by commas; found: {', '.join(header)}"
            )
        names = [plain(one) for one in header]
        found = {
            column: next((names.index(word) for word in words if word in names), -1)
            for column, words in COLUMN_WORDS.items()
        }
        return _Columns(**found)

    def _take(self, row: list[str], columns: _Columns) -> None:
        words = (
            row[columns.home],
            row[columns.place],
            row[columns.metric] if columns.metric >= 0 else "",
        )
        known = self._sources.get(words)
        if known is None:
            known = self._sources[words] = self._source(*words)
        number, metric = known
        value = 1.0 if columns.value < 0 else self._value(row[columns.value], metric)
        time_us, quarters = self._time(row[columns.time])
        self.readings.add(time_us, quarters, number, value)

    def _source(self, home_text: str, place_text: str, metric_text: str) -> tuple[int, Metric]:
        home, place_text, metric_text = self.homes.slug(home_text), place_text.strip(), metric_text.strip()
        if not metric_text:
            metric_text = (CONTACT_USED if says_door(place_text) else MOTION).name
        metric = METRICS.get(metric_text)
        if metric is None:
            raise ValueError(
                f"the metric {metric_text!r} is not known; docs/replay.md lists them, for example motion"
            )
        place = self.places.slug(place_text).replace("-", "_") if place_text else ""
        places = self._places_of.setdefault(home, set())
        places.add(place)
        if len(places) > _MOST_PLACES:
            raise InputError(
                f"{self._name}: home {home_text.strip()} has more than {_MOST_PLACES} places; a place is a room or a door"
            )
        number = self.readings.number_of(ReadingSource(home, place, metric.name))
        if number >= _MOST_SOURCES:
            raise InputError(
                f"{self._name} has more than {_MOST_SOURCES} sensors; a place is a room or a door, and a home is no event"
            )
        return number, metric

    def _time(self, text: str) -> tuple[int, int]:
        """Return microseconds since 1970 in UTC, and by how many quarters of an hour the clock in the file is ahead."""
        try:
            shown = datetime.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(
                f"{text!r} is no time such as 2019-04-01 13:44:10 or 2019-04-01T13:44:10+01:00"
            ) from None
        if shown.year < _FIRST_YEAR:
            raise ValueError(
                f"{text!r} would be a time before {_FIRST_YEAR}; write it like 2026-04-01 09:30:00"
            )
        ahead = shown.utcoffset()
        if ahead is not None:
            quarters, rest = divmod(ahead, _QUARTER)
            if rest:
                raise ValueError(f"{text!r} has an offset from UTC that no zone has")
            return (shown.replace(tzinfo=None) - _EPOCH - ahead) // _MICROSECOND, quarters
        self.without_offset += 1
        wall_us = (shown - _EPOCH) // _MICROSECOND
        quarters = self._ahead.get(wall_us // _QUARTER_US)
        if quarters is None:
            ahead = shown.replace(tzinfo=self._zone).utcoffset() or timedelta(0)
            quarters = self._ahead[wall_us // _QUARTER_US] = ahead // _QUARTER
        return wall_us - quarters * _QUARTER_US, quarters

    def _value(self, text: str, metric: Metric) -> float:
        known = self._values.get((metric.name, text))
        if known is None:
            known = value_of(text, metric)
            if len(self._values) < _MOST_VALUES_KNOWN:
                self._values[metric.name, text] = known
        return known


def value_of(text: str, metric: Metric) -> float:
    """Return the value that a text says; for a sign of life no text says that it happened.

    Raises
    ------
    ValueError
        It is no value of this metric.
    """
    word = text.strip().lower()
    if not word and metric.kind is MetricKind.LIFE:
        return 0.0 if metric.words else 1.0
    if metric.words:
        if word not in metric.words:
            raise ValueError(f"{text!r} is none of the words of {metric.name}: {', '.join(metric.words)}")
        return float(metric.words.index(word))
    if word in _TRUE | _FALSE:
        return 1.0 if word in _TRUE else 0.0
    try:
        number = float(word)
    except ValueError:
        raise ValueError(f"the value {text!r} of {metric.name} is no number") from None
    if not isfinite(number) or not metric.low <= number <= metric.high:
        raise ValueError(
            f"the value {text!r} of {metric.name} lies outside {metric.low:g} to {metric.high:g}"
        )
    return number
