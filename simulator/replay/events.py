"""Reads tables of events in homes: `home,time,metric,place,value`, and the form of the TIHM data set."""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from core.domain.metrics import CONTACT_USED, METRICS, MOTION, Metric, MetricKind
from core.errors import InputError
from simulator.replay.parsing.columns import (
    CLOCK_WORDS,
    DATE_WORDS,
    EVENT_WORDS,
    NO_HOME_COLUMN,
    HomeColumn,
    find,
    plain,
)
from simulator.replay.parsing.numbers import NumberReader
from simulator.replay.parsing.table import FileRow, Heading, Table
from simulator.replay.parsing.text_file import FileChoices
from simulator.replay.parsing.times import TimeReader
from simulator.replay.place_names import says_door
from simulator.replay.readings import ReadingsBuilder, ReadingSource
from simulator.replay.recording import BadRows, Recording, Slugs

_NEEDED = ("time", "place")
_TIHM_COLUMNS = frozenset({"patient_id", "location_name", "date"})
_TRUE = frozenset(
    {"true", "on", "open", "opened", "yes", "detected", "active", "occupied", "オン", "開", "あり"}
)
_FALSE = frozenset(
    {"false", "off", "closed", "close", "no", "clear", "inactive", "idle", "オフ", "閉", "なし"}
)
# Of one home, and of all homes together: a column with more different words is no place.
_MOST_PLACES, _MOST_SOURCES = 200, 20_000
_MOST_VALUES_KNOWN = 10_000
_TIME_OF_DAY = re.compile(r"(?:午前|午後)?\s*\d{1,2}[:：時]")
EXAMPLE = "home,time,metric,place,value"


def lacking(header: Sequence[str]) -> list[str]:
    """Return the columns that a table of events needs and a heading does not name; a home may be named otherwise."""
    return [column for column in _NEEDED if find(header, EVENT_WORDS[column]) < 0]


def is_tihm(header: Sequence[str]) -> bool:
    """Return whether a heading is that of the TIHM data set."""
    names = {plain(name) for name in header}
    return names >= _TIHM_COLUMNS and "metric" not in names


class SourceBook:
    """The sensors of a file by the words in it, each with a name that is fit for an id.

    Parameters
    ----------
    name : str
        The file, for errors.
    """

    def __init__(self, name: str) -> None:
        self.readings = ReadingsBuilder()
        self.homes, self.places = Slugs(), Slugs()
        self._name = name
        self._places_of: dict[str, set[str]] = {}

    def number_of(self, home_text: str, place_text: str, metric: Metric) -> int:
        """Return the number of a sensor for `readings.add`.

        Raises
        ------
        ValueError
            A name is empty, or would become the same as another.
        InputError
            There are too many places for what places are.
        """
        home, place_text = self.homes.slug(home_text), place_text.strip()
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
        return number

    def recording(
        self, form: str, bad: BadRows, notes: Sequence[str], lines: int, times: TimeReader
    ) -> Recording:
        """Return what was read."""
        return Recording(
            form,
            self.readings.build(),
            bad=tuple(bad.first),
            notes=tuple(notes),
            names=self.homes.names,
            place_names={slug.replace("-", "_"): text for slug, text in self.places.names.items()},
            lines=lines,
            bad_count=bad.count,
            without_offset=times.without_offset,
        )


def read_events(
    lines: Iterator[str], heading: Heading, choices: FileChoices, form: str, default_home: str, name: str
) -> Recording:
    """Read a table of events.

    The first line names the columns; docs/replay.md lists the words for them. Without a metric each line is one use of the door that the
    place names, else one movement. Lines may come in any order. Rows that cannot be used are kept as such: see `Recording.checked`.

    Parameters
    ----------
    lines : iterator of str
        The file.
    heading : Heading
        Its heading.
    choices : FileChoices
        What a person says about the file.
    form : str
        Begins the ids of the devices.
    default_home : str
        What the home is called if somebody says that no column names it.
    name : str
        The file, for errors.

    Raises
    ------
    InputError
        A column is missing, holds too many different words for what it should be, or separates people and nobody said which.
    """
    reader = _Reader(heading, choices, default_home, name)
    bad = BadRows()
    table = Table(lines, heading, bad)
    for row in table:
        try:
            reader.take(row)
        except ValueError as error:
            bad.add(row.line, str(error), heading.names[reader.at] if reader.at >= 0 else "")
    return reader.book.recording(form, bad, reader.notes(table.count), table.count, reader.times)


