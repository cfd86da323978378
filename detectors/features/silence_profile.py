"""The silences between the life signs of a home, and the lines that say how long they usually last at each time of day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from core.domain.device import DeviceKind
from detectors.features.local_time import BINS, DAY_S, STEP_S, local_seconds
from detectors.features.window import LIFE_KINDS, LifeSigns

DOOR = LIFE_KINDS.index(DeviceKind.DOOR)
# Kinds whose single life sign is beyond doubt; a single motion may be a draught, a pet or the heating.
CERTAIN_KINDS = np.array(
    [
        LIFE_KINDS.index(kind)
        for kind in (DeviceKind.DOOR, DeviceKind.FRIDGE, DeviceKind.BED, DeviceKind.PLUG, DeviceKind.BUTTON)
    ],
    np.int8,
)
_IS_CERTAIN = np.isin(np.arange(len(LIFE_KINDS)), CERTAIN_KINDS)
# A silence that begins with the entrance door, or this soon after it (a sensor in the hall is a little late), may be an outing.
# Whoever is seen in a room later than that has come home. Measured: docs/evaluation.md.
DOOR_CONTEXT_S = 15.0
# Two life signs this close confirm each other.
PARTNER_S = 600.0
LONGEST_S = DAY_S
SMOOTHING_BINS = 6.0
LINE_QUANTILE = 0.95
# A sensor with more single signs a day than this, and so many times more of them to one sure sign than the rest of the home, is not
# trusted with them: it may be the curtain. On recorded homes one sensor gives 0 to 4. Measured: docs/evaluation.md.
MOST_SINGLE_A_DAY = 5.0
MOST_SINGLE_ODDS = 3.0
# The line lies between that quantile of the days and their maximum; this share is the quantile's.
QUANTILE_SHARE = 0.6
# Outings are of one kind if they begin within two hours of each other by the clock (our choice; one or one and a half are no better,
# docs/evaluation.md).
OUTING_BINS = 24
LINE_DAYS = 90


@dataclass(frozen=True)
class Silences:
    """Silences in order; each begins with a life sign that counts and ends with the next one.

    Attributes
    ----------
    began : ndarray, shape (n,), float64
        Unix seconds of the life sign at the beginning.
    ended : ndarray, shape (n,), float64
        Unix seconds of the next one, infinity for the last.
    after_door : ndarray, shape (n,), bool
        Whether it begins with the entrance door, or within 15 seconds of it.
    place : ndarray, shape (n,), int16
        Where the life sign at the beginning was, as an index into `places`.
    places : tuple of str
        The rooms and things that occur.
    """

    began: NDArray[np.float64]
    ended: NDArray[np.float64]
    after_door: NDArray[np.bool_]
    place: NDArray[np.int16]
    places: tuple[str, ...]


@dataclass(frozen=True)
class ThresholdCurve:
    """The longest usual silence, in minutes, at each 5-minute bin of the wall clock; every array has shape (288,).

    `at_home` is about all silences that did not begin with the entrance door, and `rooms` about these by the place of the last life sign
    before them: how long they had lasted by then. `outings` is about silences that began with the door within two hours of that time, on any day:
    how long the longest of them lasted in all.
    """

    at_home: NDArray[np.float64]
    outings: NDArray[np.float64]
    rooms: Mapping[str, NDArray[np.float64]] = field(default_factory=dict[str, NDArray[np.float64]])


def certain(signs: LifeSigns) -> NDArray[np.bool_]:
    """Return which life signs end a silence: those that are certain by kind or have a partner within ten minutes."""
    close = np.diff(signs.time) <= PARTNER_S
    sure = _IS_CERTAIN[signs.kind]
    sure[1:] |= close
    sure[:-1] |= close
    return sure


def distrusted(signs: LifeSigns, sure: NDArray[np.bool_], until: float) -> frozenset[str]:
    """Return the places whose single life signs say little, since there were too many of them in the days before `until`.

    Where few sensors notice little, single signs are usual everywhere, and none of the places is distrusted.
    """
    if not len(signs.time):
        return frozenset()
    single, paired, days = _by_place(signs, sure, until)
    odds = (single + 1) / (paired + 1)
    elsewhere = (single.sum() - single + 1) / (paired.sum() - paired + 1)
    too_many = (single > MOST_SINGLE_A_DAY * days) & (odds > MOST_SINGLE_ODDS * elsewhere)
    return frozenset(signs.places[place] for place in np.flatnonzero(too_many).tolist())


def single_share(
    signs: LifeSigns, sure: NDArray[np.bool_], until: float, leaving_out: frozenset[str]
) -> float:
    """Return which share of the life signs in the days before `until` were single ones, but for some places."""
    if not len(signs.time):
        return 0.0
    single, paired, _ = _by_place(signs, sure, until)
    kept = np.array([place not in leaving_out for place in signs.places], np.bool_)
    every = float((single + paired)[kept].sum())
    return float(single[kept].sum()) / every if every else 0.0


def _by_place(
    signs: LifeSigns, sure: NDArray[np.bool_], until: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], float]:
    """Return how many single and how many other life signs each place had, and in how many days."""
    since = max(float(signs.time[0]), until - LINE_DAYS * DAY_S)
    recent = (signs.time > since) & (signs.time <= until)
    single, paired = (
        np.bincount(signs.place[recent & one], minlength=len(signs.places)).astype(np.int64)
        for one in (~sure, sure)
    )
    return single, paired, max(1.0, (until - since) / DAY_S)


def trusted(signs: LifeSigns, places: frozenset[str]) -> NDArray[np.bool_]:
    """Return for each life sign whether it is elsewhere than at these places."""
    return ~np.isin(signs.place, [number for number, place in enumerate(signs.places) if place in places])


def silences(signs: LifeSigns, counts: NDArray[np.bool_]) -> Silences:
    """Return the silences between the life signs that count."""
    began = signs.time[counts]
    ended = np.append(began[1:], np.inf) if len(began) else began
    return Silences(began, ended, begins_at_door(signs, began), signs.place[counts], signs.places)


def begins_at_door(signs: LifeSigns, moments: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which moments are the entrance door's, or so soon after it that whoever gave a sign then may be on the way out."""
    doors = signs.time[signs.kind == DOOR]
    if not len(doors):
        return np.zeros(len(moments), np.bool_)
    latest = np.searchsorted(doors, moments, side="right") - 1
    since_door = np.where(latest >= 0, moments - doors[np.maximum(latest, 0)], np.inf)
    return since_door <= DOOR_CONTEXT_S


