"""The parts of a silence in which an alarm may be raised: not while we are blind, and not in a planned absence."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.rules.judgement import Blind, Interval, Window
from detectors.rules.patience import CAP_STEPS, Patience
from detectors.rules.silences import PARTNER_S, Silences
from detectors.rules.wall_clock import STEP_S


@dataclass(frozen=True)
class Listening:
    """A part of a silence in which an alarm may be raised: ages run from `base`, alarms lie before `end`.

    `place` is where the person was seen last; None after a time in which anything may have happened.
    """

    began: float
    base: float
    end: float
    cleared: float
    after_door: bool
    place: str | None


def listenings(gaps: Silences, number: int, window: Window) -> Iterator[Listening]:
    """Cut a silence where we were blind or an absence was planned."""
    began, ended = float(gaps.began[number]), float(gaps.ended[number])
    episode = base = began
    after_door = bool(gaps.after_door[number])
    place: str | None = gaps.places[int(gaps.place[number])]
    pauses = [pause.began_at.timestamp() for pause in window.pauses]
    for stop, resumed, is_pause in breaks(window):
        if resumed <= base or stop >= ended:
            continue
        if stop > base:
            cleared = min((pause for pause in pauses if pause >= base), default=np.inf)
            yield Listening(episode, base, stop, min(cleared, ended), after_door, place)
        if resumed >= ended:
            return
        base, after_door, place = resumed, is_pause, None
        episode = resumed if is_pause else episode
    cleared = min((pause for pause in pauses if pause >= base), default=np.inf)
    yield Listening(episode, base, ended, min(cleared, ended), after_door, place)


def breaks(window: Window) -> list[tuple[float, float, bool]]:
    """Return from when on nothing is raised, when listening starts anew, and whether it is a pause, in order of their beginning."""
    found = unheard(window)
    # Who is known to be away is not heard at home; that they do not come back is another rule's.
    found += [(one.known_at.timestamp(), _end(one), False) for one in window.away]
    return sorted(found, key=lambda one: (one[0], one[1]))


def unheard(window: Window) -> list[tuple[float, float, bool]]:
    """Return the same without the time in which the resident is known to be away: then somebody can tell."""
    found = [(one.known_at.timestamp(), _end(one), False) for one in window.blind]
    found += [(one.began_at.timestamp(), _end(one), True) for one in window.pauses]
    return found


def _end(interval: Interval | Blind) -> float:
    return np.inf if interval.ended_at is None else interval.ended_at.timestamp()


def alarm(part: Listening, limits: Patience, weak: NDArray[np.float64], watched_from: float) -> float | None:
    """Return when a part of a silence raises an alarm, None if it ends before."""
    first = max(0, int((watched_from - part.base) // STEP_S))
    step = first if first >= CAP_STEPS else first + int(np.argmax(limits.passed[first:]))
    tick = part.base + (step + 1) * STEP_S
    # A single life sign just before may yet find its partner.
    before = int(np.searchsorted(weak, tick, side="right")) - 1
    if before >= 0 and tick < weak[before] + PARTNER_S:
        tick = float(weak[before]) + PARTNER_S
    return tick if tick < part.end else None
