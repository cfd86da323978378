"""The rule that runs live, as a detector of protocol P."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from detectors.features.silence_profile import (
    DOOR_CONTEXT_S,
    Silences,
    ThresholdCurve,
    certain,
    distrusted,
    learn_line,
    line_of,
    silences,
    single_share,
    taught,
    trusted,
)
from detectors.features.silence_threshold import SilenceBaseline, sure_factor
from simulator.evaluation.needed_margin import margin_for, needed_margins
from simulator.evaluation.protocol import EvaluatedHome, EventTimes, Flags, Floats
from simulator.evaluation.threshold_crossing import first_passing_both_min, first_passing_min

# Times of recordings are those of the wall clock, as if it were UTC.
WALL_CLOCK = ZoneInfo("UTC")


@dataclass(frozen=True)
class OurRule:
    """The rule `inactivity`; settings are the margin in minutes, or with `by_budget` false alarms in 30 days: then each home has its own margin, which does not run live."""

    settings: Sequence[float] = (
        30,
        45,
        60,
        75,
        90,
        105,
        120,
        135,
        150,
        165,
        180,
        210,
        240,
        270,
        300,
        340,
        380,
        420,
        480,
        560,
    )
    name: str = "Mimamori"
    by_budget: bool = False

    def learn(self, home: EvaluatedHome) -> "_LearnedRule":
        """Learn what is usual at each midnight if every event counts."""
        gaps = silences(home.signs, np.ones(len(home.signs.time), np.bool_))
        return _LearnedRule(
            tuple(SilenceBaseline(days, line) for line, days in _lines(home, gaps)), home.signs.places, {}
        )

    def learn_live(self, home: EvaluatedHome) -> "_LearnedRule":
        """Learn what is usual at each midnight as the runner does every night, also between sure life signs."""
        counts = certain(home.signs)
        sure = silences(home.signs, counts)
        usual: list[SilenceBaseline] = []
        needed: list[tuple[float, ...]] = []
        for until in home.learned_at.tolist():
            of_sure = taught(sure, WALL_CLOCK, home.outages, until)
            between, days = line_of(of_sure)
            places = distrusted(home.signs, counts, until)
            every = silences(home.signs, counts | trusted(home.signs, places))
            of_every = taught(every, WALL_CLOCK, home.outages, until)
            line, _ = line_of(of_every)
            singles = single_share(home.signs, counts, until, places)
            usual.append(SilenceBaseline(days, line, between, places, singles))
            if self.by_budget:
                needed.append(needed_margins(sure, of_sure, of_every, sure_factor(singles)))
        return _LearnedRule(tuple(usual), home.signs.places, {}, tuple(needed) if self.by_budget else None)


def _lines(home: EvaluatedHome, gaps: Silences) -> Iterator[tuple[ThresholdCurve, int]]:
    for until in home.learned_at:
        yield learn_line(gaps, WALL_CLOCK, home.outages, float(until))


@dataclass(frozen=True)
class _LearnedRule:
    usual: tuple[SilenceBaseline, ...]
    places: tuple[str, ...]
    # By setting and count: shape (weeks, places + 1, 288); the last row is for silences after the door.
    tables: dict[tuple[float, bool], Floats]
    # For each week the margins that past silences would have needed, where a setting is a budget.
    needed: tuple[tuple[float, ...], ...] | None = None

    def threshold_min(self, setting: float, moments: EventTimes) -> Floats:
        """Return when the rule raises an alarm."""
        return self._passing(setting, moments, sure_only=False)

    def bound_min(self, setting: float, moments: EventTimes) -> Floats:
        """Return how long uncertain life signs may put an alarm off."""
        return self._passing(setting, moments, sure_only=True)

    def is_trusted(self, moments: EventTimes) -> Flags:
        """Return whether single life signs may put an alarm off."""
        good = np.array([[place not in one.distrusted for place in self.places] for one in self.usual])
        return good[moments.week, moments.place]

    def _passing(self, setting: float, moments: EventTimes, *, sure_only: bool) -> Floats:
        key = (setting, sure_only)
        if key not in self.tables:
            self.tables[key] = np.stack(
                [
                    _table(one, self.places, self._margin(week, setting), sure_only)
                    for week, one in enumerate(self.usual)
                ]
            )
        row = np.where(moments.after_door_s <= DOOR_CONTEXT_S, len(self.places), moments.place)
        return self.tables[key][moments.week, row, moments.bin]

    def _margin(self, week: int, setting: float) -> float:
        if self.needed is None:
            return setting
        return margin_for(self.needed[week], self.usual[week].days, setting)


def _table(usual: SilenceBaseline, places: Sequence[str], setting: float, sure_only: bool) -> Floats:
    """Return when a silence that begins in each bin is too long, by its place, and in the last row after the door; shape (places + 1, 288)."""
    at_home = [usual.limit(setting, place, sure_only=sure_only).allowed_min for place in places]
    out = first_passing_both_min(
        usual.limit(setting, None, sure_only=sure_only).allowed_min,
        usual.outing_limit(setting, sure_only=sure_only).allowed_min,
    )
    return np.concatenate([first_passing_min(np.stack(at_home)), out[None]])