def learn_line(
    gaps: Silences, zone: ZoneInfo, excluded: Sequence[tuple[float, float]], until: float
) -> tuple[ThresholdCurve, int]:
    """Learn the lines from the silences that ended by `until`, and say from how many days.

    For each local day and bin the largest age that a silence reached inside the bin is taken; a line is 0.6 times the 95th
    percentile and 0.4 times the maximum over the days, smoothed round the clock (sigma 30 min). What begins with the door is taken by when it
    begins: its longest says how long such an outing may be. The days are whole local days, at
    most the last 90. Silences longer than a day, and those that overlap masked time, teach nothing, and a day that is masked
    for more than half of it is left out.

    Parameters
    ----------
    gaps : Silences
        In order of time.
    zone : ZoneInfo
        The home's.
    excluded : sequence of (float, float)
        Unix seconds: blind time, pauses, and silences that turned out to be real.
    until : float
        Unix seconds; the end of what may be learned from, at most a few hours before a local midnight.
    """
    return line_of(taught(gaps, zone, excluded, until))


def line_of(known: "TaughtSilences") -> tuple[ThresholdCurve, int]:
    """Return the lines of silences that teach, and from how many days they are."""
    if not len(known.days):
        return ThresholdCurve(np.zeros(BINS), np.zeros(BINS)), 0
    outings = _outings(known)
    lines = _line(known.longest)
    rooms = {known.places[number]: lines[1 + index] for index, number in enumerate(known.lived_in)}
    return ThresholdCurve(lines[0], outings, rooms), len(known.days)


@dataclass(frozen=True)
class TaughtSilences:
    """The silences that teach, in order of time, and the days they teach about.

    Attributes
    ----------
    days : ndarray, shape (days,), float64
        Whole local days since 1970.
    began, ended : ndarray, shape (n,), float64
        Unix seconds.
    local : ndarray, shape (n,), float64
        When each began, in seconds on the wall clock.
    after_door, place : ndarray, shape (n,)
        As in `Silences`.
    places : tuple of str
        The rooms and things that occur.
    lived_in : tuple of int
        The places before silences at home.
    longest : ndarray, shape (1 + lived_in, days, 288), float64
        The largest age in minutes that a silence at home reached on each day in each bin: of all, then by the place before it.
    """

    days: NDArray[np.float64]
    began: NDArray[np.float64]
    ended: NDArray[np.float64]
    local: NDArray[np.float64]
    after_door: NDArray[np.bool_]
    place: NDArray[np.int16]
    places: tuple[str, ...]
    lived_in: tuple[int, ...]
    longest: NDArray[np.float64]


