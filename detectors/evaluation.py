"""Protocol P: how many false alarms an inactivity line raises on recorded homes, and how soon it would notice a collapse.

No silence in the recordings is taken for a real emergency, so every alarm on them is false; a collapse is put in by deleting all
life signs after a random moment at which somebody was at home.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from detectors.rules.judgement import LifeSigns
from detectors.rules.patience import alarm_steps
from detectors.rules.silences import (
    DOOR,
    DOOR_CONTEXT_S,
    LONGEST_S,
    STEP_S,
    Silences,
    certain,
    learn_line,
    silences,
)
from detectors.rules.wall_clock import DAY_S

_ZONE = ZoneInfo("UTC")
_FIRST_TEST_DAY = 28
_LEAST_DAYS = 42
_REFIT_DAYS = 7
_OUTING_S = 1800.0
_INJECTIONS_PER_DAY = 100


@dataclass(frozen=True)
class Score:
    """What protocol P says about one sensitivity.

    `false_alarms_30d` is per 30 home-days; the hours are from collapse to alarm.
    """

    buffer_min: float
    false_alarms: int
    false_alarms_30d: float
    median_h: float
    mean_h: float
    p95_h: float
    homes: int
    test_days: float


@dataclass(frozen=True)
class _Tested:
    began: NDArray[np.float64]
    length: NDArray[np.float64]
    alarm: NDArray[np.float64]  # shape (n, number of buffers), seconds from the beginning
    at_home: NDArray[np.bool_]
    days: float


def score(
    homes: Mapping[str, LifeSigns],
    buffers_min: Sequence[float],
    outages: Sequence[tuple[float, float]] = (),
    *,
    confirmed_only: bool = False,
) -> list[Score]:
    """Score the inactivity line on recorded homes, one score per sensitivity.

    Parameters
    ----------
    homes : mapping of str to LifeSigns
        Times are local naive seconds, as if UTC. Homes of less than 42 days are left out.
    buffers_min : sequence of float
        The sensitivities to try.
    outages : sequence of (float, float)
        Silences of the whole platform; nothing is learned from them or counted in them.
    confirmed_only : bool
        Rule c: a single uncertain life sign does not end a silence.
    """
    tested = [
        result
        for name in sorted(homes)
        if (result := _test(homes[name], buffers_min, outages, confirmed_only=confirmed_only)) is not None
    ]
    random = np.random.default_rng(0)
    waits: list[list[NDArray[np.float64]]] = [[] for _ in buffers_min]
    for home in tested:
        pool = np.flatnonzero(home.at_home)
        count = round(_INJECTIONS_PER_DAY * home.days)
        chosen = random.choice(pool, count, p=home.length[pool] / home.length[pool].sum())
        collapse = random.random(count) * home.length[chosen]
        for number, kept in enumerate(waits):
            wait = home.alarm[chosen, number] - collapse
            kept.append(wait[wait >= 0])
    days = sum(home.days for home in tested)
    scores: list[Score] = []
    for number, buffer in enumerate(buffers_min):
        alarms = sum(int(np.sum(home.length > home.alarm[:, number])) for home in tested)
        hours = np.concatenate(waits[number]) / 3600
        scores.append(
            Score(
                buffer, alarms, 30 * alarms / days, float(np.median(hours)), float(hours.mean()),
                float(np.quantile(hours, 0.95)), len(tested), days,
            )
        )  # fmt: skip
    return scores


def _test(
    signs: LifeSigns,
    buffers_min: Sequence[float],
    outages: Sequence[tuple[float, float]],
    *,
    confirmed_only: bool,
) -> _Tested | None:
    """Return the test silences of one home with the alarm of each, or None if its recording is too short."""
    first_midnight = np.ceil(signs.time[0] / DAY_S) * DAY_S
    test_from = first_midnight + _FIRST_TEST_DAY * DAY_S
    end = signs.time[-1]
    if end - signs.time[0] < _LEAST_DAYS * DAY_S:
        return None
    gaps = silences(signs, certain(signs, confirmed_only=confirmed_only))
    clear = np.isfinite(gaps.ended)
    for began, ended in outages:
        clear &= (gaps.ended <= began) | (gaps.began >= ended)
    test = clear & (gaps.began >= test_from) & (gaps.ended - gaps.began <= LONGEST_S)
    alarm = np.full((len(gaps.began), len(buffers_min)), np.inf)
    for refit in np.arange(test_from, end, _REFIT_DAYS * DAY_S):
        line, _ = learn_line(gaps, _ZONE, outages, refit)
        here = test & (gaps.began >= refit) & (gaps.began < refit + _REFIT_DAYS * DAY_S)
        bins = (gaps.began[here] // STEP_S % 288).astype(np.int64)
        for number, buffer in enumerate(buffers_min):
            table = alarm_steps(line, buffer)
            alarm[here, number] = table[gaps.after_door[here].astype(np.int64), bins] * STEP_S
    days = (end - test_from - sum(max(0.0, min(b, end) - max(a, test_from)) for a, b in outages)) / DAY_S
    return _Tested(
        gaps.began[test], (gaps.ended - gaps.began)[test], alarm[test], ~_outings(signs, gaps)[test], days
    )


def _outings(signs: LifeSigns, gaps: Silences) -> NDArray[np.bool_]:
    """Tell which silences are outings for sure, looking at what came after them: for scoring only."""
    doors = np.append(signs.time[signs.kind == DOOR], np.inf)
    following = doors[np.searchsorted(doors[:-1], gaps.ended, side="left")]
    returned = following <= gaps.ended + DOOR_CONTEXT_S
    return gaps.after_door & returned & (gaps.ended - gaps.began >= _OUTING_S)
