"""Whether a resident is at home, as far as the entrance door and the sensors inside prove it.

What follows the door decides: a sure life sign inside means somebody came in or never left; quiet means that somebody may be out. How far
that quiet proves an outing is learned in each home by the hour: an outing that was one ends at the door. Where it does not as a rule,
because the sensor misses the return or because the door is the last thing before bed, nobody can tell. Everything is decided from what
came before, by the same code live and over recordings. What it proves, and how that was measured: docs/evaluation.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from core.domain.evidence.presence import Presence, PresenceReason, PresenceState
from detectors.features.local_time import local_seconds
from detectors.features.silence_profile import (
    DOOR,
    DOOR_CONTEXT_S,
    LONGEST_S,
    Silences,
    begins_at_door,
    certain,
)
from detectors.features.window import Blind, LifeSigns, moment

# After the door this much quiet may be an outing.
OUT_AFTER_S = 1800.0
# The ward is in contact again at any moment.
_LOOK_AGAIN_S = 60.0
# Who goes out was up and about before; a door in a home that had been quiet for so long is somebody who comes, as often as not.
QUIET_BEFORE_S = 900.0
# Openings and closings this near are one passage, and an outing that was one ends with the door this soon after the first movement.
PASSAGE_S = 120.0
# In the last hour before the door somebody was here, there and here again within so many seconds, so often: more than one person.
TOGETHER_S, TOGETHER_TIMES, TOGETHER_WITHIN_S = 20.0, 3, 3600.0
# The least share of such quiet that ended at the door, at this hour in this home.
LEAST_RETURNS = 2 / 3
# Before a home has taught: as on recorded homes by day and by night, counted as so many known ones; those within two hours count most.
RETURNS_BY_DAY, RETURNS_AT_NIGHT, BELIEVED_AS, NEAR_HOURS = 0.8, 0.5, 4.0, 2
DAY_HOURS = (7, 20)
_HOURS = 24
_HOUR_S = 3600.0


@dataclass(frozen=True)
class DoorReturns:
    """How often the quiet after the door ended at the door, by the hour of the wall clock at which it began; both of 24 counts."""

    quiets: tuple[int, ...] = (0,) * _HOURS
    by_door: tuple[int, ...] = (0,) * _HOURS

    def share(self, hour: int) -> float:
        """Return which share of such quiet ends at the door if it begins in an hour, as far as is known.

        Examples
        --------
        >>> never_back = DoorReturns((0,) * 22 + (6, 0), (0,) * 24)
        >>> [round(one.share(hour), 2) for one in (DoorReturns(), never_back) for hour in (10, 22)]
        [0.8, 0.5, 0.8, 0.08]
        """
        is_day = DAY_HOURS[0] <= hour < DAY_HOURS[1]
        alike = [one for one in range(_HOURS) if (DAY_HOURS[0] <= one < DAY_HOURS[1]) == is_day]
        near = [(hour + step) % _HOURS for step in range(-NEAR_HOURS, NEAR_HOURS + 1)]
        usual = self._share(alike, RETURNS_BY_DAY if is_day else RETURNS_AT_NIGHT)
        return self._share(near, usual)

    def _share(self, hours: Sequence[int], otherwise: float) -> float:
        count = sum(self.quiets[one] for one in hours)
        found = sum(self.by_door[one] for one in hours)
        return (found + BELIEVED_AS * otherwise) / (count + BELIEVED_AS)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"quiets": list(self.quiets), "by_door": list(self.by_door)}

    @staticmethod
    def from_json(body: dict[str, Any]) -> "DoorReturns":
        """Return what `to_json` was made from."""
        return DoorReturns(tuple(body["quiets"]), tuple(body["by_door"]))


@dataclass(frozen=True)
class DoorWatch:
    """What is known of the entrance doors of a home.

    Attributes
    ----------
    has_sensor : bool
        Whether there is a sensor at one.
    silent : sequence of Blind
        When one of them was out of contact, or not to be trusted.
    residents : int
        How many people are watched in the home.
    devices : frozenset of int
        The sensors.
    """

    has_sensor: bool
    silent: Sequence[Blind] = ()
    residents: int = 1
    devices: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Sight:
    """What presence is decided from beside the life signs: the doors, when the home was blind, and when a tracker was away.

    `undecided_from` is when the ward was last in contact (Unix seconds), if it is not decided yet whether it has been silent since: the
    silence after it does not count. It is a moment ago as a rule; a real silence of the ward is in `blind`. None if every silence counts.
    """

    doors: DoorWatch
    blind: Sequence[Blind] = ()
    away: Sequence[Blind] = ()
    undecided_from: float | None = None
    returns: DoorReturns = field(default_factory=DoorReturns)
    distrusted: frozenset[str] = frozenset()


def learn_returns(
    gaps: Silences, signs: LifeSigns, zone: ZoneInfo, excluded: Sequence[tuple[float, float]], until: float
) -> DoorReturns:
    """Count how the quiet after the door ended, of silences that ended by `until` and lasted no longer than a day.

    Times are Unix seconds; silences that overlap `excluded` time teach nothing.
    """
    length = gaps.ended - gaps.began
    which = gaps.after_door & (gaps.ended <= until) & (length >= OUT_AFTER_S) & (length <= LONGEST_S)
    for start, stop in excluded:
        which &= (gaps.ended <= start) | (gaps.began >= stop)
    began, ended = gaps.began[which], gaps.ended[which]
    if not len(began):
        return DoorReturns()
    hour = (local_seconds(zone, began) // _HOUR_S % _HOURS).astype(np.int64)
    by_door = ends_at_door(signs, ended)
    return DoorReturns(
        tuple(np.bincount(hour, minlength=_HOURS).tolist()),
        tuple(np.bincount(hour[by_door], minlength=_HOURS).tolist()),
    )


def ends_at_door(signs: LifeSigns, ended: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for the ends of silences whether the door was used then, or soon after: somebody came in by it."""
    doors = np.append(signs.time[signs.kind == DOOR], np.inf)
    following = doors[np.searchsorted(doors, ended, side="left")]
    return np.isfinite(following) & (following <= ended + PASSAGE_S)