class _Reader:
    """Takes in a file row by row, in little memory."""

    def __init__(self, heading: Heading, choices: FileChoices, default_home: str, name: str) -> None:
        header = heading.names
        missing = lacking(header)
        if missing:
            also = ", ".join(word for word in EVENT_WORDS[missing[0]] if word != missing[0])
            raise InputError(
                f"{name}, line {heading.line}: no column '{missing[0]}' (or {also}); found: {', '.join(header)}"
            )
        found = {column: find(header, words) for column, words in EVENT_WORDS.items()}
        self._place, self._metric, self._value = found["place"], found["metric"], found["value"]
        self._when = TimeColumns(header, choices.time_reader(header[found["time"]]), found["time"])
        self._home = HomeColumn(
            header, choices.home_column, default_home, name, {*found.values(), *self._when.columns}
        )
        if not self._home.is_found:
            raise InputError(
                f"{name}, line {heading.line}: no column says whose home a line is of, such as 'home' or 'uid'; say which"
                f" does with --home-column, or --home-column {NO_HOME_COLUMN} if all is of one home; found: {', '.join(header)}"
            )
        self.book = SourceBook(name)
        # The column that is looked at, for errors.
        self.at = -1
        self._name = name
        self._numbers = NumberReader(heading.separator)
        # A recording says the same few names and values half a million times.
        self._sources: dict[tuple[str, str, str], tuple[int, Metric]] = {}
        self._values: dict[tuple[str, str], float] = {}

    @property
    def times(self) -> TimeReader:
        """What read the times."""
        return self._when.reader

    def take(self, row: FileRow) -> None:
        """Take a row in; see `_Reader.at` for the column of an error."""
        self.at = self._home.column
        fields = row.fields
        words = (
            self._home.home_of(row),
            fields[self._place],
            fields[self._metric] if self._metric >= 0 else "",
        )
        known = self._sources.get(words)
        if known is None:
            known = self._sources[words] = self._source(*words)
        number, metric = known
        self.at = self._value
        value = 1.0 if self._value < 0 else self._number(fields[self._value], metric)
        self.at = self._when.column
        time_us, quarters = self._when.read(fields)
        self.book.readings.add(time_us, quarters, number, value)

    def notes(self, rows: int) -> list[str]:
        """Return what a person should know; raises InputError if the whole cannot be understood."""
        self.times.check(self._name)
        contradiction = self._numbers.contradiction()
        if contradiction:
            raise InputError(f"{self._name}: {contradiction}")
        return [*self._home.notes(rows), *self.times.notes()]

    def _source(self, home: str, place: str, metric_text: str) -> tuple[int, Metric]:
        word = plain(metric_text) or (CONTACT_USED if says_door(place) else MOTION).name
        metric = METRICS.get(word)
        if metric is None:
            self.at = self._metric
            near = get_close_matches(word, METRICS, 1)
            hint = f"did you mean {near[0]!r}?" if near else "for example motion"
            raise ValueError(
                f"the metric {metric_text.strip()!r} is not known; docs/replay.md lists them, {hint}"
            )
        return self.book.number_of(home, place, metric), metric

    def _number(self, text: str, metric: Metric) -> float:
        known = self._values.get((metric.name, text))
        if known is None:
            known = value_of(text, metric, self._numbers)
            if len(self._values) < _MOST_VALUES_KNOWN:
                self._values[metric.name, text] = known
        return known


class TimeColumns:
    """When a row happened: one column, or one with the date and one with the time of day."""

    def __init__(self, header: Sequence[str], reader: TimeReader, column: int) -> None:
        self.reader, self.column = reader, column
        date, clock = find(header, DATE_WORDS), find(header, CLOCK_WORDS)
        self._date, self._clock = (date, clock) if min(date, clock) >= 0 else (-1, column)
        self.columns = {column, self._clock, self._date} - {-1}

    def read(self, fields: Sequence[str]) -> tuple[int, int]:
        """Return the time of a row; raises as `TimeReader.read`."""
        if self._date < 0:
            return self.reader.read(fields[self.column])
        clock = fields[self._clock].strip()
        if _TIME_OF_DAY.match(clock):
            return self.reader.read(f"{fields[self._date].strip()} {clock}")
        return self.reader.read(clock)


def value_of(text: str, metric: Metric, numbers: NumberReader) -> float:
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
    if metric.high == 1:
        return _truth_of_number(text, metric, numbers)
    try:
        return numbers.read(text, metric.low, metric.high)
    except ValueError as error:
        raise ValueError(f"the value {text!r} of {metric.name} {error}") from None


def _truth_of_number(text: str, metric: Metric, numbers: NumberReader) -> float:
    try:
        number = numbers.read(text, 0.0, 1.0)
    except ValueError:
        number = None
    if number not in {0.0, 1.0}:
        raise ValueError(
            f"the value {text!r} of {metric.name} is neither true nor false; write 1 or 0, on or off, true or false, open or"
            " closed, あり or なし"
        ) from None
    return number
