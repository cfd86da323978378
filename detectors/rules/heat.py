"""Heat in the rooms of somebody who is at home, by the wet bulb globe temperature."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rules import HEAT
from detectors.features.daily_rhythm import is_night
from detectors.features.door_presence import may_be_out
from detectors.features.local_time import STEP_S, local_seconds
from detectors.features.observability import is_known_away, next_look, until_now
from detectors.features.room_levels import LevelSpell, Trigger, grid, is_known, lasting, level, spells
from detectors.features.window import RoomSeries, Window, moment
from detectors.rules.base import Evaluation

NAME, VERSION = HEAT.name, HEAT.version
# The classes of the Ministry of the Environment: severe warning and danger.
SEVERE_C, DANGER_C, HYSTERESIS_C = 28.0, 31.0, 0.5
# How long a level must hold, in seconds; by night deaths happen indoors, but rooms cool down late.
SEVERE_DAY_S, SEVERE_NIGHT_S, DANGER_S = 1800.0, 3600.0, 900.0
# A straight line through the last hour that reaches danger within this time; not worth a word below the other.
FORECAST_S, FORECAST_FROM_C = 5400.0, 26.0
_FIT_STEPS = 13
# How soon new values are looked at, near the first class and below it.
_NEAR_C, _LOOK_NEAR_S, _LOOK_FAR_S = 25.0, 600.0, 1800.0


def wbgt(temperature_c: NDArray[np.float64], humidity_pct: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the indoor wet bulb globe temperature, with the wet bulb after Stull and the globe at air temperature.

    Examples
    --------
    >>> wbgt(np.array([28.0, 30.0, 32.0, 35.0]), np.array([60.0, 60.0, 70.0, 60.0])).round(1).tolist()
    [23.9, 25.8, 28.8, 30.4]
    """
    damp = np.clip(humidity_pct, 5.0, 99.0)
    wet = (
        temperature_c * np.arctan(0.151977 * np.sqrt(damp + 8.313659))
        + np.arctan(temperature_c + damp)
        - np.arctan(damp - 1.676331)
        + 0.00391838 * damp**1.5 * np.arctan(0.023101 * damp)
        - 4.686035
    )
    return 0.7 * wet + 0.3 * temperature_c


@dataclass(frozen=True)
class _Grid:
    """The hottest room at each step: when, how hot, which one, and each room's own level."""

    time: NDArray[np.float64]
    wbgt_c: NDArray[np.float64]
    room: NDArray[np.int64]
    rooms: list[RoomSeries]


@dataclass(frozen=True)
class Heat:
    """Severe heat for 30 minutes (60 at night), danger for 15, or danger within 90 minutes by the trend of the last hour.

    It looks at the hottest room with a thermometer that also knows the humidity. Severe heat is worth a word (keep an eye), danger is raised
    (check soon). Nothing is raised while a tracker says that the resident is away or an absence is planned, and short of danger also not
    while they may have gone out by the door. A spell ends half a degree below severe. Where no value is known it cannot tell: a spell
    neither begins nor ends.
    """

    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        rooms = [room for room in window.rooms if len(room.time) and np.isfinite(room.humidity_pct).any()]
        time = grid(rooms, until.timestamp())
        if not len(time):
            return Evaluation((), None, can_tell=False)
        if all(room.temperature_c.max() < _NEAR_C for room in rooms):
            # It is never hotter than the air: in cool rooms only whether somebody can tell is asked.
            known = any(is_known(room.time, room.humidity_pct, until.timestamp()) for room in rooms)
            return Evaluation((), next_look(until, _LOOK_FAR_S), can_tell=known)
        found = _grid(rooms, time)
        hot = found.wbgt_c
        if not np.any(hot >= FORECAST_FROM_C):
            known = bool(np.isfinite(hot[-1]))
            wait = _LOOK_NEAR_S if known and hot[-1] >= _NEAR_C else _LOOK_FAR_S
            return Evaluation((), next_look(until, wait), can_tell=known)
        forecast = _forecast(hot)
        enters = (hot >= SEVERE_C) | forecast
        stays = (hot >= SEVERE_C - HYSTERESIS_C) | np.isnan(hot)
        findings = [
            _finding(window, found, spell)
            for spell in spells(enters, stays, _triggers(window, found, forecast, until))
            if spell.ended is None or found.time[spell.ended] > since.timestamp()
        ]
        return Evaluation(
            tuple(findings), next_look(until, _LOOK_NEAR_S), can_tell=bool(np.isfinite(hot[-1]))
        )


