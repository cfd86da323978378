"""How long a silence may last: what was learned about a resident, the margin of the chosen sensitivity, and the warm-up.

There are two counts. One begins with every life sign, also an uncertain one; the other with the last sure one, and gives more. The first
says when an alarm is due; the second how long uncertain signs may put it off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from core.domain.sensitivity import Sensitivity
from detectors.features.door_presence import DoorReturns, learn_returns
from detectors.features.local_time import BINS, STEP_S, local_seconds
from detectors.features.needed_margin import margin_for, needed_margins
from detectors.features.silence_margin import allowed_min, usual_min
from detectors.features.silence_profile import (
    Silences,
    ThresholdCurve,
    certain,
    distrusted,
    line_of,
    silences,
    single_share,
    taught,
    trusted,
)
from detectors.features.window import LifeSigns

# After this age an alarm is due whatever is usual.
CAP_STEPS = BINS
# Warm-up (not measured): a fixed timer in the first week, then a wide margin that narrows until the fourth.
FIXED_DAYS = 7
LEARNED_DAYS = 28
# So many days at least say how wide a home's own margin must be.
OWN_MARGIN_DAYS = 14
FIXED_AWAKE_MIN = 480.0
FIXED_ANY_MIN = 720.0
AWAKE_BINS = (7 * 12, 22 * 12)
# Since the last sure life sign so many margins are given: uncertain signs put an alarm off no longer. Where single signs are usual,
# since few sensors notice little, they say no less than others, and more is given: from the first share of them on, and so much from
# the second on that only the cap of a day is left. Measured: docs/evaluation.md.
SURE_FACTOR = 1.75
SINGLES_SHARE = (0.05, 0.3)
MOST_SURE_FACTOR = 8.0


# How many false alarms in 30 days each setting is meant for.
BUDGET_30D: Mapping[Sensitivity, float] = {
    Sensitivity.FAMILY: 5.0,
    Sensitivity.STANDARD: 2.7,
    Sensitivity.QUIET: 1.0,
}
# Chosen for about these on recorded homes (docs/evaluation.md). A home whose own past would have passed them more often has wider ones; a
# narrower one nobody has, for a few calm weeks do not prove the next ones.
BUFFER_MIN: Mapping[Sensitivity, float] = {
    Sensitivity.FAMILY: 110.0,
    Sensitivity.STANDARD: 160.0,
    Sensitivity.QUIET: 360.0,
}


@dataclass(frozen=True)
class SilenceLimit:
    """What is usual and what is allowed, in minutes, at each 5-minute bin of the wall clock; both of shape (288,)."""

    baseline_min: NDArray[np.float64]
    allowed_min: NDArray[np.float64]


@dataclass(frozen=True)
class SilenceBaseline:
    """What was learned about a resident's silences, and from how many days.

    `line` is about the silences between all life signs, `sure` about those between the sure ones; None if it is the same. At
    `distrusted` places there are so many single life signs that they put nothing off, and are not in `line`. `singles` is the share of
    single life signs at all other places. `returns` says how the quiet after the door ended. `needed_min` are the margins that past
    silences would have needed by the lines of the other days; None where they were not counted.
    """

    days: int
    line: ThresholdCurve
    sure: ThresholdCurve | None = None
    distrusted: frozenset[str] = frozenset()
    singles: float = 0.0
    returns: DoorReturns = field(default_factory=DoorReturns)
    needed_min: tuple[float, ...] | None = None
    # Limits that were worked out already; a resident has some ten of them.
    _limits: dict[tuple[float, str | None, bool], SilenceLimit] = field(
        default_factory=dict[tuple[float, str | None, bool], SilenceLimit],
        init=False,
        repr=False,
        compare=False,
    )
    _margins: dict[Sensitivity, float] = field(
        default_factory=dict[Sensitivity, float], init=False, repr=False, compare=False
    )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        sure = None if self.sure is None else _line_to_json(self.sure)
        return {
            "days": self.days,
            **_line_to_json(self.line),
            "sure": sure,
            "distrusted": sorted(self.distrusted),
            "singles": self.singles,
            "returns": self.returns.to_json(),
            "needed_min": None if self.needed_min is None else list(self.needed_min),
        }

    @staticmethod
    def from_json(body: Mapping[str, Any]) -> "SilenceBaseline":
        """Return what `to_json` was made from."""
        sure = None if body["sure"] is None else _line_from_json(body["sure"])
        distrusted = frozenset[str](body.get("distrusted", ()))
        # What was kept before presence was learned has none.
        returns = DoorReturns.from_json(body["returns"]) if "returns" in body else DoorReturns()
        return SilenceBaseline(
            int(body["days"]),
            _line_from_json(body),
            sure,
            distrusted,
            float(body.get("singles", 0.0)),
            returns,
            # Nor has it what past silences would have needed, from before margins were each home's own.
            None if body.get("needed_min") is None else tuple(body["needed_min"]),
        )

    def margin_min(self, sensitivity: Sensitivity) -> float:
        """Return the margin of a setting in minutes: wider where the home's own past asks for it, and in the first four weeks."""
        if sensitivity not in self._margins:
            margin = BUFFER_MIN[sensitivity]
            if self.needed_min is not None:
                margin = max(margin, margin_for(self.needed_min, self.days, BUDGET_30D[sensitivity]))
            self._margins[sensitivity] = margin * max(1.0, 2 - self.days / LEARNED_DAYS)
        return self._margins[sensitivity]

    def limit(self, buffer_min: float, place: str | None, *, sure_only: bool = False) -> SilenceLimit:
        """Return what is allowed after a life sign at a place; None if it is not known where the person was seen last.

        With `sure_only` it is what is allowed since the last sure life sign, however many uncertain ones followed.
        """
        key = (buffer_min, place, sure_only)
        if key not in self._limits:
            line, margin_min = self._counted(buffer_min, sure_only=sure_only)
            self._limits[key] = _limit(line, margin_min, place)
        return self._limits[key]

    def outing_limit(self, buffer_min: float, *, sure_only: bool = False) -> SilenceLimit:
        """Return what is usual and allowed for a silence that begins with the door, in minutes, by the bin of the clock at which it *begins*.

        The longest outing that begins at about this time, and a margin. It is no less than what is allowed at home: who used the door may
        have come in.
        """
        line, margin_min = self._counted(buffer_min, sure_only=sure_only)
        return SilenceLimit(line.outings, line.outings + margin_min)

    def _counted(self, buffer_min: float, *, sure_only: bool) -> tuple[ThresholdCurve, float]:
        if not sure_only:
            return self.line, buffer_min
        return self.sure or self.line, sure_factor(self.singles) * buffer_min


