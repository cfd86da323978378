"""Reads tracks: GPX 1.0 and 1.1, CSV files of phone positions, and the PLT files of the Geolife data set."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from math import isfinite
from xml.parsers import expat

from simulator.replay.recording import BadRow, RecordedFix, Recording, Slugs

POSITION_COLUMNS = ("user_id", "tracked_at", "latitude", "longitude")
_OPTIONAL_COLUMNS = ("elevation", "accuracy")
# The words that files use for the same columns.
_WORDS = {
    "user_id": ("user_id", "who", "user", "id", "device"),
    "tracked_at": ("tracked_at", "time", "timestamp", "datetime", "date_time"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng"),
    "elevation": ("elevation", "altitude", "ele"),
    "accuracy": ("accuracy", "accuracy_m"),
}
_SEPARATORS = (";", ",", "\t")
_PLT_BEGINS = "Geolife trajectory"
_PLT_HEADER_LINES = 6
_KMH = 3.6


def separator_of(first_line: str) -> str | None:
    """Return what separates the columns of a file of positions, None if the line names no such columns."""
    for separator in _SEPARATORS:
        if {"tracked_at", "latitude", "longitude"} <= set(_columns(first_line.split(separator))):
            return separator
    return None


def is_plt(first_line: str) -> bool:
    """Return whether a file that begins so is of the Geolife data set."""
    return first_line.strip() == _PLT_BEGINS


def _columns(header: list[str]) -> dict[str, int]:
    """Return where each column stands, by the words of `POSITION_COLUMNS`."""
    names = [name.strip().lower().replace("-", "_").replace(" ", "_") for name in header]
    found = {
        column: next((names.index(one) for one in words if one in names), -1)
        for column, words in _WORDS.items()
    }
    return {column: number for column, number in found.items() if number >= 0}


def read_positions(lines: Iterable[str], zone: tzinfo, name: str = "track") -> Recording:
    """Read `user_id;tracked_at;latitude;longitude;elevation;accuracy`, with semicolons, commas or tabs between.

    The last two may be missing. Where nobody is named all positions are those of one walker, who is called after the file.
    """
    rows = iter(lines)
    homes, fixes, bad = Slugs(), list[RecordedFix](), list[BadRow]()
    table = csv.reader(rows)
    try:
        first = next(rows, "").removeprefix("\ufeff")
        separator = separator_of(first)
        if separator is None:
            problem = f"the first line must name the columns {';'.join(POSITION_COLUMNS + _OPTIONAL_COLUMNS)}"
            return Recording("positions", bad=(BadRow(1, problem),))
        header = next(csv.reader([first], delimiter=separator))
        columns = _columns(header)
        table = csv.reader(rows, delimiter=separator)
        for row in table:
            if not row:
                continue
            try:
                if len(row) < len(header):
                    raise ValueError(f"there are {len(row)} fields, the first line has {len(header)}")  # noqa: TRY301
                of_row = {column: row[number].strip() for column, number in columns.items()}
                fixes.append(_position({"user_id": name, **of_row}, homes, zone))
            except ValueError as error:
                bad.append(BadRow(table.line_num + 1, str(error)))
    except (csv.Error, UnicodeDecodeError) as error:
        bad.append(BadRow(table.line_num + 2, f"is not CSV in UTF-8: {error}"))
    fixes.sort(key=lambda item: item.time)
    return Recording("positions", fixes=tuple(fixes), bad=tuple(bad), names=homes.names)


def _position(row: dict[str, str], homes: Slugs, zone: tzinfo) -> RecordedFix:
    return RecordedFix(
        time=_moment(row["tracked_at"], zone),
        home=homes.slug(row["user_id"]),
        lat=_number(row["latitude"], "latitude", 90.0),
        lon=_number(row["longitude"], "longitude", 180.0),
        accuracy_m=_number(row["accuracy"], "accuracy", 1e6) if row.get("accuracy") else None,
        altitude_m=_number(row["elevation"], "elevation", 2e4) if row.get("elevation") else None,
        speed_kmh=None,
    )


def read_plt(lines: Iterable[str], name: str) -> Recording:
    """Read a file of the Geolife data set: after six lines `lat,lon,0,altitude in feet,days,date,time`, in UTC.

    Parameters
    ----------
    lines : iterable of str
        The file.
    name : str
        The walker is called after it.
    """
    homes, fixes, bad = Slugs(), list[RecordedFix](), list[BadRow]()
    home = homes.slug(name)
    for number, line in enumerate(lines, 1):
        if number <= _PLT_HEADER_LINES or not line.strip():
            continue
        try:
            lat, lon, _, _, _, day, clock = line.split(",")
            moment = _moment(f"{day.strip()}T{clock.strip()}", UTC)
            fixes.append(
                RecordedFix(
                    moment,
                    home,
                    _number(lat, "latitude", 90.0),
                    _number(lon, "longitude", 180.0),
                    None,
                    None,
                    None,
                )
            )
        except ValueError as error:
            problem = str(error) if line.count(",") == 6 else "is no lat,lon,0,altitude,days,date,time"
            bad.append(BadRow(number, problem))
    fixes.sort(key=lambda item: item.time)
    return Recording("plt", fixes=tuple(fixes), bad=tuple(bad), names=homes.names)


def read_gpx(data: bytes, name: str, zone: tzinfo) -> Recording:
    """Read the track points of a GPX file; waypoints and routes were not walked and stay out.

    Parameters
    ----------
    data : bytes
        The file, in the encoding that its first line says.
    name : str
        The walker is called after it.
    zone : tzinfo
        For times without an offset, which GPX does not allow but some devices write.
    """
    homes = Slugs()
    reader = _GpxReader(homes.slug(name), zone)
    try:
        reader.feed(data)
    except expat.ExpatError as error:
        problem = f"is not XML: {expat.ErrorString(error.code)}"
        return Recording("gpx", bad=(*reader.bad, BadRow(error.lineno, problem)))
    reader.fixes.sort(key=lambda item: item.time)
    notes = (
        (f"{reader.without_time} track points have no time and were left out",) if reader.without_time else ()
    )
    return Recording("gpx", fixes=tuple(reader.fixes), bad=tuple(reader.bad), notes=notes, names=homes.names)


class _GpxReader:
    """Collects track points from the XML parser's events, so that each problem has its line."""

    def __init__(self, home: str, zone: tzinfo) -> None:
        self.fixes: list[RecordedFix] = []
        self.bad: list[BadRow] = []
        self.without_time = 0
        self._home = home
        self._zone = zone
        self._path: list[str] = []
        self._point: dict[str, str] | None = None
        self._line = 0
        self._text: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, data: bytes) -> None:
        """Read the whole file."""
        try:
            self._parser.Parse(data, True)
        except ValueError as error:
            self.bad.append(BadRow(self._parser.CurrentLineNumber, str(error)))

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
            moment = _moment(point["time"], self._zone)
        except ValueError as error:
            self.bad.append(BadRow(self._line, str(error)))
            return
        kmh = None if speed is None else round(max(speed, 0.0) * _KMH, 2)
        self.fixes.append(RecordedFix(moment, self._home, lat, lon, None, altitude, kmh))


def _number(text: str, what: str, limit: float) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{what} {text!r} is no number") from None
    if not isfinite(number) or abs(number) > limit:
        raise ValueError(f"{what} {text!r} lies outside -{limit:g} to {limit:g}")
    return number


def _moment(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no time such as 2010-10-03T09:36:12Z") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
