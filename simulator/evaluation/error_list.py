"""Where it goes wrong: every false alarm of one margin, one by one, and the silences in which collapses are noticed last."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from detectors.features.silence_profile import DOOR_CONTEXT_S
from simulator.evaluation.live_rule import LiveDetector, alarms_of, certainty
from simulator.evaluation.protocol import (
    DAY_S,
    DOOR_S,
    Collapses,
    EvaluatedHome,
    Flags,
    Floats,
    doors_of,
    until_next,
)

NIGHT_H = (20.0, 6.0)
# Longer silences without a door at either end may be lost data as well as life.
LONG_S = 10 * 3600.0
SOON_S = 3600.0
# Collapses that are noticed later than this share of all are the slow ones.
_SLOW_QUANTILE = 0.95
_HOUR_S = 3600.0


@dataclass(frozen=True)
class FalseAlarm:
    """One false alarm; times as the wall clock showed them, hours from the last life sign, and from the alarm, to the next one."""

    home: str
    silent_from: str
    place: str
    rang: str
    silent_h: float
    went_on_h: float
    why: str


@dataclass(frozen=True)
class SlowSilence:
    """A silence in which collapses are noticed late: how many of those put in, and the hours of the slowest."""

    home: str
    silent_from: str
    place: str
    collapses: int
    longest_h: float
    why: str


@dataclass(frozen=True)
class ErrorList:
    """What one margin gets wrong in a set of homes: at which rate of false alarms it was taken, and from how many hours on a collapse counts as slow."""

    rate: float
    margin_min: float
    slow_from_h: float
    false_alarms: tuple[FalseAlarm, ...]
    slow: tuple[SlowSilence, ...]

    def false_by_class(self) -> Mapping[str, tuple[int, int]]:
        """Return of each class how many there are, and how many of them ended within an hour by themselves; the most frequent first."""
        found: dict[str, tuple[int, int]] = {}
        for one in self.false_alarms:
            count, soon = found.get(one.why, (0, 0))
            found[one.why] = (count + 1, soon + (one.went_on_h * _HOUR_S <= SOON_S))
        return dict(sorted(found.items(), key=lambda item: (-item[1][0], item[0])))

    def slow_by_class(self) -> Mapping[str, tuple[int, int, float]]:
        """Return of each class how many slow collapses there are, in how many silences, and the hours of the slowest."""
        found: dict[str, tuple[int, int, float]] = {}
        for one in self.slow:
            count, silences, longest_h = found.get(one.why, (0, 0, 0.0))
            found[one.why] = (count + one.collapses, silences + 1, max(longest_h, one.longest_h))
        return dict(sorted(found.items(), key=lambda item: (-item[1][0], item[0])))


def errors_of(
    detector: LiveDetector,
    homes: Sequence[EvaluatedHome],
    injected: Sequence[Collapses],
    margins: Mapping[float, float],
) -> tuple[ErrorList, ...]:
    """List what a detector gets wrong as it runs live, without noise.

    Parameters
    ----------
    detector : LiveDetector
        The rule.
    homes, injected
        The homes, and the collapses put into each.
    margins : mapping
        By rate of false alarms in 30 days, the margin that gives it.
    """
    false: dict[float, list[FalseAlarm]] = {rate: [] for rate in margins}
    fallen: dict[float, list[_Fallen]] = {rate: [] for rate in margins}
    for home, one in zip(homes, injected, strict=True):
        learned, sure = detector.learn_live(home), certainty(home)
        fell = home.began[one.silence] + one.after_min * 60
        for rate, margin in margins.items():
            found = alarms_of(home, sure, learned, margin)
            is_false = sure.is_test & ~found.is_up & (found.alarm < home.ended)
            false[rate] += _false_alarms(home, found.alarm, is_false)
            alarm = found.alarm[one.silence]
            hours = np.where(~found.is_up[one.silence] & (alarm >= fell), (alarm - fell) / _HOUR_S, np.nan)
            fallen[rate].append(_Fallen(home, one, hours))
    return tuple(_list(rate, margin, false[rate], fallen[rate]) for rate, margin in margins.items())


@dataclass(frozen=True)
class _Fallen:
    """The collapses in a home, and the hours to each alarm; not a number where it was up already."""

    home: EvaluatedHome
    injected: Collapses
    hours: Floats


def _list(
    rate: float, margin_min: float, false: Sequence[FalseAlarm], fallen: Sequence[_Fallen]
) -> ErrorList:
    every = np.concatenate([one.hours for one in fallen])
    slow_from_h = float(np.nanquantile(every, _SLOW_QUANTILE))
    slow = [silence for one in fallen for silence in _slow(one, slow_from_h)]
    return ErrorList(rate, margin_min, slow_from_h, tuple(false), tuple(slow))


def _slow(fallen: _Fallen, from_h: float) -> Iterator[SlowSilence]:
    home, injected = fallen.home, fallen.injected
    late = fallen.hours >= from_h
    for number in np.unique(injected.silence[late]).tolist():
        here = late & (injected.silence == number)
        fell = float(np.median(home.began[number] + 60 * injected.after_min[here]))
        longest_h = round(float(fallen.hours[here].max()), 2)
        yield SlowSilence(
            home.name,
            _shown(float(home.began[number])),
            _place(home, number),
            int(here.sum()),
            longest_h,
            _why_slow(home, number, fell),
        )


def _why_slow(home: EvaluatedHome, number: int, fell: float) -> str:
    if home.at.after_door_s[number] <= DOOR_CONTEXT_S:
        return "last seen at the door"
    if not _is_night(fell):
        return "fell by day"
    began_at_night = _is_night(float(home.began[number]))
    return "fell at night, last seen at night" if began_at_night else "fell at night, last seen by day"


def _false_alarms(home: EvaluatedHome, alarm: Floats, is_false: Flags) -> Iterator[FalseAlarm]:
    ends_at_door = until_next(home.signs.time[doors_of(home.signs)], home.ended) <= DOOR_S
    for number in np.flatnonzero(is_false).tolist():
        began, rang, ended = float(home.began[number]), float(alarm[number]), float(home.ended[number])
        yield FalseAlarm(
            home.name,
            _shown(began),
            _place(home, number),
            _shown(rang),
            round((ended - began) / _HOUR_S, 2),
            round((ended - rang) / _HOUR_S, 2),
            _why_false(home, number, rang, ends_at_door=bool(ends_at_door[number])),
        )


def _why_false(home: EvaluatedHome, number: int, rang: float, *, ends_at_door: bool) -> str:
    """Return the class of a false alarm; the first that fits."""
    began, ended = float(home.began[number]), float(home.ended[number])
    if home.at.after_door_s[number] <= DOOR_CONTEXT_S:
        return "door at both ends" if ends_at_door else "after the door, seen inside next"
    if ends_at_door:
        return "seen inside, then the door"
    if ended - began > LONG_S and _is_night(ended):
        return "over 10 h without a door, ends at night"
    if _is_night(began):
        return (
            "begins at night, over within an hour" if ended - rang <= SOON_S else "begins at night, goes on"
        )
    return "begins by day, over within an hour" if ended - rang <= SOON_S else "begins by day, goes on"


def _is_night(moment: float) -> bool:
    hour = moment % DAY_S / _HOUR_S
    return hour >= NIGHT_H[0] or hour < NIGHT_H[1]


def _place(home: EvaluatedHome, number: int) -> str:
    return home.signs.places[int(home.at.place[number])]


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M")
