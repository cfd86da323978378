"""Reads tracks: GPX 1.0 and 1.1, CSV files of phone positions, and the PLT files of the Geolife data set."""

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import BinaryIO
from xml.parsers import expat

from core.errors import InputError
from simulator.replay.events import TimeColumns
from simulator.replay.parsing.columns import DEVICE_WORDS, POSITION_WORDS, HomeColumn, find
from simulator.replay.parsing.numbers import NumberReader
from simulator.replay.parsing.table import Heading, Table
from simulator.replay.parsing.text_file import FileChoices
from simulator.replay.parsing.times import TimeReader, moment_of
from simulator.replay.recording import BadRow, BadRows, RecordedFix, Recording, Slugs

_NEEDED = ("time", "latitude", "longitude")
# The largest of each column, in degrees and metres.
_LIMITS = {"latitude": 90.0, "longitude": 180.0, "elevation": 2e4, "accuracy": 1e6}
_PLT_BEGINS = "Geolife trajectory"
_PLT_HEADER_LINES = 6
_KMH = 3.6
# Positions are held one by one, some 300 bytes each.
_MOST_FIXES = 2_000_000


def names_positions(header: Sequence[str]) -> bool:
    """Return whether a heading names time, latitude and longitude."""
    return all(find(header, POSITION_WORDS[column]) >= 0 for column in _NEEDED)


def is_plt(first_line: str) -> bool:
    """Return whether a file that begins so is of the Geolife data set."""
    return first_line.strip() == _PLT_BEGINS


def read_positions(
    lines: Iterator[str], heading: Heading, choices: FileChoices, walker: str, name: str
) -> Recording:
    """Read `user_id;tracked_at;latitude;longitude;elevation;accuracy`, in any order; the first and the last two may be missing.

    Parameters
    ----------
    lines : iterator of str
        The file.
    heading : Heading
        Its heading.
    choices : FileChoices
        What a person says about the file.
    walker : str
        Whose all positions are if no column says it.
    name : str
        The file, for errors.

    Raises
    ------
    InputError
        A column is missing, or a column separates people and nobody said which.
    """
    header = heading.names
    found = {column: find(header, words) for column, words in POSITION_WORDS.items()}
    if not names_positions(header):
        missing = ", ".join(column for column in _NEEDED if found[column] < 0)
        return Recording(
            "positions", bad=(BadRow(heading.line, f"the heading must name {missing}"),), bad_count=1
        )
    when = TimeColumns(header, choices.time_reader(header[found["time"]]), found["time"])
    walkers = HomeColumn(
        header, choices.home_column, walker, name, {*found.values(), *when.columns}, DEVICE_WORDS
    )
    numbers, homes, bad, fixes = NumberReader(heading.separator), Slugs(), BadRows(), _Fixes()
    table = Table(lines, heading, bad)
    for row in table:
        values: dict[str, float | None] = {}
        at = walkers.column
        try:
            home = homes.slug(walkers.home_of(row))
            for column, limit in _LIMITS.items():
                at = found[column]
                text = row.fields[at].strip() if at >= 0 else ""
                values[column] = _read(numbers, text, column, limit) if text or column in _NEEDED else None
            at = when.column
            moment = moment_of(when.read(row.fields))
            fixes.add(
                RecordedFix(
                    moment,
                    home,
                    values["latitude"] or 0.0,
                    values["longitude"] or 0.0,
                    values["accuracy"],
                    values["elevation"],
                    None,
                )
            )
        except ValueError as error:
            bad.add(row.line, str(error), header[at] if at >= 0 else "")
    when.reader.check(name)
    notes = (*walkers.notes(table.count), *when.reader.notes())
    return _recording("positions", fixes, bad, homes, when.reader, notes)


class _Fixes(list[RecordedFix]):
    """Positions of one file, and not more than fit into memory."""

    def add(self, fix: RecordedFix) -> None:
        if len(self) >= _MOST_FIXES:
            raise InputError(f"there are more than {_MOST_FIXES:,} positions in one file; cut it into parts")
        self.append(fix)


def _read(numbers: NumberReader, text: str, what: str, limit: float) -> float:
    try:
        return numbers.read(text, -limit, limit)
    except ValueError as error:
        raise ValueError(f"{what} {text!r} {error}") from None


