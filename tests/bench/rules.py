"""How many residents all rules evaluate in a second, and how many are learned: pure, on one core, without a database."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from core.domain.geofence import ALWAYS, Circle, Geofence
from core.domain.rhythm import Rhythm
from core.store.telemetry.metric_series import RuleInputs
from detectors.engine.rule_set import rules_of
from detectors.features import daily_rhythm
from detectors.features.daily_rhythm import TrainingData
from detectors.features.local_time import DAY_S
from detectors.features.significant_places import Places, Visits, cell_of, learn_places
from detectors.features.silence_threshold import Sensitivity, SilenceBaseline, learn
from detectors.features.window import LifeSigns, Power, RoomSeries, Track, Window, moment
from detectors.rules.base import Rule
from detectors.windows.loader import HomeView
from tests.bench.result import Results, median
from tests.synthetic.home_person import FIRST, HOME, LEARN_DAYS, ZONE, make, whole_window

PEOPLE = 10
# Looks at each resident in one run, spread over a day.
_LOOKS = 24
# What the loader reads of each kind before the span that is evaluated.
_SIGNS_BACK, _TRACK_BACK, _ROOMS_BACK = timedelta(hours=30), timedelta(hours=6), timedelta(hours=7)
_SPAN = timedelta(minutes=10)


@dataclass(frozen=True)
class Look:
    """One evaluation of one resident: the rules with what they learned, the window and the span."""

    rules: Sequence[Rule]
    window: Window
    since: datetime
    until: datetime


def measure(runs: int, say: Callable[[str], None]) -> Results:
    """Measure both rates in each of some runs, in time of the processor; `say` is raised how far it is."""
    windows = [whole_window(make(seed), moment(FIRST + LEARN_DAYS * DAY_S)) for seed in range(PEOPLE)]
    evaluated: list[float] = []
    profiles: list[float] = []
    looks: list[Look] = []
    # The database counts fixes by cell and hour.
    known = [(window, _visits(window.track)) for window in windows]
    for window, visits in known:
        looks += _looks(window, *_learn(window, visits))
    for number in range(runs):
        say(f"rules: run {number + 1} of {runs}")
        began = time.process_time()
        for look in looks:
            for rule in look.rules:
                rule.evaluate(look.window, look.since, look.until)
        evaluated.append(len(looks) / (time.process_time() - began))
        began = time.process_time()
        for window, visits in known:
            _learn(window, visits)
        profiles.append(len(windows) / (time.process_time() - began))
    core = "one core, no database; the target is"
    return {
        "residents_per_s": median(evaluated, "residents/s", f"all rules, 28 days known, {core} 1,000"),
        "profiles_per_s": median(
            profiles, "residents/s", f"silences, rhythm and places of 28 days, {core} 20"
        ),
    }


def _learn(window: Window, visits: Visits) -> tuple[SilenceBaseline, Rhythm, Places]:
    """Learn the silences, the rhythm and the usual places of a resident from four weeks."""
    until = FIRST + LEARN_DAYS * DAY_S - 7200
    signs = _signs(window.life_signs, -np.inf, until)
    usual = learn(signs, ZONE, excluded=(), until=moment(until))
    learned = daily_rhythm.learn(TrainingData(signs, window.power, window.rooms, (), until), ZONE)
    return usual, learned, learn_places(visits)


def _looks(window: Window, usual: SilenceBaseline, learned: Rhythm, places: Places) -> list[Look]:
    def baseline_on(_day: date) -> SilenceBaseline:
        return usual

    def rhythm_on(_day: date) -> Rhythm:
        return learned

    def places_on(_day: date) -> Places:
        return places

    view = HomeView(1, (), None, has_door=True, has_tracker=True)
    rules = rules_of(
        Sensitivity.STANDARD,
        RuleInputs(HOME, alert_on_night_exit=True),
        view,
        baseline_on=baseline_on,
        rhythm_on=rhythm_on,
        places_on=places_on,
    )
    fence = Geofence(1, 1, "home", Circle(*HOME, 300.0), ALWAYS)
    began = window.watched_from + timedelta(days=4)
    looks: list[Look] = []
    for number in range(_LOOKS):
        until = began + timedelta(hours=number, minutes=7)
        cut = _cut(replace(window, geofences=(fence,)), until)
        looks.append(Look(rules, cut, until - _SPAN, until))
    return looks


def _cut(window: Window, until: datetime) -> Window:
    """Return the part of a window that is loaded for one look."""
    end = until.timestamp()
    signs_from, track_from, rooms_from = (
        (until - _SPAN - back).timestamp() for back in (_SIGNS_BACK, _TRACK_BACK, _ROOMS_BACK)
    )
    seen = (window.track.time > track_from) & (window.track.time <= end)
    near = [
        one
        for one in window.away
        if one.known_at <= until and (one.ended_at is None or one.ended_at.timestamp() > track_from)
    ]
    return replace(
        window,
        life_signs=_signs(window.life_signs, signs_from, end),
        track=Track(
            window.track.time[seen],
            window.track.lat[seen],
            window.track.lon[seen],
            window.track.accuracy_m[seen],
        ),
        rooms=[_room(one, rooms_from, end) for one in window.rooms],
        power=[_power(one, signs_from, end) for one in window.power],
        pauses=[one for one in window.pauses if abs(one.began_at - until) < timedelta(days=3)],
        absences=[one for one in window.absences if abs(one.began_at - until) < timedelta(days=3)],
        away=[one if one.ended_at and one.ended_at <= until else replace(one, ended_at=None) for one in near],
    )


def _signs(signs: LifeSigns, since: float, until: float) -> LifeSigns:
    first, last = np.searchsorted(signs.time, [since, until], side="right")
    return LifeSigns(signs.time[first:last], signs.kind[first:last], signs.place[first:last], signs.places)


def _room(room: RoomSeries, since: float, until: float) -> RoomSeries:
    first, last = np.searchsorted(room.time, [since, until], side="right")
    return RoomSeries(
        room.place, room.time[first:last], room.temperature_c[first:last], room.humidity_pct[first:last]
    )


def _power(power: Power, since: float, until: float) -> Power:
    first, last = np.searchsorted(power.time, [since, until], side="right")
    return Power(power.device, power.place, power.time[first:last], power.watts[first:last])


def _visits(track: Track) -> Visits:
    """Return in which cells a track was on which day and hour in the weeks that teach."""
    until = FIRST + LEARN_DAYS * DAY_S - 7200
    rows = [
        (*cell_of(lat, lon), int(time // DAY_S), int(time % DAY_S // 3600))
        for time, lat, lon in zip(track.time.tolist(), track.lat.tolist(), track.lon.tolist(), strict=True)
        if time <= until
    ]
    kept, counts = np.unique(np.array(rows, np.int64), axis=0, return_counts=True)
    return Visits(kept[:, 0], kept[:, 1], kept[:, 2], kept[:, 3], counts.astype(np.int64))
