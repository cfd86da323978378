"""A safe area and what really happened, read for measuring a geofence on anybody's tracks; every error names its line."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.geofence import ALWAYS, Circle, Geofence, Polygon
from core.errors import InputError
from detectors.features.window import LifeSigns, Track, Window, moment
from detectors.rules.geofence_exit import GeofenceExit
from simulator.evaluation.protocol import DAY_S
from simulator.replay.parsing.columns import HOME_WORDS, PERSON_WORDS, find
from simulator.replay.parsing.table import FileRow, Heading, Table, headings
from simulator.replay.parsing.text_file import FileChoices, encoding_of, first_lines, lines_of, opened
from simulator.replay.parsing.times import DateOrder, OtherDateOrderError, TimeReader, moment_of
from simulator.replay.recording import BadRows

# A silence of the tracker longer than this is no time in which an exit could have been raised.
LONGEST_GAP_S = 600.0
_COLUMNS = ("who", "left_at", "returned_at")
_WORDS = ((*PERSON_WORDS, *HOME_WORDS), ("left_at",), ("returned_at",))
_DEFAULTS = FileChoices()
_LEAST_M, _MOST_M = 30.0, 50_000.0
_HELP = "write --fence 35.681,139.767,300 (degrees, and a radius in metres), or name a JSON file (docs/evaluation.md)"


@dataclass(frozen=True)
class Excursion:
    """A time in which somebody really was outside, Unix seconds; `line` is where the file says so."""

    who: str
    left: float
    returned: float
    line: int


@dataclass(frozen=True)
class Exit:
    """A time in which the rule said that somebody was outside; `ended_at` is None where the track ends before."""

    began_at: str
    raised_at: str
    ended_at: str | None
    is_true: bool | None


@dataclass(frozen=True)
class FenceTrial:
    """What the rule said about one track: `false_30d`, `found` and seconds to the alarm only where the truth is known.

    `days` counts only time in which the tracker was in contact every ten minutes.
    """

    days: float
    exits: Sequence[Exit]
    exits_30d: float
    excursions: int | None = None
    found: float | None = None
    false_exits_30d: float | None = None
    median_s: float | None = None
    p95_s: float | None = None


def read_fence(text: str) -> Circle | Polygon:
    """Read a safe area: `LAT,LON,RADIUS`, or a JSON file with `lat`, `lon` and `radius_m`, or with `corners` of [lat, lon].

    Raises
    ------
    InputError
        It is neither, or a number cannot be.
    """
    if text.count(",") == 2 and not Path(text).exists():
        try:
            lat, lon, radius_m = (float(part) for part in text.split(","))
        except ValueError:
            raise InputError(f"--fence {text}: {_HELP}") from None
        return _circle(f"--fence {text}", lat, lon, radius_m)
    path = Path(text)
    try:
        body: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--fence {text}: the file cannot be read; {_HELP}") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{path}, line {error.lineno}: this is no JSON: {error.msg}") from error
    if not isinstance(body, dict):
        raise InputError(f"{path}: the file holds no object with lat, lon and radius_m, or with corners")
    found = cast("dict[str, object]", body)
    if "corners" in found:
        return _polygon(path, found["corners"])
    numbers = [found.get(name) for name in ("lat", "lon", "radius_m")]
    if not all(_is_number(one) for one in numbers):
        raise InputError(f"{path}: lat, lon and radius_m must be numbers, or give corners")
    lat, lon, radius_m = (float(cast("float", one)) for one in numbers)
    return _circle(str(path), lat, lon, radius_m)


def read_excursions(
    path: Path, tracks: dict[str, Track], choices: FileChoices = _DEFAULTS
) -> list[Excursion]:
    """Read `who,left_at,returned_at`: when somebody really left the safe area and was back, as the tables of tracks are read.

    Parameters
    ----------
    path : Path
        The file; its encoding is its own.
    tracks : dict
        Who was recorded.
    choices : FileChoices
        What a person says about the tracks: of times without an offset the zone, and the order of dates.

    Raises
    ------
    InputError
        A line cannot be used: somebody nobody recorded, no time, an end before its beginning, or outside of the recording.
    """
    try:
        found = _excursions(path, tracks, choices)
    except OtherDateOrderError:
        found = _excursions(path, tracks, replace(choices, dates=DateOrder.MONTH_FIRST))
    found.sort(key=lambda one: (one.who, one.left))
    for one, following in pairwise(found):
        if one.who == following.who and following.left < one.returned:
            raise InputError(f"{path}, line {following.line}: begins before the one of line {one.line} ends")
    return found


def _excursions(path: Path, tracks: dict[str, Track], choices: FileChoices) -> list[Excursion]:
    encoding = encoding_of(path)
    heading = next((one for one in headings(first_lines(path, encoding)) if min(_columns_of(one)) >= 0), None)
    if heading is None:
        raise InputError(f"{path}, line 1: the first line must name {', '.join(_COLUMNS)}")
    columns, times, bad = _columns_of(heading), choices.time_reader(), BadRows()
    with opened(path) as file, closing(lines_of(file, encoding, str(path))) as lines:
        found = [
            _excursion(path, row, [row.fields[one] for one in columns], tracks, times)
            for row in Table(lines, heading, bad)
        ]
    for one in bad.first[:1]:
        raise InputError(f"{path}, {one}")
    times.check(str(path))
    return found


def try_fence(
    track: Track, shape: Circle | Polygon, excursions: Sequence[Excursion] | None = None
) -> FenceTrial:
    """Run the rule that runs live over a track; with `excursions` it is compared with them.

    An excursion is found if it is raised between its beginning and its end; what is raised at other times is false.
    """
    begin, end = moment(float(track.time[0])), moment(float(track.time[-1]))
    nothing = LifeSigns(np.zeros(0), np.zeros(0, np.int8), np.zeros(0, np.int16), ())
    fence = Geofence(1, 1, "fence", shape, ALWAYS)
    window = Window(1, ZoneInfo("UTC"), begin, nothing, track, (), (), (), (fence,))
    findings = GeofenceExit().evaluate(window, begin, end).findings
    days = float(np.sum(np.minimum(np.diff(track.time), LONGEST_GAP_S))) / DAY_S
    raised = np.array([one.raised_at.timestamp() for one in findings])
    ground_truth: list[bool | None] = [None] * len(findings)
    if excursions is not None:
        ground_truth = [any(one.left <= at < one.returned for one in excursions) for at in raised.tolist()]
    exits = [
        Exit(
            one.began_at.isoformat(),
            one.raised_at.isoformat(),
            None if one.cleared_at is None else one.cleared_at.isoformat(),
            is_true,
        )
        for one, is_true in zip(findings, ground_truth, strict=True)
    ]
    rate = 30 / days if days else 0.0
    if excursions is None:
        return FenceTrial(days, exits, rate * len(exits))
    waits = [
        float(within[0]) - one.left
        for one in excursions
        if len(within := raised[(raised >= one.left) & (raised < one.returned)])
    ]
    return FenceTrial(
        days,
        exits,
        rate * len(exits),
        len(excursions),
        len(waits) / len(excursions) if excursions else None,
        rate * ground_truth.count(False),
        float(np.median(waits)) if waits else None,
        float(np.quantile(waits, 0.95)) if waits else None,
    )


def _columns_of(heading: Heading) -> list[int]:
    return [find(heading.names, words) for words in _WORDS]


def _excursion(
    path: Path, row: FileRow, texts: list[str], tracks: dict[str, Track], times: TimeReader
) -> Excursion:
    where = f"{path}, line {row.line}"
    who = texts[0].strip()
    if who not in tracks:
        raise InputError(f"{where}: nobody called '{who}' is recorded; recorded are {', '.join(tracks)}")
    try:
        left, returned = (moment_of(times.read(text)).timestamp() for text in texts[1:])
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
    if returned <= left:
        raise InputError(f"{where}: returned_at is not after left_at")
    track = tracks[who]
    if returned < track.time[0] or left > track.time[-1]:
        span = " to ".join(moment(float(track.time[one])).isoformat() for one in (0, -1))
        raise InputError(f"{where}: lies outside of the recording of '{who}' ({span})")
    return Excursion(who, left, returned, row.line)


def _circle(where: str, lat: float, lon: float, radius_m: float) -> Circle:
    _check_point(where, lat, lon)
    if not _LEAST_M <= radius_m <= _MOST_M:
        raise InputError(f"{where}: the radius {radius_m:g} m is not between {_LEAST_M:g} and {_MOST_M:g}")
    return Circle(lat, lon, radius_m)


def _polygon(path: Path, corners: object) -> Polygon:
    listed = cast("list[object]", corners) if isinstance(corners, list) else []
    found: list[tuple[float, float]] = []
    for number, corner in enumerate(listed, 1):
        pair = cast("list[object]", corner) if isinstance(corner, list) else []
        if len(pair) != 2 or not all(_is_number(one) for one in pair):
            raise InputError(f"{path}: corner {number} is no pair of numbers [lat, lon]")
        lat, lon = (float(cast("float", one)) for one in pair)
        _check_point(f"{path}: corner {number}", lat, lon)
        found.append((lat, lon))
    if len(found) < 3:
        raise InputError(f"{path}: a safe area needs three corners at least")
    return Polygon(tuple(found))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_point(where: str, lat: float, lon: float) -> None:
    # Not a number compares as false, and so is refused too.
    if not (-85 <= lat <= 85 and -180 <= lon <= 180):
        raise InputError(
            f"{where}: {lat:g}, {lon:g} is no latitude from -85 to 85 and longitude from -180 to 180"
        )
