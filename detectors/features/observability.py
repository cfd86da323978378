"""Observability: when something would have been received, so that its absence says something."""

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from detectors.features.silence_profile import PARTNER_S, certain
from detectors.features.window import LifeSigns, Window

# Room names that mean a bath or a toilet, in whatever way they are written.
_WASHROOMS = ("bath", "toilet", "washroom", "wc", "shower", "浴室", "風呂", "トイレ", "洗面")


def until_now(signs: LifeSigns, until: float) -> LifeSigns:
    """Return the life signs up to a moment (Unix seconds)."""
    count = int(np.searchsorted(signs.time, until, side="right"))
    return LifeSigns(signs.time[:count], signs.kind[:count], signs.place[:count], signs.places)


def is_washroom(place: str) -> bool:
    """Return whether a place is a bathroom or a toilet.

    Examples
    --------
    >>> [is_washroom(place) for place in ("Bathroom 1", "toilet", "kitchen")]
    [True, True, False]
    """
    return place.lower().startswith(_WASHROOMS)


def at_washroom(signs: LifeSigns) -> NDArray[np.bool_]:
    """Return for each life sign whether it is from a bathroom or a toilet."""
    numbers = [number for number, place in enumerate(signs.places) if is_washroom(place)]
    return np.isin(signs.place, numbers) if numbers else np.zeros(len(signs.time), np.bool_)


def was_observable(window: Window, since: float, tick: float) -> bool:
    """Return whether a home was in contact from `since` to `tick`, as far as it was known at `tick`; planned absences count as out of contact."""
    for one in window.blind:
        ended = np.inf if one.ended_at is None else one.ended_at.timestamp()
        if one.known_at.timestamp() <= tick and ended > since:
            return False
    return not is_paused(window, since, tick)


def is_paused(window: Window, since: float, until: float) -> bool:
    """Return whether a planned absence lies in [since, until]."""
    return any(
        pause.began_at.timestamp() <= until and (pause.ended_at is None or pause.ended_at.timestamp() > since)
        for pause in window.pauses
    )


def pause_after(window: Window, moment: float) -> float:
    """Return when the next planned absence begins; infinity if none is planned."""
    begins = (pause.began_at.timestamp() for pause in window.pauses)
    return min((one for one in begins if one >= moment), default=np.inf)


def is_held(window: Window, tick: float) -> bool:
    """Return whether nothing may be concluded from silence at a moment, because it is not decided whether the whole ward is silent."""
    return window.undecided_from is not None and tick > window.undecided_from.timestamp()


def is_known_away(window: Window, moments: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return at which moments a tracker said that the resident is away, or an absence was planned."""
    away = np.zeros(len(moments), np.bool_)
    for one in window.away:
        ended = np.inf if one.ended_at is None else one.ended_at.timestamp()
        away |= (moments >= one.known_at.timestamp()) & (moments < ended)
    for pause in window.pauses:
        ended = np.inf if pause.ended_at is None else pause.ended_at.timestamp()
        away |= (moments >= pause.began_at.timestamp()) & (moments < ended)
    return away


def after_partner(signs: LifeSigns, sure: NDArray[np.bool_], tick: float) -> float:
    """Return `tick`, or a little later if an uncertain life sign just before it may yet find its partner."""
    weak = signs.time[~sure]
    before = int(np.searchsorted(weak, tick, side="right")) - 1
    if before >= 0 and tick < weak[before] + PARTNER_S:
        return float(weak[before]) + PARTNER_S
    return tick


def confirmed(signs: LifeSigns) -> NDArray[np.bool_]:
    """Return which life signs are beyond doubt, by their kind or by a partner."""
    return certain(signs)


def next_look(until: datetime, wait_s: float) -> datetime:
    """Return when new readings must be looked at, if nothing they start can be raised sooner than `wait_s` after them."""
    return until + timedelta(seconds=wait_s)
