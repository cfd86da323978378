"""How a margin raises the line of usual silences, and the other way round: which margin a silence would have needed."""

import numpy as np
from numpy.typing import NDArray

from detectors.features.local_time import BINS, STEP_S

# How much of the margin a usual silence of so many minutes gets. Short silences are regular, and full nights end with the morning;
# those of four to five hours (an evening out of sight, a morning in bed) vary the most.
MARGIN_AT_MIN = (120.0, 240.0, 300.0, 420.0)
MARGIN_SHARE = (0.5, 1.0, 1.0, 0.5)
# This share of the margin is patience with a silence that was within the line until now: it may go on for so long although the line
# has dropped, as when somebody sleeps in. The rest raises the line.
CARRIED_SHARE = 0.5
# The usual is the line of all silences at home, moved by this share towards the line of the room seen last: whoever gives a sign in the
# kitchen late at night has not gone to bed yet.
ROOM_SHARE = 0.3
# Between midnight and six, who was seen last in bed or in the bedroom is asleep: a night without any movement means nothing, and whoever is
# woken by an alarm about it learns to switch it off. So half a margin more is given (our choice, by what it costs: docs/evaluation.md).
NIGHT_BINS, NIGHT_SHARE = (0, 6 * 12), 0.5
# Names of beds and bedrooms, in whatever way they are written.
_BEDROOMS = ("bed", "寝室", "ベッド")
_STEP_MIN = STEP_S / 60
# No margin that is asked about lets a silence go on for longer than so many bins.
_CARRIED_BINS = 72

Floats = NDArray[np.float64]


def usual_min(at_home: Floats, room: Floats | None) -> Floats:
    """Return the line of usual silences after a life sign in a room; None if it is not known which."""
    return at_home if room is None else (1 - ROOM_SHARE) * at_home + ROOM_SHARE * room


def is_bedroom(place: str) -> bool:
    """Return whether a place is a bed or a bedroom.

    Examples
    --------
    >>> [is_bedroom(place) for place in ("Bedroom 2", "bed", "寝室", "kitchen")]
    [True, True, True, False]
    """
    return place.lower().startswith(_BEDROOMS)


def allowed_min(line_min: Floats, margin_min: float, place: str | None) -> Floats:
    """Return the age in minutes that a silence after a life sign at a place may have at each bin of the clock: above the line, or carried on from before."""
    margin = margin_min * _share(line_min)
    raised = line_min + (1 - CARRIED_SHARE) * margin
    carried_min = CARRIED_SHARE * margin
    later_min = np.arange(0, carried_min.max() + 1, _STEP_MIN)[:, None]
    before = (np.arange(BINS) - (later_min / _STEP_MIN).astype(np.int64)) % BINS
    allowed = np.where(carried_min[before] >= later_min, raised[before] + later_min, 0.0).max(axis=0)
    if place is not None and is_bedroom(place):
        allowed[slice(*NIGHT_BINS)] += NIGHT_SHARE * margin_min
    return allowed


def needed_min(line_min: Floats, bins: NDArray[np.int64], place: str | None) -> Floats:
    """Return the margin that lets a silence go on until each of its steps; all arrays of shape (n,).

    Parameters
    ----------
    line_min : ndarray
        The line at each 5-minute step of the silence, beginning with its first moment.
    bins : ndarray, int64
        The bin of the clock at each step.
    place : str or None
        Where the person was seen last.
    """
    steps = np.arange(len(line_min))
    back = np.arange(min(_CARRIED_BINS, len(steps)))
    source = steps[:, None] - back
    share = _share(line_min)
    more = np.zeros(len(steps))
    if place is not None and is_bedroom(place):
        more[(bins >= NIGHT_BINS[0]) & (bins < NIGHT_BINS[1])] = NIGHT_SHARE
    from_step = np.maximum(source, 0)
    above = (_STEP_MIN * from_step - line_min[from_step]) / (
        (1 - CARRIED_SHARE) * share[from_step] + more[:, None]
    )
    carried = _STEP_MIN * back / (CARRIED_SHARE * share[from_step])
    return np.where(source >= 0, np.maximum(above, carried), np.inf).min(axis=1)


def _share(line_min: Floats) -> Floats:
    return np.interp(line_min, MARGIN_AT_MIN, MARGIN_SHARE)
