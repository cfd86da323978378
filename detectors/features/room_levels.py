"""Levels of a room's climate on a 5-minute grid, and the spells in which they are beyond a limit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.alert import Severity
from detectors.features.local_time import STEP_S
from detectors.features.window import RoomSeries

# A room's value holds this long after it was measured; then nobody can tell.
HOLD_S = 5400.0
# Levels are medians of this time, so that one wild value never counts.
MEDIAN_STEPS = 7


@dataclass(frozen=True)
class Trigger:
    """What makes a spell worth raising: how urgent, at which steps of the grid it holds, in a word, and in which room at each step."""

    severity: Severity
    holds: NDArray[np.bool_]
    why: str
    room: NDArray[np.int64]


@dataclass(frozen=True)
class LevelSpell:
    """A spell beyond a limit that was raised: steps of the grid (`ended` None while it lasts), and the most urgent trigger."""

    began: int
    raised: int
    ended: int | None
    trigger: Trigger
    triggered: int


def grid(rooms: Sequence[RoomSeries], until: float) -> NDArray[np.float64]:
    """Return the steps from the first value of any room up to `until` (Unix seconds)."""
    first = min((float(room.time[0]) for room in rooms if len(room.time)), default=np.inf)
    if first > until:
        return np.empty(0)
    steps: NDArray[np.float64] = np.arange(
        np.ceil(first / STEP_S), np.floor(until / STEP_S) + 1, dtype=np.float64
    )
    return steps * STEP_S


def level(
    steps: NDArray[np.float64], time: NDArray[np.float64], value: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the 30-minute median of a series at each step; NaN where nobody can tell."""
    last = np.searchsorted(time, steps, side="right") - 1
    known = last >= 0
    held = np.full(len(steps), np.nan)
    held[known] = value[last[known]]
    held[known] = np.where(steps[known] - time[last[known]] <= HOLD_S, held[known], np.nan)
    padded = np.concatenate([np.full(MEDIAN_STEPS - 1, np.nan), held])
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(padded, MEDIAN_STEPS), axis=1)
    # Sorting puts what is unknown last: then the middle is that of the known ones only if all are known.
    return np.where(np.isnan(windows[:, -1]), np.nan, windows[:, MEDIAN_STEPS // 2])


def is_known(time: NDArray[np.float64], value: NDArray[np.float64], until: float) -> bool:
    """Return whether the level of a series is known at the last step up to a moment; the same as `level`, for less."""
    steps: NDArray[np.float64] = until // STEP_S * STEP_S - STEP_S * np.arange(MEDIAN_STEPS, dtype=np.float64)
    last = np.searchsorted(time, steps, side="right") - 1
    return bool(last[-1] >= 0 and np.all(steps - time[last] <= HOLD_S) and np.isfinite(value[last]).all())


def lasting(holds: NDArray[np.bool_], duration_s: float) -> NDArray[np.bool_]:
    """Return at which steps something has held without a break for a time.

    Examples
    --------
    >>> lasting(np.array([True, True, True, False, True]), 600.0).tolist()
    [False, False, True, False, False]
    """
    steps = round(duration_s / STEP_S)
    number = np.arange(len(holds))
    began = np.maximum.accumulate(np.where(holds, -1, number))
    return holds & (number - began > steps)


def spells(
    enters: NDArray[np.bool_], stays: NDArray[np.bool_], triggers: Sequence[Trigger]
) -> Iterator[LevelSpell]:
    """Yield the spells that begin where `enters` holds, last while `stays` does, and have a trigger."""
    if not enters.any():
        return
    step = 0
    while (ahead := np.flatnonzero(enters[step:])).size:
        began = step + int(ahead[0])
        over = np.flatnonzero(~(stays | enters)[began:])
        ended = began + int(over[0]) if over.size else None
        step = len(enters) if ended is None else ended
        firsts = [
            (began + int(hits[0]), one)
            for one in triggers
            if (hits := np.flatnonzero(one.holds[began:step])).size
        ]
        if firsts:
            raised = min(first for first, _ in firsts)
            triggered, worst = min(firsts, key=lambda found: (found[1].severity, found[0]))
            yield LevelSpell(began, raised, ended, worst, triggered)