def _line_to_json(line: ThresholdCurve) -> dict[str, Any]:
    return {
        "at_home_min": line.at_home.tolist(),
        "outings_min": line.outings.tolist(),
        "rooms_min": {place: room.tolist() for place, room in line.rooms.items()},
    }


def _line_from_json(body: Mapping[str, Any]) -> ThresholdCurve:
    rooms = {place: np.array(line, np.float64) for place, line in body["rooms_min"].items()}
    at_home, outings = (np.array(body[key], np.float64) for key in ("at_home_min", "outings_min"))
    return ThresholdCurve(at_home, outings, rooms)


def learn(
    signs: LifeSigns, zone: ZoneInfo, excluded: Sequence[tuple[float, float]], until: datetime
) -> SilenceBaseline:
    """Learn a resident's usual from life signs up to `until`; `excluded` time (Unix seconds) teaches nothing."""
    ended = until.timestamp()
    counts = certain(signs)
    between_sure = silences(signs, counts)
    returns = learn_returns(between_sure, signs, zone, excluded, ended)
    places, between_every, singles = frozenset[str](), between_sure, 0.0
    if not counts.all():
        places = distrusted(signs, counts, ended)
        between_every = silences(signs, counts | trusted(signs, places))
        singles = round(single_share(signs, counts, ended, places), 4)
    found = learn_lines(between_sure, between_every, singles, zone, excluded, ended)
    line, sure = _whole(found.line), None if found.sure is None else _whole(found.sure)
    return SilenceBaseline(found.days, line, sure, places, singles, returns, found.needed_min)


@dataclass(frozen=True)
class LearnedLines:
    """The lines between all and between sure life signs (None: the same), from how many days, and the margins that past silences would have needed."""

    days: int
    line: ThresholdCurve
    sure: ThresholdCurve | None
    needed_min: tuple[float, ...] | None


