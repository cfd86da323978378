"""Cold rooms of somebody who is at home."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rhythm import Rhythm
from core.domain.rules import COLD
from detectors.features.door_presence import may_be_out
from detectors.features.local_time import DAY_S, local_date, local_seconds
from detectors.features.observability import is_known_away, is_washroom, next_look, until_now
from detectors.features.room_levels import LevelSpell, Trigger, grid, is_known, lasting, level, spells
from detectors.features.window import RoomSeries, Window, moment
from detectors.rules.base import Evaluation

NAME, VERSION = COLD.name, COLD.version
# 18 degrees, the guide line of the WHO, would be an alert in most homes in winter; it is only drawn.
COLD_C, BITTER_C, BELOW_BASELINE_C, HYSTERESIS_C = 12.0, 8.0, 6.0, 0.5
COLD_S, BITTER_S, BELOW_BASELINE_S = 7200.0, 3600.0, 3600.0
# Below the usual is nothing to report in a room that is still as warm as the guide line.
GUIDE_C = 18.0
_LOOK_S = 1800.0
_EPOCH = date(1970, 1, 1)
_LIVING = ("living", "lounge", "居間", "リビング", "dining")
# Nobody stays there, and nobody heats there.
_PASSED_THROUGH = ("hall", "entrance", "front", "corridor", "玄関", "廊下", "outside", "balcony", "storage")


@dataclass(frozen=True)
class _Room:
    """A room on the grid: its level, and what is usual at each step (NaN where it is not known)."""

    series: RoomSeries
    level_c: NDArray[np.float64]
    baseline_c: NDArray[np.float64]
    is_living: bool


@dataclass(frozen=True)
class Cold:
    """A living room below 12 degrees for two hours, below 8 for one, or any room 6 below its own usual for one.

    The usual is the median of the last 14 days at the same hour. Below 8 degrees is to be checked soon, the rest is worth a word. Bathrooms,
    halls and the like do not count. Where only one room has a thermometer it stands for the living room. Nothing is raised
    while the resident is away, may have gone out by the door, or an absence is planned. A spell ends half a degree above its limits.

    Parameters
    ----------
    rhythm_on : callable
        What was learned for a local day.
    """

    rhythm_on: Callable[[date], Rhythm]
    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        lived_in = [room for room in window.rooms if _is_lived_in(room)]
        time = grid(lived_in, until.timestamp())
        if not len(time):
            return Evaluation((), None, can_tell=False)
        if not any(self._may_be_cold(window, room, time, len(lived_in) == 1) for room in lived_in):
            # Warm enough throughout: only whether somebody can tell is asked.
            known = any(is_known(room.time, room.temperature_c, until.timestamp()) for room in lived_in)
            return Evaluation((), next_look(until, _LOOK_S), can_tell=known)
        rooms = [self._room(window, room, time, len(lived_in) == 1) for room in lived_in]
        due = next_look(until, _LOOK_S)
        can_tell = any(bool(np.isfinite(room.level_c[-1])) for room in rooms)
        cold: NDArray[np.bool_] = np.stack([_is_cold(room, 0.0) for room in rooms]).any(axis=0)  # pyright: ignore[reportAssignmentType] - of an axis it is an array
        if not cold.any():
            return Evaluation((), due, can_tell=can_tell)
        unknown = np.stack([np.isnan(room.level_c) for room in rooms])
        stays = np.any(np.stack([_is_cold(room, HYSTERESIS_C) for room in rooms]) | unknown, axis=0)
        found = [
            _finding(window, rooms, time, spell)
            for spell in spells(cold, stays, _triggers(window, rooms, time, until))
            if spell.ended is None or time[spell.ended] > since.timestamp()
        ]
        return Evaluation(tuple(found), due, can_tell=can_tell)

    def _may_be_cold(
        self, window: Window, room: RoomSeries, time: NDArray[np.float64], is_only: bool
    ) -> bool:
        """Return whether a room's lowest value is below any of its limits; a level is never lower, and takes long to work out."""
        lowest = float(room.temperature_c.min())
        if lowest >= GUIDE_C:
            return False
        if np.isnan(lowest) or (lowest < COLD_C and _is_living(room, is_only)):
            return True
        first, last = (local_date(window.zone, moment(float(one))).toordinal() for one in time[[0, -1]])
        days = (date.fromordinal(number) for number in range(first, last + 1))
        baseline = (one for day in days for one in self.rhythm_on(day).rooms_c.get(room.place) or ())
        return any(one is not None and lowest < one - BELOW_BASELINE_C for one in baseline)

    def _room(self, window: Window, room: RoomSeries, time: NDArray[np.float64], is_only: bool) -> _Room:
        baseline = np.full(len(time), np.nan)
        local = local_seconds(window.zone, time)
        day, hour = local // DAY_S, (local % DAY_S // 3600).astype(np.int64)
        for number in np.unique(day).tolist():
            hours = self.rhythm_on(_EPOCH + timedelta(days=number)).rooms_c.get(room.place)
            if hours is not None:
                known = np.array([np.nan if one is None else one for one in hours], np.float64)
                baseline[day == number] = known[hour[day == number]]
        return _Room(room, level(time, room.time, room.temperature_c), baseline, _is_living(room, is_only))