def _recording(
    form: str,
    fixes: list[RecordedFix],
    bad: BadRows,
    homes: Slugs,
    times: TimeReader,
    notes: Sequence[str] = (),
) -> Recording:
    fixes.sort(key=lambda item: item.time)
    return Recording(
        form,
        fixes=tuple(fixes),
        bad=tuple(bad.first),
        bad_count=bad.count,
        notes=tuple(notes),
        names=homes.names,
        without_offset=times.without_offset,
    )


def read_plt(lines: Iterable[str], walker: str) -> Recording:
    """Read a file of the Geolife data set: after six lines `lat,lon,0,altitude in feet,days,date,time`, in UTC.

    Parameters
    ----------
    lines : iterable of str
        The file.
    walker : str
        Who walked.
    """
    homes, bad, fixes = Slugs(), BadRows(), _Fixes()
    times = FileChoices().time_reader("UTC")
    home = homes.slug(walker)
    for number, line in enumerate(lines, 1):
        if number <= _PLT_HEADER_LINES or not line.strip():
            continue
        try:
            lat, lon, _, _, _, day, clock = line.split(",")
            moment = times.moment(f"{day.strip()}T{clock.strip()}")
            place = (_number(lat, "latitude", 90.0), _number(lon, "longitude", 180.0))
            fixes.add(RecordedFix(moment, home, *place, None, None, None))
        except ValueError as error:
            bad.add(number, str(error) if line.count(",") == 6 else "is no lat,lon,0,altitude,days,date,time")
    return _recording("plt", fixes, bad, homes, times)


def read_gpx(file: BinaryIO, walker: str, choices: FileChoices) -> Recording:
    """Read the track points of a GPX file; waypoints and routes were not walked and stay out.

    Parameters
    ----------
    file : binary file
        In the encoding that its first line says.
    walker : str
        Who walked.
    choices : FileChoices
        For times without an offset, which GPX does not allow but some devices write.
    """
    homes = Slugs()
    reader = _GpxReader(homes.slug(walker), choices.time_reader())
    reader.feed(file)
    notes = (
        (f"{reader.without_time} track points have no time and were left out",) if reader.without_time else ()
    )
    return _recording("gpx", reader.fixes, reader.bad, homes, reader.times, notes)


class _GpxReader:
    """Collects track points from the XML parser's events, so that each problem has its line."""

    def __init__(self, home: str, times: TimeReader) -> None:
        self.fixes = _Fixes()
        self.bad = BadRows()
        self.without_time = 0
        self.times = times
        self._home = home
        self._path: list[str] = []
        self._point: dict[str, str] | None = None
        self._line = 0
        self._text: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, file: BinaryIO) -> None:
        """Read the whole file."""
        try:
            self._parser.ParseFile(file)
        except expat.ExpatError as error:
            self.bad.add(error.lineno, f"is not XML: {expat.ErrorString(error.code)}")
        except ValueError as error:
            self.bad.add(self._parser.CurrentLineNumber, str(error))

    def _doctype(self, *_: object) -> None:
        # GPX has none, and one could define entities that grow without end.
        raise ValueError("a GPX file has no document type declaration")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if not self._path and tag != "gpx":
            raise ValueError(f"the file is no GPX: it begins with <{tag}>")
        self._path.append(tag)
        self._text.clear()
        if tag == "trkpt":
            self._point = dict(attributes)
            self._line = self._parser.CurrentLineNumber

    def _end(self, _name: str) -> None:
        tag = self._path.pop()
        parent = self._path[-1] if self._path else ""
        if self._point is not None and parent == "trkpt":
            self._point[tag] = "".join(self._text).strip()
        elif tag == "trkpt":
            self._take(self._point or {})
            self._point = None
        self._text.clear()

    def _take(self, point: dict[str, str]) -> None:
        try:
            lat = _number(point.get("lat", ""), "lat", 90.0)
            lon = _number(point.get("lon", ""), "lon", 180.0)
            altitude = _number(point["ele"], "ele", 2e4) if point.get("ele") else None
            speed = _number(point["speed"], "speed", 400.0) if point.get("speed") else None
            if not point.get("time"):
                self.without_time += 1
                return
            moment = self.times.moment(point["time"])
        except ValueError as error:
            self.bad.add(self._line, str(error))
            return
        kmh = None if speed is None else round(max(speed, 0.0) * _KMH, 2)
        self.fixes.add(RecordedFix(moment, self._home, lat, lon, None, altitude, kmh))


def _number(text: str, what: str, limit: float) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{what} {text!r} is no number") from None
    if not isfinite(number) or abs(number) > limit:
        raise ValueError(f"{what} {text!r} lies outside -{limit:g} to {limit:g}")
    return number