def learn_lines(
    between_sure: Silences,
    between_every: Silences,
    singles: float,
    zone: ZoneInfo,
    excluded: Sequence[tuple[float, float]],
    until: float,
    *,
    margins: bool = True,
) -> LearnedLines:
    """Learn both lines; where every life sign is sure `between_every` is `between_sure` itself. Times are Unix seconds.

    Without `margins` those that past silences would have needed are not counted.
    """
    sure = taught(between_sure, zone, excluded, until)
    every = sure if between_every is between_sure else taught(between_every, zone, excluded, until)
    sure_line, days = line_of(sure)
    line = sure_line if every is sure else line_of(every)[0]
    needed = None
    if margins and days >= OWN_MARGIN_DAYS:
        needed = needed_margins(between_sure, sure, every, sure_factor(singles))
    return LearnedLines(days, line, None if every is sure else sure_line, needed)


def sure_factor(singles: float) -> float:
    """Return how many margins are given since the last sure life sign where this share of them is single.

    Examples
    --------
    >>> [round(sure_factor(share), 2) for share in (0.0, 0.05, 0.1, 0.2, 0.3, 0.9)]
    [1.75, 1.75, 2.19, 4.38, 8.0, 8.0]
    """
    few, many = SINGLES_SHARE
    left = min(many - few, many - singles)
    most = SURE_FACTOR / MOST_SURE_FACTOR
    return SURE_FACTOR / max(most, left / (many - few))


def _whole(line: ThresholdCurve) -> ThresholdCurve:
    """Return a line in whole minutes: they are enough, and keep what is stored small."""
    rooms = {place: room.round() for place, room in line.rooms.items()}
    return ThresholdCurve(line.at_home.round(), line.outings.round(), rooms)


def _limit(line: ThresholdCurve, buffer_min: float, place: str | None) -> SilenceLimit:
    baseline = usual_min(line.at_home, None if place is None else line.rooms.get(place))
    return SilenceLimit(baseline, allowed_min(baseline, buffer_min, place))


@dataclass(frozen=True)
class SilenceThreshold:
    """At which 5-minute steps after its base a silence is too long; arrays of shape (288,), the last step always is.

    `longest_min` is the longest usual silence at each step, None while too little is known.
    """

    days: int
    age_min: NDArray[np.float64]
    longest_min: NDArray[np.float64] | None
    passed: NDArray[np.bool_]


def threshold_from(
    baseline: SilenceBaseline,
    sensitivity: Sensitivity,
    zone: ZoneInfo,
    base: float,
    *,
    place: str | None = None,
    after_door: bool = False,
    sure_only: bool = False,
) -> SilenceThreshold:
    """Return how long a silence that is counted from `base` (Unix seconds) may last; the person was last seen at `place`.

    With `sure_only` it is counted from the last sure life sign, with uncertain ones after it.
    """
    age_min: NDArray[np.float64] = _STEPS * (STEP_S / 60)
    local = local_seconds(zone, base + _STEPS_FROM_BASE * STEP_S)
    clock = (local[1:] // STEP_S % BINS).astype(np.int64)
    if baseline.days < FIXED_DAYS:
        awake_min = np.cumsum((clock >= AWAKE_BINS[0]) & (clock < AWAKE_BINS[1])) * (STEP_S / 60)
        passed = (awake_min > FIXED_AWAKE_MIN) | (age_min > FIXED_ANY_MIN)
        return SilenceThreshold(baseline.days, age_min, None, passed | (_STEPS == CAP_STEPS))
    buffer_min = baseline.margin_min(sensitivity)
    limit = baseline.limit(buffer_min, None if after_door else place, sure_only=sure_only)
    usual_min, allowed_min = limit.baseline_min[clock], limit.allowed_min[clock]
    if after_door:
        outing, begins = (
            baseline.outing_limit(buffer_min, sure_only=sure_only),
            int(local[0] // STEP_S % BINS),
        )
        usual_min = np.maximum(usual_min, outing.baseline_min[begins])
        allowed_min = np.maximum(allowed_min, outing.allowed_min[begins])
    # Where the clock is put back the night is an hour longer, and nobody knows whether people sleep by the wall or by themselves.
    shown_min = np.minimum(age_min, (local[1:] - local[0]) / 60)
    passed = (shown_min > allowed_min) | (_STEPS == CAP_STEPS)
    return SilenceThreshold(baseline.days, age_min, usual_min, passed)


_STEPS_FROM_BASE: NDArray[np.float64] = np.arange(CAP_STEPS + 1, dtype=np.float64)
_STEPS: NDArray[np.float64] = np.arange(1, CAP_STEPS + 1, dtype=np.float64)