def _is_living(room: RoomSeries, is_only: bool) -> bool:
    return is_only or room.place.lower().startswith(_LIVING)


def _is_lived_in(room: RoomSeries) -> bool:
    is_passed_through = is_washroom(room.place) or room.place.lower().startswith(_PASSED_THROUGH)
    return len(room.time) > 0 and not is_passed_through


def _is_cold(room: _Room, spare_c: float) -> NDArray[np.bool_]:
    below = (room.level_c < room.baseline_c - BELOW_BASELINE_C + spare_c) & (room.level_c < GUIDE_C)
    return below | (room.level_c < COLD_C + spare_c) if room.is_living else below


def _triggers(
    window: Window, rooms: list[_Room], time: NDArray[np.float64], until: datetime
) -> list[Trigger]:
    signs = until_now(window.life_signs, until.timestamp())
    at_home = ~is_known_away(window, time) & (time >= window.watched_from.timestamp())
    at_home &= ~may_be_out(signs, time)
    found: list[Trigger] = []
    for number, room in enumerate(rooms):
        which = np.full(len(time), number)
        below = (room.level_c < room.baseline_c - BELOW_BASELINE_C) & (room.level_c < GUIDE_C)
        if room.is_living:
            bitter = lasting(room.level_c < BITTER_C, BITTER_S) & at_home
            found.append(Trigger(Severity.CHECK_SOON, bitter, "bitter", which))
            cold = lasting(room.level_c < COLD_C, COLD_S) & at_home
            found.append(Trigger(Severity.KEEP_AN_EYE, cold, "cold", which))
        own = lasting(below, BELOW_BASELINE_S) & at_home
        found.append(Trigger(Severity.KEEP_AN_EYE, own, "below_usual", which))
    return found


def _finding(window: Window, rooms: list[_Room], time: NDArray[np.float64], spell: LevelSpell) -> Finding:
    step = spell.triggered
    room = rooms[int(spell.trigger.room[step])]
    baseline = float(room.baseline_c[step])
    return Finding(
        rule=NAME,
        subject=Subject.of_resident(window.resident),
        severity=spell.trigger.severity,
        began_at=moment(float(time[spell.began])),
        raised_at=moment(float(time[spell.raised])),
        cleared_at=None if spell.ended is None else moment(float(time[spell.ended])),
        reason=as_json(
            reasons.ColdReason(
                rule_version=VERSION,
                cause=spell.trigger.why,
                place=room.series.place,
                temperature_c=round(float(room.level_c[step]), 1),
                usual=reasons.UsualRoom(
                    temperature_c=None if np.isnan(baseline) else round(baseline, 1),
                ),
                lasted_min=round(float(time[step] - time[spell.began]) / 60),
                ruled_out=(
                    RuledOut.AWAY,
                    RuledOut.SINGLE_VALUE,
                ),
                confidence=Confidence.MEDIUM if spell.trigger.why == "below_usual" else Confidence.HIGH,
            )
        ),
    )
