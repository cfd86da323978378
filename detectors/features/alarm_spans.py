"""The parts of a silence in which an alarm may be raised, and when it is due: not while we are blind, and not in a planned absence."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from detectors.features.local_time import STEP_S
from detectors.features.silence_profile import PARTNER_S, Silences
from detectors.features.silence_threshold import CAP_STEPS, SilenceThreshold
from detectors.features.window import Blind, Interval, Window


@dataclass(frozen=True)
class AlarmSpan:
    """A part of a silence in which an alarm may be raised: ages run from `base`, alarms lie before `end`.

    `place` is where the person was seen last; None after a time in which anything may have happened. It is `after_safe` if people said
    at `began` that all is well, and nobody acted since.
    """

    began: float
    base: float
    end: float
    cleared: float
    after_door: bool
    place: str | None
    after_safe: bool = False


def alarm_spans(gaps: Silences, number: int, window: Window) -> Iterator[AlarmSpan]:
    """Cut a silence where we were blind, an absence was planned, or people said that all is well: that does not end the watch."""
    began, ended = float(gaps.began[number]), float(gaps.ended[number])
    episode = base = began
    after_door = bool(gaps.after_door[number])
    place: str | None = gaps.places[int(gaps.place[number])]
    said_safe = _said_safe(window, began, ended)
    after_safe = False
    cuts = sorted(
        [*((*one, False) for one in breaks(window)), *((one, one, False, True) for one in said_safe)]
    )
    for stop, resumed, is_pause, is_safe in cuts:
        if stop >= ended or (resumed <= base and not is_safe):
            continue
        if stop > base:
            cleared = _cleared(window, said_safe, base, ended)
            yield AlarmSpan(episode, base, stop, cleared, after_door, place, after_safe)
        if resumed >= ended:
            return
        if is_safe:
            # A silence of its own from then on, or from the end of a time in which nothing could be concluded; the rest is as it was.
            episode, base, after_safe = stop, max(base, stop), True
            continue
        base, after_door, place = resumed, is_pause, None
        if is_pause:
            episode, after_safe = resumed, False
    cleared = _cleared(window, said_safe, base, ended)
    yield AlarmSpan(episode, base, ended, cleared, after_door, place, after_safe)


def _cleared(window: Window, said_safe: Sequence[float], base: float, ended: float) -> float:
    """Return when an alarm that is counted from `base` is over: with a life sign, a pause, or when people say that all is well."""
    pauses = (pause.began_at.timestamp() for pause in window.pauses)
    ends = [*(one for one in pauses if one >= base), *(one for one in said_safe if one > base)]
    return min([ended, *ends])


def _said_safe(window: Window, began: float, ended: float) -> list[float]:
    """Return when people said of this very silence that all is well; what was closed after its end says nothing of the next one."""
    return [
        one.said_at.timestamp()
        for one in window.said_safe
        if began <= one.began_at.timestamp() and one.said_at.timestamp() < ended
    ]


def breaks(window: Window) -> list[tuple[float, float, bool]]:
    """Return from when on nothing is raised, when listening starts anew, and whether it is a pause, in order of their beginning."""
    found = unobserved(window)
    # Who is known to be away gives no sign at home; that they do not come back is another rule's.
    found += [(one.known_at.timestamp(), _end(one), False) for one in window.away]
    return sorted(found, key=lambda one: (one[0], one[1]))


def unobserved(window: Window) -> list[tuple[float, float, bool]]:
    """Return the same without the time in which the resident is known to be away: then somebody can tell."""
    found = [(one.known_at.timestamp(), _end(one), False) for one in window.blind]
    found += [(one.began_at.timestamp(), _end(one), True) for one in window.pauses]
    return found


def _end(interval: Interval | Blind) -> float:
    return np.inf if interval.ended_at is None else interval.ended_at.timestamp()


class LimitsOf(Protocol):
    """Says how long what is counted from `base` may last."""

    def __call__(
        self, base: float, place: str | None, *, after_door: bool, sure_only: bool
    ) -> SilenceThreshold:
        """Return the limits; `sure_only` is for the count since the last sure life sign."""
        ...


@dataclass(frozen=True)
class Due:
    """When an alarm is due (Unix seconds), from when on was counted, and how long that may last."""

    tick: float
    base: float
    limits: SilenceThreshold


def due(
    part: AlarmSpan,
    uncertain: Sequence[tuple[float, str]],
    limits_of: LimitsOf,
    is_trusted: Callable[[float, str], bool],
    watched_from: float,
) -> Due | None:
    """Return when a part of a silence raises an alarm, None if it ends before.

    An uncertain life sign begins a new count, but it never brings an alarm forward, and all of them together put it off no longer than
    the count since the last sure life sign allows: a curtain in front of a sensor must not hide somebody on the floor.

    Parameters
    ----------
    part : Listening
        From the last sure life sign to the next.
    uncertain : sequence of (float, str)
        Uncertain life signs in it, Unix seconds and place, in order of time; each is alone for ten minutes on both sides.
    limits_of : LimitsOf
        What was learned.
    is_trusted : callable
        Whether an uncertain life sign may put anything off.
    watched_from : float
        Nothing is raised before this.
    """

    def counted(base: float, place: str | None, *, after_door: bool = False, sure_only: bool = False) -> Due:
        limits = limits_of(base, place, after_door=after_door, sure_only=sure_only)
        return Due(_tick(base, limits, watched_from), base, limits)

    count = alarm = counted(part.base, part.place, after_door=part.after_door)
    bound: Due | None = None
    for time, place in uncertain:
        if alarm.tick < time:
            break
        if bound is None:
            since_sure = counted(part.base, part.place, after_door=part.after_door, sure_only=True)
            bound = max(count, since_sure, key=_tick_of)
        if is_trusted(time, place):
            count = max(count, counted(time, place), key=_tick_of)
        alarm = min(count, bound, key=_tick_of)
        # It may yet find its partner.
        alarm = replace(alarm, tick=max(alarm.tick, time + PARTNER_S))
    return alarm if alarm.tick < part.end else None


def _tick(base: float, limits: SilenceThreshold, watched_from: float) -> float:
    first = max(0, int((watched_from - base) // STEP_S))
    step = first if first >= CAP_STEPS else first + int(np.argmax(limits.passed[first:]))
    return base + (step + 1) * STEP_S


def _tick_of(one: Due) -> float:
    return one.tick