def _grid(rooms: list[RoomSeries], time: NDArray[np.float64]) -> _Grid:
    levels = np.stack([level(time, room.time, wbgt(room.temperature_c, room.humidity_pct)) for room in rooms])
    filled = np.where(np.isnan(levels), -np.inf, levels)
    room = filled.argmax(axis=0)
    hottest = filled.max(axis=0)
    return _Grid(time, np.where(np.isinf(hottest), np.nan, hottest), room, rooms)


def _forecast(hot: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return at which steps the trend of the last hour reaches danger soon."""
    if len(hot) < _FIT_STEPS:
        return np.zeros(len(hot), np.bool_)
    around = np.arange(_FIT_STEPS) - (_FIT_STEPS - 1) / 2
    windows: NDArray[np.float64] = np.lib.stride_tricks.sliding_window_view(hot, _FIT_STEPS)
    slope: NDArray[np.float64] = windows @ np.asarray(around / np.sum(around**2), np.float64)
    ahead = windows.mean(axis=1) + slope * ((_FIT_STEPS - 1) / 2 + FORECAST_S / STEP_S)
    soon: NDArray[np.bool_] = (slope > 0) & (ahead >= DANGER_C) & (hot[_FIT_STEPS - 1 :] >= FORECAST_FROM_C)
    found = np.zeros(len(hot), np.bool_)
    found[_FIT_STEPS - 1 :] = soon
    return found


def _triggers(
    window: Window, found: _Grid, forecast: NDArray[np.bool_], until: datetime
) -> tuple[Trigger, ...]:
    hot = found.wbgt_c
    signs = until_now(window.life_signs, until.timestamp())
    at_home = ~is_known_away(window, found.time) & (found.time >= window.watched_from.timestamp())
    surely = at_home & ~may_be_out(signs, found.time)
    at_night = is_night(local_seconds(window.zone, found.time))
    severe = np.where(
        at_night, lasting(hot >= SEVERE_C, SEVERE_NIGHT_S), lasting(hot >= SEVERE_C, SEVERE_DAY_S)
    )
    return (
        Trigger(Severity.CHECK_SOON, lasting(hot >= DANGER_C, DANGER_S) & at_home, "danger", found.room),
        Trigger(Severity.KEEP_AN_EYE, severe.astype(np.bool_) & surely, "severe", found.room),
        Trigger(Severity.KEEP_AN_EYE, forecast & surely, "forecast", found.room),
    )


def _finding(window: Window, found: _Grid, spell: LevelSpell) -> Finding:
    step = spell.triggered
    room = found.rooms[int(spell.trigger.room[step])]
    last = int(np.searchsorted(room.time, float(found.time[step]), side="right")) - 1
    return Finding(
        rule=NAME,
        subject=Subject.of_resident(window.resident),
        severity=spell.trigger.severity,
        began_at=moment(float(found.time[spell.began])),
        raised_at=moment(float(found.time[spell.raised])),
        cleared_at=None if spell.ended is None else moment(float(found.time[spell.ended])),
        reason=as_json(
            reasons.HeatReason(
                rule_version=VERSION,
                cause=spell.trigger.why,
                place=room.place,
                temperature_c=round(float(room.temperature_c[last]), 1),
                humidity_pct=round(float(room.humidity_pct[last])),
                wbgt_c=round(float(found.wbgt_c[step]), 1),
                lasted_min=round(float(found.time[step] - found.time[spell.began]) / 60),
                ruled_out=(RuledOut.AWAY, RuledOut.SINGLE_VALUE),
                confidence=Confidence.MEDIUM if spell.trigger.why == "forecast" else Confidence.HIGH,
            )
        ),
    )
