"""Sensors that get stuck, in recorded homes and in those of the simulator, and how well that is raised.

Recorded homes have events only, so chatter and muteness are put into them; what contacts, beds and thermometers do is put into simulated
homes. Each home gets one fault at a time, a few days long, at a moment that a seed chooses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.device import DeviceKind
from detectors.features.stuck_patterns import METRICS, ReportedMetric, Sensor
from detectors.features.window import LIFE_KINDS, moment
from detectors.rules.device_stuck import evaluate_sensors
from simulator.evaluation.homes import EvaluatedRecording
from simulator.evaluation.protocol import DAY_S, Floats
from simulator.incidents.incident import Incident, IncidentKind
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import SimHome, parse_ward
from simulator.world import HomeWorld

_UTC = ZoneInfo("UTC")
_FIRST = datetime.fromisoformat("2026-04-06T00:00:00+09:00")
_PAST_DAYS, _LASTS_DAYS = 14, 4
# Raised within so many hours; what is mute needs longer than what chatters, and a door may stay shut for days.
IN_TIME_H = {"even": 24.0, "uneven": 24.0, "mute": 72.0, "stays": 24.0, "frozen": 24.0}
_EVEN_S, _UNEVEN_S = 180.0, 120.0
# A sensor is missed only where somebody is at home: the others report life in so many quarters of an hour a day.
_QUARTER_S, _LIVED_QUARTERS = 900.0, 20


@dataclass(frozen=True)
class StuckScore:
    """How faults of sensors were raised, and what was raised without one.

    Attributes
    ----------
    found : float
        The share raised in time.
    median_h : float
        Hours from the fault to the alert.
    false_30d : float
        Alerts about devices that nothing was done to, in 30 device-days.
    """

    faults: int
    found: float
    median_h: float
    false_30d: float
    device_days: float


def score_recorded(recordings: Sequence[EvaluatedRecording], seed: int = 0) -> dict[str, StuckScore]:
    """Put each kind of fault into one motion sensor of each recorded home; `none` counts what is raised without any."""
    found: dict[str, StuckScore] = {}
    homes = [_sensors(one) for one in recordings]
    for kind in ("none", "even", "uneven", "mute"):
        random = np.random.default_rng(seed)
        trials = [_struck(sensors, kind, random) for sensors in homes]
        found[kind] = _score(kind, [one for one in trials if one is not None])
    return found


def score_simulated(homes: int = 12, seed: int = 1) -> dict[str, StuckScore]:
    """Let contacts, beds and thermometers of simulated homes get stuck."""
    ward = parse_ward(make_ward(WardOrder(homes, seed, _FIRST)))
    found: dict[str, StuckScore] = {}
    for kind, kinds in (("none", ()), ("stays", _STAYS), ("frozen", (DeviceKind.CLIMATE,))):
        random = np.random.default_rng(seed)
        found[kind] = _score(kind, [_simulated(home, kinds, random, seed) for home in ward.homes])
    return found


_STAYS = (DeviceKind.FRIDGE, DeviceKind.DOOR)


@dataclass(frozen=True)
class _Trial:
    """The sensors of a home, which of them was struck (None: none) and when (Unix seconds)."""

    sensors: Sequence[Sensor]
    struck: int | None
    began: float
    span: tuple[datetime, datetime]


def _score(kind: str, trials: Sequence[_Trial]) -> StuckScore:
    waits, faults, false, days = list[float](), 0, 0, 0.0
    for one in trials:
        since, until = one.span
        evaluated = evaluate_sensors(one.sensors, _UTC, one.span, watched_from=since, raised_from=since)
        days += len(one.sensors) * (until - since).total_seconds() / DAY_S
        of_struck = [
            finding.raised_at.timestamp() - one.began
            for finding in evaluated.findings
            if finding.subject.number == one.struck and finding.raised_at.timestamp() >= one.began
        ]
        false += len(evaluated.findings) - len(of_struck)
        if one.struck is not None:
            faults += 1
            waits += [min(of_struck) / 3600] if of_struck and min(of_struck) <= 3600 * IN_TIME_H[kind] else []
    share = len(waits) / faults if faults else 1.0
    return StuckScore(faults, share, float(np.median(waits)) if waits else 0.0, 30 * false / days, days)


def _sensors(recording: EvaluatedRecording) -> list[Sensor]:
    signs = recording.signs
    found: list[Sensor] = []
    for number, place in enumerate(signs.places):
        here = signs.place == number
        kind = LIFE_KINDS[int(signs.kind[here][0])]
        metric = "motion" if kind is DeviceKind.MOTION else "contact_used"
        time = np.unique(signs.time[here])
        found.append(Sensor(number, kind, place, (ReportedMetric(metric, time, np.ones(len(time))),)))
    return found


def _struck(sensors: Sequence[Sensor], kind: str, random: np.random.Generator) -> _Trial | None:
    every = np.sort(np.concatenate([one.reported[0].time for one in sensors]))
    begin, end = float(every[0]), float(every[-1])
    span = (moment(begin), moment(end))
    if kind == "none":
        return _Trial(sensors, None, begin, span)
    # Only a sensor that speaks each day can be missed.
    busy = [one for one in sensors if one.kind is DeviceKind.MOTION and _speaks(one)]
    if end - begin < (_PAST_DAYS + _LASTS_DAYS) * DAY_S or not busy:
        return None
    chosen = busy[int(random.integers(len(busy)))]
    began = float(random.uniform(begin + _PAST_DAYS * DAY_S, end - _LASTS_DAYS * DAY_S))
    ended = began + _LASTS_DAYS * DAY_S
    others = np.sort(np.concatenate([one.reported[0].time for one in sensors if one is not chosen]))
    received = np.unique(np.floor(others[(others >= began) & (others < ended)] / _QUARTER_S))
    if len(received) < _LIVED_QUARTERS * _LASTS_DAYS:
        return None
    kept = chosen.reported[0].time
    time: Floats = np.sort(
        np.concatenate([kept[(kept < began) | (kept >= ended)], _false(kind, began, ended, random)])
    )
    struck = replace(chosen, reported=(ReportedMetric("motion", time, np.ones(len(time))),))
    return _Trial([struck if one is chosen else one for one in sensors], chosen.device, began, span)


def _speaks(sensor: Sensor) -> bool:
    time = sensor.reported[0].time
    return len(time) / max((float(time[-1]) - float(time[0])) / DAY_S, 1.0) >= 10


def _false(kind: str, began: float, ended: float, random: np.random.Generator) -> Floats:
    if kind == "even":
        time = np.arange(began, ended, _EVEN_S)
        # One message in twenty gets lost.
        return time[random.random(len(time)) >= 0.05]
    if kind == "uneven":
        return began + np.cumsum(random.exponential(_UNEVEN_S, int((ended - began) / _UNEVEN_S * 0.9)))
    return np.zeros(0)


def _simulated(home: SimHome, kinds: Sequence[DeviceKind], random: np.random.Generator, seed: int) -> _Trial:
    choice = [device for device in home.devices if device.kind in kinds]
    struck = choice[int(random.integers(len(choice)))] if choice else None
    day = _FIRST + timedelta(days=_PAST_DAYS)
    at_s = float(random.uniform(0, DAY_S))
    incidents: list[Incident] = []
    if struck is not None:
        lasts_s = _LASTS_DAYS * DAY_S
        kind = IncidentKind.SENSOR_STUCK
        incidents.append(Incident(kind, home.resident, day.date(), at_s, lasts_s, 0, device=struck.device_id))
    sensors = raised_by(home, HomeWorld(home, incidents, seed), _FIRST, _PAST_DAYS + _LASTS_DAYS + 2)
    span = (_FIRST + timedelta(days=3), _FIRST + timedelta(days=_PAST_DAYS + _LASTS_DAYS + 2))
    began = (day + timedelta(seconds=at_s)).timestamp()
    return _Trial(sensors, None if struck is None else home.devices.index(struck), began, span)


def raised_by(home: SimHome, world: HomeWorld, begin: datetime, days: int) -> list[Sensor]:
    """Return what the sensors of a simulated home report on some days."""
    series: dict[tuple[int, str], list[tuple[float, float]]] = {}
    day = world.day_of(begin)
    for _ in range(days):
        for one in world.home_day(day).samples:
            if one.metric in METRICS:
                series.setdefault((one.device, one.metric), []).append((one.time_ms / 1000, float(one.value)))
        day = day.next()
    found: list[Sensor] = []
    for number, device in enumerate(home.devices):
        raised = [
            ReportedMetric(
                metric, np.array([time for time, _ in rows]), np.array([value for _, value in rows])
            )
            for (of, metric), rows in series.items()
            if of == number
        ]
        if device.kind not in {DeviceKind.GATEWAY, DeviceKind.TRACKER} and raised:
            found.append(Sensor(number, device.kind, device.place, raised))
    return found
