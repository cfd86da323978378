"""Reads tracks: GPX 1.0 and 1.1, and CSV files of phone positions."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from math import isfinite
from xml.parsers import expat

from simulator.replay.recording import BadRow, RecordedFix, Recording, Slugs

POSITION_COLUMNS = ("user_id", "tracked_at", "latitude", "longitude")
_OPTIONAL_COLUMNS = ("elevation", "accuracy")
_KMH = 3.6


def read_positions(lines: Iterator[str], zone: tzinfo) -> Recording:
    """Read `user_id;tracked_at;latitude;longitude;elevation;accuracy`; the last two may be missing."""
    rows = csv.reader(lines, delimiter=";")
    homes, fixes, bad = Slugs(), list[RecordedFix](), list[BadRow]()
    try:
        header = [name.strip() for name in next(rows, list[str]())]
        if not set(POSITION_COLUMNS) <= set(header):
            problem = f"the first line must name the columns {';'.join(POSITION_COLUMNS + _OPTIONAL_COLUMNS)}"
            return Recording("positions", bad=(BadRow(1, problem),))
        for row in rows:
            if not row:
                continue
            try:
                fixes.append(_position(dict(zip(header, row, strict=True)), homes, zone))
            except ValueError as error:
                bad.append(BadRow(rows.line_num, str(error)))
    except (csv.Error, UnicodeDecodeError) as error:
        bad.append(BadRow(rows.line_num + 1, f"is not CSV in UTF-8: {error}"))
    fixes.sort(key=lambda item: item.time)
    return Recording("positions", fixes=tuple(fixes), bad=tuple(bad))


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
    reader = _GpxReader(Slugs().slug(name), zone)
    try:
        reader.feed(data)
    except expat.ExpatError as error:
        problem = f"is not XML: {expat.ErrorString(error.code)}"
        return Recording("gpx", bad=(*reader.bad, BadRow(error.lineno, problem)))
    reader.fixes.sort(key=lambda item: item.time)
    notes = (
        (f"{reader.without_time} track points have no time and were left out",) if reader.without_time else ()
    )
    return Recording("gpx", fixes=tuple(reader.fixes), bad=tuple(reader.bad), notes=notes)


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
