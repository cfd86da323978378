"""Made-up people who walk off at night into streets they do not know, and how soon that is raised.

The tracks are those of the excursions: two outings a day, and all errors. The first 30 days teach where somebody usually is and when they
are out; the next 30 are evaluated. Every third night somebody leaves between 23:00 and 3:00 and walks 1 to 3 km straight on, then stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.alert import Finding
from core.domain.geodesy import METRES_PER_DEGREE
from detectors.features.significant_places import Places, Visits, cell_of, learn_places
from detectors.features.window import LifeSigns, Track, Window, moment
from detectors.rules.wandering import Wandering
from simulator.evaluation.protocol import DAY_S
from tests.synthetic.excursions import HOME, Walk

LEARNED_DAYS = 30
_EVERY_NIGHTS = 3
_LASTS_S = 3 * 3600.0


@dataclass(frozen=True)
class LostScore:
    """How a rule found those who walked off, and what it raised besides; seconds are from leaving home."""

    found: float
    median_s: float
    p95_s: float
    false_30d: float
    false_unlearned_30d: float
    nights: int
    days: float


def score_lost(tracks: Sequence[Walk]) -> LostScore:
    """Let some of the nights go wrong, and run the rule that runs live over them; each track is a seed of its own."""
    waits, nights, false, unlearned, days = list[float](), 0, 0, 0, 0.0
    for seed, walk in enumerate(tracks):
        begins = float(walk.track.time[0]) + LEARNED_DAYS * DAY_S
        before = walk.track.time < begins
        places = learn_places(visits(walk.track, before))
        test = _some(walk.track, ~before)
        track, left = _with_nights(np.random.default_rng(seed), test)
        raised = np.array([one.raised_at.timestamp() for one in _alarms(track, places)])
        is_true = np.zeros(len(raised), np.bool_)
        for leaves in left:
            within = (raised >= leaves) & (raised < leaves + _LASTS_S)
            is_true |= within
            nights += 1
            waits += (raised[within][:1] - leaves).tolist()
        false += int(np.sum(~is_true))
        unlearned += len(_alarms(test, None))
        days += float(test.time[-1] - test.time[0]) / DAY_S
    median, p95 = (float(np.quantile(waits, one)) for one in (0.5, 0.95))
    return LostScore(len(waits) / nights, median, p95, 30 * false / days, 30 * unlearned / days, nights, days)


def visits(track: Track, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Visits:
    """Count the minutes with a kept fix by cell, day and hour, as the store does for learning."""
    cells = [cell_of(lat, lon) for lat, lon in zip(track.lat[kept], track.lon[kept], strict=True)]
    rows = np.array(cells, np.int64).reshape(-1, 2)
    minutes = (track.time[kept] // 60).astype(np.int64)
    seen = np.unique(np.column_stack([rows, minutes]), axis=0)
    day, hour = seen[:, 2] // 1440, seen[:, 2] % 1440 // 60
    keys, counts = np.unique(np.column_stack([seen[:, :2], day, hour]), axis=0, return_counts=True)
    return Visits(keys[:, 0], keys[:, 1], keys[:, 2], keys[:, 3], counts.astype(np.int64))


def _alarms(track: Track, places: Places | None) -> Sequence[Finding]:
    nothing = LifeSigns(np.zeros(0), np.zeros(0, np.int8), np.zeros(0, np.int16), ())
    begin, end = moment(float(track.time[0])), moment(float(track.time[-1]))
    watched_from = begin - timedelta(days=1)
    window = Window(1, ZoneInfo("UTC"), watched_from, nothing, track, (), (), (), ())
    return Wandering(lambda _: places).evaluate(window, begin, end).findings


def _some(track: Track, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Track:
    return Track(track.time[kept], track.lat[kept], track.lon[kept], track.accuracy_m[kept])


def _with_nights(random: np.random.Generator, track: Track) -> tuple[Track, list[float]]:
    """Put the nights in; who is found is at home again three hours later."""
    lat, lon = track.lat.copy(), track.lon.copy()
    left: list[float] = []
    first = float(track.time[0]) // DAY_S * DAY_S
    for night in range(1, round((track.time[-1] - track.time[0]) / DAY_S) - 1, _EVERY_NIGHTS):
        leaves = first + night * DAY_S + random.uniform(-1, 3) * 3600
        gone = track.time - leaves
        out = (gone >= 0) & (gone < _LASTS_S)
        far = np.minimum(gone[out] * random.uniform(0.8, 1.2), random.uniform(1000, 3000))
        way = random.uniform(0, 2 * np.pi)
        error = random.normal(0, 7, (2, int(np.sum(out))))
        lat[out] = HOME[0] + (far * np.cos(way) + error[0]) / METRES_PER_DEGREE
        narrow = METRES_PER_DEGREE * np.cos(np.radians(HOME[0]))
        lon[out] = HOME[1] + (far * np.sin(way) + error[1]) / narrow
        left.append(leaves)
    return replace(track, lat=lat, lon=lon), left
