"""Walking alone and perhaps lost: to and fro or round and round, or on foot far from every usual place at an unusual hour."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, Place, PlaceFix, RuledOut, as_json
from core.domain.rules import WANDERING
from detectors.features.path_shape import WalkScale, Way, stretches, way
from detectors.features.significant_places import Places
from detectors.features.window import Window, moment
from detectors.rules.base import Evaluation

NAME, VERSION = WANDERING.name, WANDERING.version

# Chosen on recorded tracks with loops put in (docs/evaluation.md). A round of less than 600 m once has 0.32, out and back 0.5.
SCALES = (WalkScale(600.0, 1800.0), WalkScale(1000.0, 3000.0))
ASTRAY_BELOW = 0.30
# Over the shorter stretch: who gets somewhere again.
GOES_ON_ABOVE = 0.50
# On foot, for longer than this, further than this from every usual place.
STRANGE_S = 900.0
STRANGE_M = 300.0
_STRANGE_WAY_M = 150.0
# The share of a stretch outside the usual places from which on it is unfamiliar.
_UNFAMILIAR = 0.8
_FRESH_S = 600.0
# Where people with dementia were found: half within the first, four in five within the second (a study in the United Kingdom).
SEARCH_M = (1200, 5000)
WALKS_M_S = 1.1


@dataclass(frozen=True)
class _Signs:
    """What the corners of a way say, each of shape (n,): how aimless, its stretch, how straight the shorter one, since when all was strange."""

    lowest: NDArray[np.float64]
    begins: NDArray[np.intp]
    short: NDArray[np.float64]
    strange_from: NDArray[np.intp]


@dataclass(frozen=True)
class _Episode:
    began: int
    raised: int
    over: int | None
    pattern: str


@dataclass(frozen=True)
class Wandering:
    """Never says why somebody walks as they do: only that the way leads nowhere, or is strange to them.

    What it claims: over the last 600 m (in at most 30 minutes) or 1,000 m (50 minutes) on foot, at an even pace, the resident stayed within
    0.3 of that length, although not where they usually stay (home, a club, a park bench); or, where their usual places are known from at least
    14 days, they have been on foot for 15 minutes more than 300 m from all of these, at an hour in which they are usually not out.
    It ends when they are back where they usually stay, or get somewhere again in places that they know. Standing still ends nothing:
    somebody may have sat down. Fixes after `until` are not looked at; without fresh fixes nobody can tell.

    Parameters
    ----------
    places : callable
        Gives what is known of the usual places on a local day, None for nothing.
    """

    places: Callable[[date], Places | None]
    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        track, end = window.track, until.timestamp()
        seen = int(np.searchsorted(track.time, end, side="right"))
        is_fresh = seen > 0 and end - float(track.time[seen - 1]) < _FRESH_S
        walked = way(track, end)
        if len(walked.time) == 0 or walked.walked_m[-1] < _STRANGE_WAY_M:
            return Evaluation((), None, can_tell=is_fresh)
        places = self._by_corner(walked, window.zone)
        signs = _signs(walked, places, window.zone)
        floor = window.watched_from.timestamp()
        findings = [
            _finding(window, walked, one, places)
            for one in _episodes(walked, signs, places)
            if walked.time[one.raised] > floor
            and (one.over is None or walked.time[one.over] > since.timestamp())
        ]
        return Evaluation(tuple(findings), None, can_tell=is_fresh)

    def _by_corner(self, walked: Way, zone: ZoneInfo) -> list[Places | None]:
        """Return what was known of the usual places on the day of each corner: the same whenever somebody looks."""
        days = [moment(time).astimezone(zone).date() for time in walked.time.tolist()]
        known = {day: self.places(day) for day in dict.fromkeys(days)}
        return [known[day] for day in days]


def wandering_score(walked: Way) -> float:
    """Return how much of a way led nowhere at its worst, from 0 to 1; above `1 - ASTRAY_BELOW` it is raised."""
    lowest = [np.nanmin(stretches(walked, scale).aimless, initial=1.0) for scale in SCALES]
    return 1.0 - float(min(lowest))


def _signs(walked: Way, places: Sequence[Places | None], zone: ZoneInfo) -> _Signs:
    short, long = (stretches(walked, scale) for scale in SCALES)
    is_long = np.nan_to_num(long.aimless, nan=1.0) < np.nan_to_num(short.aimless, nan=1.0)
    lowest = np.where(is_long, long.aimless, np.nan_to_num(short.aimless, nan=1.0))
    strange = np.full(len(walked.time), -1, np.intp)
    if any(one is not None and one.is_known for one in places):
        _mark_strange(walked, places, zone, strange)
    return _Signs(lowest, np.where(is_long, long.begins, short.begins), short.straight, strange)


def _mark_strange(
    walked: Way, places: Sequence[Places | None], zone: ZoneInfo, strange: NDArray[np.intp]
) -> None:
    """Set for each corner since which corner all was far from every usual place, at unusual hours."""
    began = -1
    for corner, (time, lat, lon, known) in enumerate(
        zip(walked.time.tolist(), walked.lat.tolist(), walked.lon.tolist(), places, strict=True)
    ):
        if (
            known is None
            or not known.is_known
            or _is_familiar(known, lat, lon, moment(time).astimezone(zone))
        ):
            began = -1
        elif began < 0:
            began = corner
        strange[corner] = began


def _is_familiar(known: Places, lat: float, lon: float, here: datetime) -> bool:
    return here.hour in known.out_hours or known.is_familiar(lat, lon, STRANGE_M)


def _is_lost(walked: Way, signs: _Signs, corner: int) -> bool:
    began = int(signs.strange_from[corner])
    if began < 0:
        return False
    took_s = float(walked.time[corner] - walked.time[began])
    length_m = float(walked.walked_m[corner] - walked.walked_m[began])
    return took_s >= STRANGE_S and _STRANGE_WAY_M <= length_m <= 2.0 * took_s


def _episodes(walked: Way, signs: _Signs, places: Sequence[Places | None]) -> Iterator[_Episode]:
    began = raised = -1
    pattern = ""
    for corner in range(len(walked.time)):
        lat, lon = float(walked.lat[corner]), float(walked.lon[corner])
        known = places[corner]
        stays = known is not None and known.is_stay(lat, lon)
        if raised >= 0:
            goes_on = signs.short[corner] > GOES_ON_ABOVE and signs.strange_from[corner] < 0
            if stays or (goes_on and walked.walked_m[corner] - walked.walked_m[raised] >= SCALES[0].length_m):
                yield _Episode(began, raised, corner, pattern)
                raised = -1
        elif _is_lost(walked, signs, corner):
            began, raised, pattern = int(signs.strange_from[corner]), corner, "strange"
        elif signs.lowest[corner] <= ASTRAY_BELOW and not _is_familiar_ground(
            walked, int(signs.begins[corner]), corner, known
        ):
            began, raised, pattern = int(signs.begins[corner]), corner, "to_and_fro"
    if raised >= 0:
        yield _Episode(began, raised, None, pattern)


def _is_familiar_ground(walked: Way, begin: int, end: int, places: Places | None) -> bool:
    """Return whether the middle of a stretch is where somebody usually stays."""
    if places is None:
        return False
    middle = float(np.median(walked.lat[begin : end + 1])), float(np.median(walked.lon[begin : end + 1]))
    return places.is_stay(*middle)


def _unfamiliar(walked: Way, begin: int, end: int, places: Places | None) -> float | None:
    """Return the share of a stretch in cells that are not usual, None if the usual is not known."""
    if places is None or not places.is_known:
        return None
    corners = range(begin, end + 1)
    strange = [not places.is_familiar(float(walked.lat[one]), float(walked.lon[one])) for one in corners]
    return sum(strange) / len(strange)


def _finding(window: Window, walked: Way, one: _Episode, by_corner: Sequence[Places | None]) -> Finding:
    places = by_corner[one.raised]
    unfamiliar = _unfamiliar(walked, one.began, one.raised, places)
    is_strange = one.pattern == "strange" or (unfamiliar is not None and unfamiliar >= _UNFAMILIAR)
    lat, lon = round(float(walked.lat[one.raised]), 6), round(float(walked.lon[one.raised]), 6)
    stretch = slice(one.began, one.raised + 1)
    across = max(float(np.ptp(walked.east_m[stretch])), float(np.ptp(walked.north_m[stretch])))
    return Finding(
        rule=NAME,
        subject=Subject.of_resident(window.resident),
        severity=Severity.EMERGENCY if is_strange else Severity.CHECK_SOON,
        began_at=moment(float(walked.time[one.began])),
        raised_at=moment(float(walked.time[one.raised])),
        cleared_at=None if one.over is None else moment(float(walked.time[one.over])),
        reason=as_json(
            reasons.WanderingReason(
                rule_version=VERSION,
                pattern=one.pattern,
                walked_m=round(float(walked.walked_m[one.raised] - walked.walked_m[one.began])),
                within_m=round(across),
                unfamiliar_pct=None if unfamiliar is None else round(100 * unfamiliar),
                usual=reasons.UsualPlaces(days=0 if places is None else places.days),
                position=PlaceFix(
                    time=moment(float(walked.time[one.raised])),
                    lat=lat,
                    lon=lon,
                    accuracy_m=float(walked.accuracy_m[one.raised]),
                ),
                # Where to look first; the circles grow with the time since then.
                search=reasons.SearchFrom(
                    position=Place(lat=lat, lon=lon),
                    half_within_m=SEARCH_M[0],
                    most_within_m=SEARCH_M[1],
                    walks_m_s=WALKS_M_S,
                ),
                ruled_out=(
                    RuledOut.POOR_ACCURACY,
                    RuledOut.SUDDEN_JUMP,
                    *([RuledOut.USUAL_GROUND] if places else []),
                ),
                confidence=Confidence.HIGH if unfamiliar is not None else Confidence.MEDIUM,
            )
        ),
    )
