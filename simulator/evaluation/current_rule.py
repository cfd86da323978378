"""The rule that runs live, as a detector of protocol P."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np

from detectors.features.needed_margin import margin_for
from detectors.features.silence_profile import (
    DOOR_CONTEXT_S,
    Silences,
    ThresholdCurve,
    certain,
    distrusted,
    learn_line,
    silences,
    single_share,
    trusted,
)
from detectors.features.silence_threshold import BUDGET_30D, SilenceBaseline, learn_lines
from simulator.evaluation.protocol import EvaluatedHome, EventTimes, Flags, Floats
from simulator.evaluation.threshold_crossing import first_passing_both_min, first_passing_min

# Times of recordings are those of the wall clock, as if it were UTC.
WALL_CLOCK = ZoneInfo("UTC")
_SENSITIVITY = {budget: sensitivity for sensitivity, budget in BUDGET_30D.items()}


class Margins(StrEnum):
    """What the settings of our rule are."""

    # One margin in minutes for all homes.
    FIXED = "fixed"
    # A shipped setting by its budget of false alarms in 30 days, as it runs live: wider where a home's own past asks for it.
    SHIPPED = "shipped"
    # Any budget, with a margin that is each home's own, wider or narrower; it does not run live.
    OWN = "own"


@dataclass(frozen=True)
class OurRule:
    """The rule `inactivity`; `margins` says what its settings are."""

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
    margins: Margins = Margins.FIXED

    def learn(self, home: EvaluatedHome) -> "_LearnedRule":
        """Learn what is usual at each midnight if every event counts."""
        gaps = silences(home.signs, np.ones(len(home.signs.time), np.bool_))
        return _LearnedRule(
            tuple(SilenceBaseline(days, line) for line, days in _lines(home, gaps)), home.signs.places
        )

    def learn_live(self, home: EvaluatedHome) -> "_LearnedRule":
        """Learn what is usual at each midnight as the runner does every night, also between sure life signs."""
        counts = certain(home.signs)
        sure = silences(home.signs, counts)
        usual: list[SilenceBaseline] = []
        for until in home.learned_at.tolist():
            places = distrusted(home.signs, counts, until)
            every = silences(home.signs, counts | trusted(home.signs, places))
            singles = single_share(home.signs, counts, until, places)
            found = learn_lines(
                sure,
                every,
                singles,
                WALL_CLOCK,
                home.outages,
                until,
                margins=self.margins is not Margins.FIXED,
            )
            usual.append(
                SilenceBaseline(
                    found.days, found.line, found.sure, places, singles, needed_min=found.needed_min
                )
            )
        return _LearnedRule(tuple(usual), home.signs.places, self.margins)


def _lines(home: EvaluatedHome, gaps: Silences) -> Iterator[tuple[ThresholdCurve, int]]:
    for until in home.learned_at:
        yield learn_line(gaps, WALL_CLOCK, home.outages, float(until))


@dataclass(frozen=True)
class _LearnedRule:
    usual: tuple[SilenceBaseline, ...]
    places: tuple[str, ...]
    margins: Margins = Margins.FIXED
    # By setting and count: shape (weeks, places + 1, 288); the last row is for silences after the door.
    tables: dict[tuple[float, bool], Floats] = field(default_factory=dict[tuple[float, bool], Floats])

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
                [_table(one, self.places, self._margin_min(one, setting), sure_only) for one in self.usual]
            )
        row = np.where(moments.after_door_s <= DOOR_CONTEXT_S, len(self.places), moments.place)
        return self.tables[key][moments.week, row, moments.bin]

    def _margin_min(self, usual: SilenceBaseline, setting: float) -> float:
        if self.margins is Margins.FIXED:
            return setting
        if self.margins is Margins.SHIPPED:
            return usual.margin_min(_SENSITIVITY[setting])
        return margin_for(usual.needed_min or (), usual.days, setting)


def _table(usual: SilenceBaseline, places: Sequence[str], setting: float, sure_only: bool) -> Floats:
    """Return when a silence that begins in each bin is too long, by its place, and in the last row after the door; shape (places + 1, 288)."""
    at_home = [usual.limit(setting, place, sure_only=sure_only).allowed_min for place in places]
    out = first_passing_both_min(
        usual.limit(setting, None, sure_only=sure_only).allowed_min,
        usual.outing_limit(setting, sure_only=sure_only).allowed_min,
    )
    return np.concatenate([first_passing_min(np.stack(at_home)), out[None]])
