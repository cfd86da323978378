"""A resident's rhythm: what is learned about mornings, nights, outings, the bathroom, appliances and rooms, in a few numbers.

It is learned once for each local day from the four weeks before, never from blind or planned time, and said in plain words: "usually up
by 6:30". Each number keeps on how many days it rests, so that a rule can say that it does not know yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from core.domain.device import DeviceKind
from core.domain.rhythm import Appliance, Habit, Rhythm, Spans, Stillness
from detectors.features.local_time import DAY_S, local_seconds
from detectors.features.observability import at_washroom, confirmed
from detectors.features.silence_profile import CERTAIN_KINDS, DOOR
from detectors.features.stillness import stretches
from detectors.features.window import LIFE_KINDS, LifeSigns, Occupancy, Power, RoomSeries

LEARNED_DAYS = 28
# Fewer days than this make no habit (our choice).
LEAST_DAYS = 14
# The day begins at four: who moves before is up at night, who moves after has got up.
DAY_BEGINS_MIN = 240.0
DAY_BEGINS_S = 60 * DAY_BEGINS_MIN
NIGHT_BEGINS_S, NIGHT_S = 22 * 3600.0, 8 * 3600.0
# Who is up is seen again after the one and before the other (our choice).
UP_AFTER_S, UP_WITHIN_S = 900.0, 4500.0
# Signs of one visit are at most this far apart.
VISIT_S = 600.0
# An outing, as scoring defines it: the door before, the door after, and half an hour between.
OUTING_DOOR_S, SHORTEST_OUTING_S = 120.0, 1800.0
LATE_S = 23 * 3600.0
# The door at night: between these hours, and for so long nothing inside.
EXIT_BEGINS_S, EXIT_S, EXIT_QUIET_S = 23 * 3600.0, 6 * 3600.0, 600.0
# A night teaches only if the home was in contact within this time before it and after it: who is away, or not yet watched, does not sleep well.
OBSERVED_WITHIN_S = DAY_S / 2
# How many nights before its own a day knows.
NIGHTS_BACK = 4
BED = LIFE_KINDS.index(DeviceKind.BED)


@dataclass(frozen=True)
class TrainingData:
    """What a rhythm is learned from: what was measured in the weeks before `until` (Unix seconds), and which time teaches nothing."""

    signs: LifeSigns
    power: Sequence[Power]
    rooms: Sequence[RoomSeries]
    excluded: Sequence[tuple[float, float]]
    until: float
    occupancies: Sequence[Occupancy] = ()


def learn(training: TrainingData, zone: ZoneInfo) -> Rhythm:
    """Learn a rhythm; `past.until` lies at most a few hours before the midnight at which the day begins that it is for."""
    today = round(float(local_seconds(zone, np.array([training.until]))[0]) / DAY_S)
    calendar = _Calendar(zone, today, training.excluded)
    signs = _recent(training.signs, training.until)
    sure = signs.time[confirmed(signs)]
    local = local_seconds(zone, sure)
    risen_on, first, _ = _edges(local[rises(sure) | is_by_hand(signs.kind[confirmed(signs)])])
    days, _, last = _edges(local)
    up = calendar.observed(risen_on, np.full(len(risen_on), DAY_BEGINS_S), first * 60)
    down = calendar.observed(days, last * 60, np.full(len(days), DAY_S))
    nights = _nights(signs, calendar)
    lengths, stay_days = _stays(signs, calendar)
    outings, nights_out = _outings(signs, calendar)
    return Rhythm(
        days=int(up.sum()),
        up=_habit_of(first[up]),
        down=_habit_of(last[down]),
        night_visits=sum(nights.known),
        nights=len(nights.known),
        night_spread=round(float(np.std(nights.known, ddof=1)), 2) if len(nights.known) > 1 else 0.0,
        last_nights=nights.last,
        outings=outings,
        nights_out=nights_out,
        stays=lengths,
        stay_days=stay_days,
        still_times={
            one.part: _stillness(one, signs, calendar, training.until) for one in training.occupancies
        },
        appliances={str(one.device): _appliance(one, calendar) for one in training.power},
        rooms_c={one.place: _hours(one, calendar) for one in training.rooms},
        has_door=bool(np.any(signs.kind == DOOR)),
        night_exits=_night_exits(signs, calendar),
    )


class _Calendar:
    """The local days that teach: numbers since 1970, and which of their time is masked."""

    def __init__(self, zone: ZoneInfo, today: int, excluded: Sequence[tuple[float, float]]) -> None:
        self.zone = zone
        self.today = today
        self._excluded = excluded
        ends = [local_seconds(zone, np.array(span)) for span in excluded]
        self._local = [(float(began), float(ended)) for began, ended in ends]

    @property
    def first(self) -> int:
        """The first day that teaches."""
        return self.today - LEARNED_DAYS

    def is_observed(self, day: int, since_s: float, until_s: float) -> bool:
        """Return whether a part of a day (seconds after its midnight) teaches."""
        if not self.first <= day < self.today:
            return False
        began, ended = day * DAY_S + since_s, day * DAY_S + until_s
        return not any(one < ended and other > began for one, other in self._local)

    def observed(
        self, days: NDArray[np.int64], since_s: NDArray[np.float64], until_s: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Return for a part of each of some days whether it teaches."""
        asked = zip(days.tolist(), since_s.tolist(), until_s.tolist(), strict=True)
        return np.array([self.is_observed(*one) for one in asked], np.bool_)

    def free(self, began: NDArray[np.float64], ended: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return for each of some spans (Unix seconds) whether it is free of time that is excluded from training."""
        found = np.ones(len(began), np.bool_)
        for one, other in self._excluded:
            found &= (one >= ended) | (other <= began)
        return found


def _recent(signs: LifeSigns, until: float) -> LifeSigns:
    # A day more than teaches: a night begins on the day before.
    since = until - (LEARNED_DAYS + 1) * DAY_S
    first, last = np.searchsorted(signs.time, [since, until], side="right")
    return LifeSigns(signs.time[first:last], signs.kind[first:last], signs.place[first:last], signs.places)


def rises(sure: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which confirmed life signs begin a time of being up: there is another a quarter to five quarters of an hour later.

    A visit to the toilet at five, with nothing after it, is still night.
    """
    if not len(sure):
        return np.zeros(0, np.bool_)
    following = np.searchsorted(sure, sure + UP_AFTER_S, side="right")
    later = sure[np.minimum(following, len(sure) - 1)]
    return (following < len(sure)) & (later <= sure + UP_WITHIN_S)


def is_by_hand(kind: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return by their kinds which life signs come from something that is used by hand, which nobody does in bed: a door, the fridge."""
    return np.isin(kind, CERTAIN_KINDS) & (kind != BED)


def _edges(local: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the days, and the minutes of the first and the last life sign after four on each."""
    day = (local // DAY_S).astype(np.int64)
    minute = local % DAY_S / 60
    awake = minute * 60 >= DAY_BEGINS_S
    days, first = np.unique(day[awake], return_index=True)
    ends = np.append(first[1:], int(awake.sum())) - 1 if len(days) else first
    return days, minute[awake][first], minute[awake][ends]


def _habit_of(minutes: NDArray[np.float64]) -> Habit | None:
    if len(minutes) < LEAST_DAYS:
        return None
    middle = float(np.median(minutes))
    spread = float(np.median(np.abs(minutes - middle)))
    return Habit(round(middle, 1), round(spread, 1), len(minutes), round(float(np.sort(minutes)[-2]), 1))


def _spans_of(lengths_s: NDArray[np.float64], quantile: float) -> Spans | None:
    if not len(lengths_s):
        return None
    high, longest = np.quantile(lengths_s, quantile) / 60, lengths_s.max() / 60
    return Spans(len(lengths_s), round(float(high), 1), round(float(longest), 1))


def visit_begins(signs: LifeSigns) -> NDArray[np.float64]:
    """Return when visits to the bathroom begin; where no bathroom has a sensor, when the bed is left or taken."""
    chosen = at_washroom(signs)
    if not chosen.any():
        chosen = signs.kind == BED
    time = signs.time[chosen]
    return time[np.append(True, np.diff(time) > VISIT_S)[: len(time)]] if len(time) else time


class _Nights(NamedTuple):
    """The visits of the nights that are known, and of the last ones; a night has the date on which it ends."""

    known: list[int]
    last: tuple[int | None, ...]


def _nights(signs: LifeSigns, calendar: _Calendar) -> _Nights:
    local = local_seconds(calendar.zone, visit_begins(signs)) + DAY_S - NIGHT_BEGINS_S
    if not len(local):
        return _Nights([], ())
    at_night = local[local % DAY_S < NIGHT_S] // DAY_S
    observed_at = local_seconds(calendar.zone, signs.time)
    counts: dict[int, int | None] = {}
    for day in range(calendar.first + 1, calendar.today):
        began = NIGHT_BEGINS_S - DAY_S
        ended = began + NIGHT_S
        is_observed = calendar.is_observed(day, began, ended) and _is_between(
            observed_at, day * DAY_S + began, day * DAY_S + ended
        )
        counts[day] = int(np.sum(at_night == day)) if is_observed else None
    last = tuple(counts.get(calendar.today - back) for back in range(NIGHTS_BACK, 0, -1))
    return _Nights([one for one in counts.values() if one is not None], last)


def _is_between(observed_at: NDArray[np.float64], began: float, ended: float) -> bool:
    """Return whether there was a life sign not long before a night and not long after it."""
    edges = np.searchsorted(observed_at, [began - OBSERVED_WITHIN_S, began, ended, ended + OBSERVED_WITHIN_S])
    return bool(edges[1] > edges[0] and edges[3] > edges[2])


def _outings(signs: LifeSigns, calendar: _Calendar) -> tuple[dict[str, Spans], int]:
    doors = signs.time[signs.kind == DOOR]
    if len(doors) < 2:
        return {}, 0
    began, ended = signs.time[:-1], signs.time[1:]
    left = np.searchsorted(doors, began, side="right") - 1
    back = np.searchsorted(doors, ended, side="left")
    is_out = (left >= 0) & (back < len(doors)) & (ended - began >= SHORTEST_OUTING_S)
    is_out &= began - doors[np.maximum(left, 0)] <= OUTING_DOOR_S
    is_out &= doors[np.minimum(back, len(doors) - 1)] - ended <= OUTING_DOOR_S
    is_out &= ended - began <= DAY_S
    is_out &= calendar.free(began, ended)
    began, ended = began[is_out], ended[is_out]
    local_began = local_seconds(calendar.zone, began)
    local_ended = local_seconds(calendar.zone, ended)
    late = local_began // DAY_S * DAY_S + LATE_S
    weekend = (local_began // DAY_S + 3) % 7 >= 5
    found = {
        "weekday": _spans_of((ended - began)[~weekend], 0.95),
        "weekend": _spans_of((ended - began)[weekend], 0.95),
    }
    return {name: one for name, one in found.items() if one is not None}, int(np.sum(local_ended > late))


def _night_exits(signs: LifeSigns, calendar: _Calendar) -> Spans | None:
    """Return in how many nights the door was used and nothing was seen for a while, and how long; the longest of several is left out."""
    number, ended = quiet_doors(signs)
    began = signs.time[number]
    local = local_seconds(calendar.zone, began)
    chosen = is_exit_hour(local) & np.isfinite(ended) & calendar.free(began, ended)
    # A night has the date on which it ends.
    nights = (local[chosen] + DAY_S - EXIT_BEGINS_S) // DAY_S
    if not len(nights):
        return None
    lengths = np.sort(ended[chosen] - began[chosen]) / 60
    longest = float(lengths[-2] if len(lengths) > 2 else lengths[-1])
    high = float(np.quantile(lengths, 0.95))
    return Spans(len(np.unique(nights)), round(high, 1), round(longest, 1))


def quiet_doors(signs: LifeSigns) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the numbers of uses of the door with nothing for ten minutes after them, and when the next life sign came (or infinity)."""
    ends = np.append(signs.time[1:], np.inf)[: len(signs.time)]
    number = np.flatnonzero((signs.kind == DOOR) & (ends - signs.time > EXIT_QUIET_S))
    return number.astype(np.int64), ends[number]


def is_exit_hour(local: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether moments on the wall clock lie between 23:00 and 5:00."""
    return (local + DAY_S - EXIT_BEGINS_S) % DAY_S < EXIT_S


def stays(signs: LifeSigns) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return when stays in the bathroom begin and when the next life sign elsewhere ends them (infinity for one that lasts)."""
    inside = at_washroom(signs)
    if not inside.any():
        return np.empty(0), np.empty(0)
    enters = inside & ~np.append(False, inside[:-1])
    begins = signs.time[enters]
    outside = np.append(signs.time[~inside], np.inf)
    return begins, outside[np.searchsorted(outside, begins, side="right")]


def _stays(signs: LifeSigns, calendar: _Calendar) -> tuple[dict[str, Spans], int]:
    """Return how long visits to the bathroom last by day and at night, and on how many days there was one."""
    begins, ends = stays(signs)
    usable = ends - begins <= DAY_S
    usable &= calendar.free(begins, ends)
    begins, lengths = begins[usable], (ends - begins)[usable]
    local = local_seconds(calendar.zone, begins)
    at_night = is_night(local)
    found = {
        "day": _spans_of(lengths[~at_night], 0.99),
        "night": _spans_of(lengths[at_night], 0.99),
    }
    return {name: one for name, one in found.items() if one is not None}, len(np.unique(local // DAY_S))


def is_night(local: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether moments on the wall clock lie between 22:00 and 6:00."""
    return (local + DAY_S - NIGHT_BEGINS_S) % DAY_S < NIGHT_S


def _stillness(one: Occupancy, signs: LifeSigns, calendar: _Calendar, until: float) -> Stillness:
    begins, ends = stretches(one, signs)
    day = local_seconds(calendar.zone, begins) // DAY_S
    usable = (day >= calendar.first) & (ends <= until) & calendar.free(begins, ends)
    lengths, days = (ends - begins)[usable], np.unique(day[usable])
    longest_s = float(lengths.max()) if len(lengths) else 0.0
    return Stillness(len(days), len(lengths), round(longest_s / 60, 1))


def _appliance(one: Power, calendar: _Calendar) -> Appliance:
    began, ended = one.runs()
    usable = np.isfinite(ended) & calendar.free(began, ended)
    local = local_seconds(calendar.zone, began)
    days, first, _ = _edges(local)
    known = calendar.observed(days, np.full(len(days), DAY_BEGINS_S), first * 60)
    return Appliance(_habit_of(first[known]), int(known.sum()), _spans_of((ended - began)[usable], 0.99))


def _hours(one: RoomSeries, calendar: _Calendar) -> tuple[float | None, ...]:
    local = local_seconds(calendar.zone, one.time)
    recent = (local >= (calendar.today - 14) * DAY_S) & (local < calendar.today * DAY_S)
    recent &= calendar.free(one.time, one.time)
    hour = (local[recent] % DAY_S // 3600).astype(np.int64)
    value = one.temperature_c[recent]
    return tuple(
        round(float(np.median(value[hour == number])), 1) if np.any(hour == number) else None
        for number in range(24)
    )
