"""Sensors that chatter: life signs so many, so even or so endless that no person makes them, which must not hide a silence."""

import numpy as np
from numpy.typing import NDArray

# Each sign stands for some minutes; this share of the last hours is filled by them. On the 219 recorded sensors that we have, 1,354
# home-days, the most is 0.93 for the first, 0.95 for the second and 0.70 for the third (docs/evaluation.md): window, hold, share.
FILLED = ((6 * 3600.0, 300.0, 0.95), (12 * 3600.0, 600.0, 0.97), (24 * 3600.0, 600.0, 0.8))
# And it goes on: what is calm again is believed soon.
_STILL_S, _STILL_SHARE = 2 * 3600.0, 0.6
# Even: at least eight intervals in the last three hours, over two hours or more, of which this share is the same to 2 % or 2 s
# (recorded: at most half). Slower ones do less harm: such signs do not confirm each other.
EVEN_WITHIN_S, EVEN_SPAN_S = 3 * 3600.0, 2 * 3600.0
EVEN_LEAST, EVEN_SHARE = 8, 0.8
_EVEN_PART, _EVEN_S = 0.02, 2.0
_EVEN_S_FROM, _EVEN_S_TO = 20.0, 600.0
# Many sensors rest for a fixed time after each sign, so before somebody who moves all the time they are as even as a clock. Where hardly any
# interval of the day before was shorter, and some were as long, this rest is what is seen, and only what fills hours counts (our choice).
_REST_LEAST, _SHORTER_SHARE, _REST_SHARE = 20, 0.02, 0.1
# What goes on now shows no rest of its own: it began after the last interval so many times as long.
_PAUSE_TIMES = 5.0
# Nobody opens a door so often in an hour (recorded: 53).
CONTACTS_IN_HOUR = 120
SURROUNDINGS_S = max(window for window, _, _ in FILLED)
"""How far back a sign is evaluated by those before it."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def chatters(time: Floats, *, is_contact: bool = False, hold_s: float | None = None) -> Flags:
    """Return for each life sign of one device whether the device chatters at that moment, shape (n,).

    What it claims: by the signs before it (never those after), the device reports without end (5 minutes for each sign fill 95 % of six
    hours, or 10 minutes 97 % of twelve or 80 % of a day), or as evenly as a clock for two hours although it does not rest for so long after
    each sign, or, a contact, two times a minute for an hour. What it does not claim: that nobody is there. Such signs say nothing about a person, so they are
    left out; what the device says when it is calm again counts. Sensors that see people who sit still (`presence`) are not
    meant: for hours they say the same, and rightly so.

    Parameters
    ----------
    time : ndarray, shape (n,), float64
        Unix seconds, not decreasing. The first signs of a series are evaluated by what there is before them, so a series must begin
        `SURROUNDINGS_S` before the first sign that is asked for.
    is_contact : bool
        Whether it is a door or a drawer.
    hold_s : float or None
        After how long the device reports the next movement while somebody moves, as its profile says: so even it is by its making, and
        only by the other signs it chatters. None where nothing is known.

    Examples
    --------
    >>> every_three_minutes = np.arange(0.0, 4 * 3600.0, 180.0)
    >>> int(np.argmax(chatters(every_three_minutes))) * 180 / 3600
    2.0
    >>> bool(chatters(np.sort(np.random.default_rng(1).uniform(0, 86400.0, 200))).any())
    False
    """
    found = np.zeros(len(time), np.bool_)
    if len(time) <= EVEN_LEAST:
        return found
    for window_s, stands_s, share in FILLED:
        # Fewer signs than that cannot fill it.
        if len(time) * stands_s >= share * window_s:
            recent = _filled(time, _STILL_S, stands_s) >= _STILL_SHARE
            found |= recent & (_filled(time, window_s, stands_s) >= share)
    if is_contact:
        found |= np.arange(1, len(time) + 1) - np.searchsorted(time, time - 3600.0) > CONTACTS_IN_HOUR
    return found | _is_even(time, hold_s)


def spells(time: Floats, flags: Flags) -> list[tuple[float, float, float | None]]:
    """Return the spells of chatter: the first and the last sign that is one, and the first that is none again (None while it lasts)."""
    found: list[tuple[float, float, float | None]] = []
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        found.append(
            (float(time[first]), float(time[end - 1]), float(time[end]) if end < len(time) else None)
        )
    return found


def _filled(time: Floats, window_s: float, hold_s: float) -> Floats:
    """Return which share of the window before each sign is filled, if each sign stands for `hold_s`."""
    total = np.concatenate([[0.0], np.cumsum(np.minimum(np.diff(time), hold_s))])
    begins = time - window_s
    before = np.searchsorted(time, begins, side="right") - 1
    known = np.maximum(before, 0)
    reached = np.where(before >= 0, total[known] + np.minimum(begins - time[known], hold_s), 0.0)
    return (total - reached) / window_s


def _is_even(time: Floats, hold_s: float | None) -> Flags:
    found = np.zeros(len(time), np.bool_)
    interval = np.diff(time)
    steady = np.abs(np.diff(interval)) <= np.maximum(_EVEN_PART * interval[1:], _EVEN_S)
    # Most devices never come near: if 4 of 5 intervals are alike, at least 2 of 5 are like the one before.
    if np.count_nonzero(steady) < 0.4 * EVEN_LEAST:
        return found
    number = np.arange(len(time))
    first = np.searchsorted(time, time - EVEN_WITHIN_S)
    since = np.searchsorted(time, time - SURROUNDINGS_S)
    may = (number - first >= EVEN_LEAST) & (time - time[first] >= EVEN_SPAN_S)
    steps = np.concatenate([[0, 0], np.cumsum(steady)])
    may &= steps[number] - steps[np.minimum(first + 1, number)] >= 0.4 * (number - first)
    for one in np.flatnonzero(may).tolist():
        intervals = interval[first[one] : one]
        middle = float(np.median(intervals))
        alike = np.abs(intervals - middle) <= max(_EVEN_PART * middle, _EVEN_S)
        if hold_s is not None and abs(middle - hold_s) <= max(_EVEN_PART * hold_s, _EVEN_S):
            continue
        is_even = _EVEN_S_FROM <= middle <= _EVEN_S_TO and float(np.mean(alike)) >= EVEN_SHARE
        found[one] = is_even and not _is_rest(interval[since[one] : first[one]], middle)
    return found


def _is_rest(before: Floats, middle: float) -> bool:
    """Return whether a device rests for so long after each sign, by its intervals of the day before; not if there were too few of them."""
    pauses = np.flatnonzero(before > _PAUSE_TIMES * middle)
    before = before[: pauses[-1]] if len(pauses) else before[:0]
    if len(before) < _REST_LEAST:
        return False
    beyond = (before - middle) / max(_EVEN_PART * middle, _EVEN_S)
    return (
        float(np.mean(beyond < -1)) <= _SHORTER_SHARE and float(np.mean(np.abs(beyond) <= 1)) >= _REST_SHARE
    )
