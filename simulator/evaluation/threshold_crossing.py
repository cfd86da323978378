"""When a silence passes what is allowed at each time of day, for all beginnings at once."""

import numpy as np

from simulator.evaluation.protocol import BINS, CAP_MIN, STEP_S, Floats

_STEP_MIN = STEP_S / 60


def first_passing_min(allowed_min: Floats) -> Floats:
    """Return after how many minutes a silence is longer than is allowed at that time of day; shapes (..., 288) by bin of the clock.

    k bins after that of its beginning a silence has the age 5k minutes; after a day it is too long in any case.

    Examples
    --------
    >>> late = np.where(np.arange(288) < 144, 30.0, 600.0)  # 30 minutes in the morning, 10 hours after noon
    >>> first_passing_min(late)[[0, 140, 150]].tolist()
    [35.0, 605.0, 605.0]
    """
    flat = np.minimum(allowed_min, CAP_MIN).reshape(-1, BINS)
    bins = np.arange(2 * BINS)
    # The silence is too long in bin j if it began in bin j - (allowed // 5) - 1 or before, so the earliest such j for each beginning
    # is the smallest one among all that reach it or a later beginning.
    latest = bins - (np.concatenate([flat, flat], axis=1) // _STEP_MIN).astype(np.int64) - 1
    rows = np.broadcast_to(np.arange(len(flat))[:, None], latest.shape)
    reached = latest >= 0
    earliest = np.full(latest.shape, 4 * BINS)
    np.minimum.at(earliest, (rows[reached], latest[reached]), np.broadcast_to(bins, latest.shape)[reached])
    earliest = np.minimum.accumulate(earliest[:, ::-1], axis=1)[:, ::-1]
    waits = (earliest[:, :BINS] - np.arange(BINS)) * _STEP_MIN
    return np.minimum(waits, CAP_MIN).reshape(allowed_min.shape)


def first_passing_both_min(allowed_min: Floats, least_min: Floats) -> Floats:
    """Return the same for silences that are too long only if they are also longer than a least that depends on when they begin, shape (288,).

    Examples
    --------
    >>> first_passing_both_min(np.full(288, 30.0), np.full(288, 90.0))[[0, 140]].tolist()
    [95.0, 95.0]
    """
    steps = np.arange(1, BINS + 1)
    clock = (np.arange(BINS)[:, None] + steps) % BINS
    passes = steps * _STEP_MIN > np.maximum(np.minimum(allowed_min, CAP_MIN)[clock], least_min[:, None])
    passes[:, -1] = True
    return (np.argmax(passes, axis=1) + 1.0) * _STEP_MIN