def may_be_out(signs: LifeSigns, moments: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return at which moments somebody may be out: for half an hour nothing was received, and the last thing was the entrance door."""
    last = np.searchsorted(signs.time, moments, side="right") - 1
    if not len(signs.time):
        return np.zeros(len(moments), np.bool_)
    last_sign = np.where(last >= 0, signs.time[np.maximum(last, 0)], np.inf)
    return (last >= 0) & begins_at_door(signs, last_sign) & (moments - last_sign >= OUT_AFTER_S)


def door_presence(signs: LifeSigns, zone: ZoneInfo, at: float, sight: Sight) -> Presence:
    """Return whether a resident is at home at a moment (Unix seconds); later life signs are not looked at.

    Examples
    --------
    >>> from core.domain.device import DeviceKind
    >>> from detectors.features.window import life_signs
    >>> rows = [(0.0, DeviceKind.MOTION, "hall"), (60.0, DeviceKind.MOTION, "hall"), (90.0, DeviceKind.DOOR, "front_door")]
    >>> noon = 12 * 3600.0
    >>> signs = life_signs([(noon + time, kind, place) for time, kind, place in rows])
    >>> sight = Sight(DoorWatch(has_sensor=True))
    >>> [door_presence(signs, ZoneInfo("UTC"), noon + later, sight).state.value for later in (80.0, 100.0, 1890.0)]
    ['in', 'cannot_tell', 'out']
    """
    away = next((one for one in sight.away if _holds(one, at)), None)
    if away is not None:
        return Presence(PresenceState.OUT, PresenceReason.TRACKER_AWAY, away.began_at)
    seen = _until(signs, at)
    sure = certain(seen)
    hidden = _hidden(seen.time[sure], at, sight)
    if hidden is not None:
        return Presence(PresenceState.CANNOT_TELL, hidden)
    last = float(seen.time[sure][-1])
    doors = seen.time[seen.kind == DOOR]
    door = float(doors[-1]) if len(doors) else None
    if at - last >= LONGEST_S:
        door_at = None if door is None else moment(door)
        return Presence(PresenceState.CANNOT_TELL, PresenceReason.LONG, door_at=door_at)
    if door is None or last - door > DOOR_CONTEXT_S:
        inside = seen.time[sure & (seen.time > (-np.inf if door is None else door + DOOR_CONTEXT_S))]
        since = None if door is None else moment(float(inside[0]))
        return Presence(
            PresenceState.IN, PresenceReason.SEEN_INSIDE, since, None if door is None else moment(door)
        )
    doubt = _doubt(seen, sure, zone, at, sight)
    if doubt is not None:
        return Presence(PresenceState.CANNOT_TELL, doubt, moment(door), moment(door))
    return Presence(PresenceState.OUT, PresenceReason.NOTHING_INSIDE, moment(door), moment(door))


def changes_at(found: Presence, signs: LifeSigns, at: float) -> float | None:
    """Return when what was found at a moment can change by itself (Unix seconds), None if only a life sign or an outage changes it."""
    if found.reason is PresenceReason.JUST_USED:
        out_from = _last_sure(signs, at) + OUT_AFTER_S
        # Later only the ward's next contact is waited for.
        return out_from if at < out_from else at + _LOOK_AGAIN_S
    if found.reason in {PresenceReason.NOTHING_INSIDE, PresenceReason.SEEN_INSIDE}:
        return _last_sure(signs, at) + LONGEST_S
    return None


def _last_sure(signs: LifeSigns, at: float) -> float:
    seen = _until(signs, at)
    return float(seen.time[certain(seen)][-1])


def _until(signs: LifeSigns, at: float) -> LifeSigns:
    count = int(np.searchsorted(signs.time, at, side="right"))
    return LifeSigns(signs.time[:count], signs.kind[:count], signs.place[:count], signs.places)


def _hidden(sure: NDArray[np.float64], at: float, sight: Sight) -> PresenceReason | None:
    """Return why nothing can be said at all, None if something can."""
    if sight.doors.residents > 1:
        return PresenceReason.SEVERAL_RESIDENTS
    if not sight.doors.has_sensor:
        return PresenceReason.NO_DOOR_SENSOR
    if not len(sure):
        return PresenceReason.NO_SIGN
    last = float(sure[-1])
    if _overlaps(sight.blind, last, at):
        return PresenceReason.HOME_SILENT
    return PresenceReason.DOOR_SILENT if _overlaps(sight.doors.silent, last, at) else None


def _doubt(
    seen: LifeSigns, sure: NDArray[np.bool_], zone: ZoneInfo, at: float, sight: Sight
) -> PresenceReason | None:
    """Return why the quiet after the door proves no outing, None if it does."""
    last = float(seen.time[sure][-1])
    single = seen.place[(seen.time > last) & ~sure]
    if any(seen.places[int(place)] not in sight.distrusted for place in single):
        return PresenceReason.ONE_SIGN
    counted_until = at if sight.undecided_from is None else min(at, sight.undecided_from)
    if counted_until - last < OUT_AFTER_S:
        return PresenceReason.JUST_USED
    passage = _passage_began(seen, last)
    before = seen.time[seen.time < passage]
    if not len(before) or passage - float(before[-1]) > QUIET_BEFORE_S:
        return PresenceReason.QUIET_BEFORE
    if _together(seen, passage) >= TOGETHER_TIMES:
        return PresenceReason.SEVERAL_MOVED
    hour = int(local_seconds(zone, np.array([last]))[0] // _HOUR_S % _HOURS)
    return PresenceReason.RETURNS_UNSEEN if sight.returns.share(hour) < LEAST_RETURNS else None


def _passage_began(seen: LifeSigns, last: float) -> float:
    """Return when the passage through the door that ends with the last sign began: with the first of its uses of the door."""
    doors = seen.time[(seen.kind == DOOR) & (seen.time <= last)].tolist()
    began = doors[-1]
    for later, earlier in pairwise(reversed(doors)):
        if later - earlier > PASSAGE_S:
            break
        began = earlier
    return began


def _together(seen: LifeSigns, until: float) -> int:
    """Return how often somebody was here, there and here again too soon for one person, in the hour before a moment."""
    which = (seen.kind != DOOR) & (seen.time > until - TOGETHER_WITHIN_S) & (seen.time <= until)
    time, place = seen.time[which], seen.place[which]
    here = (place[2:] == place[:-2]) & (place[2:] != place[1:-1])
    return int(np.sum(here & (time[2:] - time[:-2] <= TOGETHER_S)))


def _overlaps(blind: Sequence[Blind], since: float, at: float) -> bool:
    return any(
        one.known_at.timestamp() <= at and (one.ended_at is None or one.ended_at.timestamp() > since)
        for one in blind
    )


def _holds(one: Blind, at: float) -> bool:
    return one.known_at.timestamp() <= at and (one.ended_at is None or at < one.ended_at.timestamp())
