"""How often the rules about life at home speak up in recorded homes, and how soon a collapse in the bathroom is raised.

The rules are those that run live, over the whole recording, each day with what was learned from the days before it. Nothing in a recording is
taken for a real event, so every alert counts as false. Only rules that need nothing but life signs can be asked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.agreed.quiet_limit import QuietLimit
from core.domain.alert import Finding
from core.domain.geofence import Hours
from core.domain.rhythm import Rhythm
from detectors.features import daily_rhythm
from detectors.features.activity_counts import count_days
from detectors.features.daily_rhythm import TrainingData
from detectors.features.local_time import DAY_S, midnight
from detectors.features.observability import at_washroom
from detectors.features.silence_threshold import SilenceBaseline
from detectors.features.silence_threshold import learn as learn_silences
from detectors.features.window import Blind, LifeSigns, Window, moment, no_track
from detectors.rules import (
    bathroom_stay,
    decline,
    inactivity,
    late_morning,
    night_exit,
    quiet_too_long,
    restless_night,
)
from detectors.rules.base import Rule
from simulator.evaluation.homes import EvaluatedRecording
from simulator.evaluation.protocol import FIRST_TEST_DAY, Spans

ZONE = ZoneInfo("UTC")  # Times of recordings are those of the wall clock.
ASKED = (
    *(inactivity.NAME, bathroom_stay.NAME, late_morning.NAME, restless_night.NAME, decline.NAME),
    *(night_exit.NAME, quiet_too_long.NAME),
)
# A limit as families may set one; what is set decides how often it speaks up (our choice).
EXAMPLE_LIMIT = QuietLimit(1, 1, "", None, "", 6 * 60, Hours(frozenset(range(7)), time(8), time(20)))
COLLAPSES_PER_HOME = 20
# An outage is known within this time, as live: a ward silence at night.
_KNOWN_AFTER_S = 3600.0
_SETTLED_BEFORE = timedelta(hours=2)
# What a rule needs to see of the time before a collapse, and how long an alarm is waited for.
_BACK_S, _WAIT_S = 5 * DAY_S, DAY_S


@dataclass(frozen=True)
class RuleAlerts:
    """How often a rule spoke up: in all, and once four weeks had taught."""

    rule: str
    alerts: int
    per_30_days: float
    alerts_later: int
    per_30_days_later: float


@dataclass(frozen=True)
class BathroomCollapses:
    """Collapses put in after random life signs in a bathroom, once four weeks had taught.

    `raised_by_stay` is the share that the rule about stays raises within a day; hours to the alarm are median, mean and 95th percentile, by the
    silence alone and by whichever of the two comes first.
    """

    collapses: int
    raised_by_stay: float
    raised_first_by_stay: float
    stay_median_min: float
    silence_alone_h: tuple[float, float, float]
    both_h: tuple[float, float, float]


@dataclass(frozen=True)
class LifeReport:
    """The rules about life at home on a set of recorded homes."""

    homes: int
    days: float
    days_later: float
    rules: tuple[RuleAlerts, ...]
    bathroom: BathroomCollapses | None


class RecordedHome:
    """A recording with its rules, which learn as they are asked.

    Parameters
    ----------
    recording : Recording
        The home.
    outages : sequence of (float, float)
        When the home was out of contact.
    """

    def __init__(self, recording: EvaluatedRecording, outages: Spans = ()) -> None:
        signs = recording.signs
        self.signs = signs
        self.began, self.ended = float(signs.time[0]), float(signs.time[-1])
        self.later = float(np.ceil(self.began / DAY_S) + FIRST_TEST_DAY) * DAY_S
        self._outages = outages
        self._blind = [Blind(moment(a), moment(b), moment(min(b, a + _KNOWN_AFTER_S))) for a, b in outages]
        silence = inactivity.Inactivity(cache(self._usual))
        rhythm_on = cache(self._rhythm)
        self.silence: Rule = silence
        self.stay: Rule = bathroom_stay.BathroomStay(rhythm_on, silence)
        self._rules: dict[str, Rule] = {
            inactivity.NAME: silence,
            bathroom_stay.NAME: self.stay,
            late_morning.NAME: late_morning.LateMorning(rhythm_on, silence),
            restless_night.NAME: restless_night.RestlessNight(rhythm_on),
            night_exit.NAME: night_exit.NightExit(rhythm_on),
            quiet_too_long.NAME: quiet_too_long.QuietTooLong((EXAMPLE_LIMIT,)),
        }

    def findings(self, rule: str) -> Sequence[Finding]:
        """Return what a rule finds in the whole recording."""
        since, until = moment(self.began), moment(self.ended)
        if rule == decline.NAME:
            counts = count_days(self.signs, ZONE, self._outages)
            return decline.evaluate_days(counts, 1, ZONE, (since, until), raised_from=since).findings
        return self._rules[rule].evaluate(self.window(self.signs), since, until).findings

    def days(self, since: float) -> float:
        """Return how many days from a moment on were in contact."""
        lost = sum(max(0.0, min(b, self.ended) - max(a, since)) for a, b in self._outages)
        return max(0.0, self.ended - since - lost) / DAY_S

    def window(self, signs: LifeSigns) -> Window:
        """Return a window over life signs of this home."""
        return Window(1, ZONE, moment(self.began), signs, no_track(), (), self._blind, (), ())

    def collapse(self, number: int) -> tuple[float, float]:
        """Delete all that follows one life sign, and return the minutes until the stay and until the silence is raised; infinity for never.

        Not a number stands for an alarm that was open before.
        """
        at = float(self.signs.time[number])
        first = int(np.searchsorted(self.signs.time, at - _BACK_S))
        before = slice(first, number + 1)
        signs = self.signs
        window = self.window(
            LifeSigns(signs.time[before], signs.kind[before], signs.place[before], signs.places)
        )
        stay, silence = (self._wait(rule, window, at) for rule in (self.stay, self.silence))
        return stay, silence

    def _wait(self, rule: Rule, window: Window, at: float) -> float:
        found = rule.evaluate(window, moment(at), moment(at + _WAIT_S)).findings
        open_then = [one.raised_at.timestamp() for one in found if one.cleared_at is None]
        first = min(open_then, default=np.inf)
        return np.nan if first < at else (first - at) / 60

    def _usual(self, day: date) -> SilenceBaseline:
        return learn_silences(self.signs, ZONE, self._outages, _settled(day))

    def _rhythm(self, day: date) -> Rhythm:
        return daily_rhythm.learn(
            TrainingData(self.signs, (), (), self._outages, _settled(day).timestamp()), ZONE
        )


def score_life(
    recordings: Sequence[EvaluatedRecording],
    outages: Spans = (),
    *,
    rules: Sequence[str] = ASKED,
    collapses_per_home: int = COLLAPSES_PER_HOME,
    on_progress: Callable[[str], None] = lambda _: None,
) -> LifeReport:
    """Count what the rules find in recorded homes, and put in collapses in the bathroom.

    Parameters
    ----------
    recordings, outages
        The homes, and when none of them was in contact.
    rules : sequence of str
        The rules to ask.
    collapses_per_home : int
        How many collapses to put into each home that was recorded for more than four weeks; 0 for none.
    on_progress : callable
        Called with the home that is evaluated.
    """
    random = np.random.default_rng(0)
    raised: dict[str, list[tuple[float, float]]] = {rule: [] for rule in rules}
    waits: list[tuple[float, float]] = []
    homes = [RecordedHome(one, outages) for one in sorted(recordings, key=lambda one: one.home)]
    for number, home in enumerate(homes, 1):
        on_progress(f"life at home: {number} of {len(homes)}")
        for rule in rules:
            raised[rule] += [(one.raised_at.timestamp(), home.later) for one in home.findings(rule)]
        pool = np.flatnonzero(at_washroom(home.signs) & (home.signs.time >= home.later))
        if collapses_per_home and len(pool):
            chosen = random.choice(pool, collapses_per_home)
            waits += [home.collapse(int(one)) for one in chosen]
    days = sum(home.days(home.began) for home in homes)
    later = sum(home.days(home.later) for home in homes)
    return LifeReport(len(homes), days, later, _alerts(raised, days, later), _collapses(waits))


def _settled(day: date) -> datetime:
    return midnight(ZONE, day) - _SETTLED_BEFORE


def _alerts(
    raised: Mapping[str, list[tuple[float, float]]], days: float, later: float
) -> tuple[RuleAlerts, ...]:
    result: list[RuleAlerts] = []
    for rule, found in raised.items():
        known = sum(at >= since for at, since in found)
        rates = (30 * len(found) / days, 30 * known / later if later else 0.0)
        result.append(RuleAlerts(rule, len(found), rates[0], known, rates[1]))
    return tuple(result)


def _collapses(waits: Sequence[tuple[float, float]]) -> BathroomCollapses | None:
    table = np.array(waits, np.float64).reshape(-1, 2)
    table = table[~np.isnan(table).any(axis=1)]
    if not len(table):
        return None
    stay, silence = table[:, 0], table[:, 1]
    raised = np.isfinite(stay)
    return BathroomCollapses(
        collapses=len(table),
        raised_by_stay=float(raised.mean()),
        raised_first_by_stay=float((stay < silence).mean()),
        stay_median_min=float(np.median(stay[raised])) if raised.any() else 0.0,
        silence_alone_h=_hours(silence),
        both_h=_hours(np.minimum(stay, silence)),
    )


def _hours(minutes: np.ndarray) -> tuple[float, float, float]:
    # What is not raised within a day counts as a day.
    hours = np.minimum(minutes / 60, _WAIT_S / 3600)
    return float(np.median(hours)), float(np.mean(hours)), float(np.quantile(hours, 0.95))