def taught(
    gaps: Silences, zone: ZoneInfo, excluded: Sequence[tuple[float, float]], until: float
) -> TaughtSilences:
    """Return which silences teach by `until`; the arguments are those of `learn_line`."""
    length = gaps.ended - gaps.began
    usable = (gaps.ended <= until) & (length <= LONGEST_S)
    for began, ended in excluded:
        usable &= (gaps.ended <= began) | (gaps.began >= ended)
    began, ended, after_door = gaps.began[usable], gaps.ended[usable], gaps.after_door[usable]
    days = _days(zone, began[0], until, excluded) if len(began) else np.zeros(0)
    place = gaps.place[usable]
    at_home = ~after_door
    lived_in = tuple(number for number in range(len(gaps.places)) if np.any(place[at_home] == number))
    longest = np.zeros((1 + len(lived_in), len(days), BINS))
    if len(days):
        by_place = _longest(zone, days, began[at_home], ended[at_home], place[at_home], len(gaps.places))
        # All places together, and each place that was the last before any silence at home.
        longest = np.stack([by_place.max(axis=0), *by_place[list(lived_in)]])
    local = local_seconds(zone, began)
    return TaughtSilences(days, began, ended, local, after_door, place, gaps.places, lived_in, longest)


def _outings(known: TaughtSilences) -> NDArray[np.float64]:
    """Return how long the longest silence lasted, in minutes, that began with the door within two hours of each bin, shape (288,)."""
    kept = known.after_door & np.isin(known.local // DAY_S, known.days)
    longest = np.zeros(BINS)
    lasted_min = (known.ended[kept] - known.began[kept]) / 60
    np.maximum.at(longest, (known.local[kept] // STEP_S % BINS).astype(np.int64), lasted_min)
    near = range(-OUTING_BINS, OUTING_BINS + 1)
    return np.max([np.roll(longest, shift) for shift in near], axis=0)


def _longest(
    zone: ZoneInfo,
    days: NDArray[np.float64],
    began: NDArray[np.float64],
    ended: NDArray[np.float64],
    row: NDArray[np.int16],
    rows: int,
) -> NDArray[np.float64]:
    """Return the largest age in minutes that a silence of each row reached on each day in each bin, shape (rows, days, 288)."""
    # Every zone's offset is a whole number of bins, so bins may be walked in UTC and named by the wall clock.
    first, last = np.floor(began / STEP_S), np.floor(ended / STEP_S)
    steps = (last - first).astype(np.int64) + 1
    which = np.repeat(np.arange(len(steps)), steps)
    step = np.arange(len(which)) - np.repeat(np.cumsum(steps) - steps, steps)
    bin_began = ((first[which] + step) * STEP_S).astype(np.float64)
    age_min = (np.minimum(bin_began + STEP_S, ended[which]) - began[which]) / 60
    local = local_seconds(zone, bin_began)
    day = np.searchsorted(days, local // DAY_S)
    kept = np.isin(local // DAY_S, days)
    longest = np.zeros((rows, len(days), BINS))
    where = (row[which], day, (local // STEP_S % BINS).astype(np.int64))
    np.maximum.at(longest, tuple(index[kept] for index in where), age_min[kept])
    return longest


def _line(longest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lines of several sets of days, from shape (sets, days, 288) to (sets, 288)."""
    often = np.quantile(longest, LINE_QUANTILE, axis=1)
    return _smoothed(QUANTILE_SHARE * often + (1 - QUANTILE_SHARE) * longest.max(axis=1))


def lines_without_each_day(longest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lines as each of the days would find them if it taught nothing itself, from shape (sets, days, 288) to the same; two days at least."""
    ordered = np.sort(longest, axis=1)
    last = longest.shape[1] - 1

    def without(rank: int) -> NDArray[np.float64]:
        # What is at this rank among the other days.
        here, above = ordered[:, rank : rank + 1], ordered[:, rank + 1 : rank + 2]
        return np.where(longest <= here, above, here)

    position = LINE_QUANTILE * (last - 1)
    rank = int(position)
    often = without(rank) + (position - rank) * (without(min(rank + 1, last - 1)) - without(rank))
    return _smoothed(QUANTILE_SHARE * often + (1 - QUANTILE_SHARE) * without(last - 1))


def _days(
    zone: ZoneInfo, began: float, until: float, excluded: Sequence[tuple[float, float]]
) -> NDArray[np.float64]:
    """Return the whole local days, as days since 1970, between the first silence and `until` that may teach."""
    ends = local_seconds(zone, np.array([began, until]))
    first, last = int(ends[0] // DAY_S) + 1, round(float(ends[1]) / DAY_S)
    days = np.arange(max(first, last - LINE_DAYS), last, dtype=np.float64)
    hidden: NDArray[np.float64] = np.zeros(len(days))
    for start, stop in excluded:
        local = local_seconds(zone, np.array([start, stop]))
        hidden += np.clip(local[1] - days * DAY_S, 0, DAY_S) - np.clip(local[0] - days * DAY_S, 0, DAY_S)
    return days[hidden <= DAY_S / 2]


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.fft.irfft(np.fft.rfft(values, axis=-1) * _KERNEL, BINS, axis=-1)


def _kernel() -> NDArray[np.complex128]:
    distance = np.minimum(np.arange(BINS), BINS - np.arange(BINS))
    weight = np.exp(-0.5 * (distance / SMOOTHING_BINS) ** 2)
    return np.fft.rfft(weight / weight.sum())


_KERNEL = _kernel()
