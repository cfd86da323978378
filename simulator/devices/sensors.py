"""How sensors see a day: hold times, missed movements, doors that bounce, repeated states, batteries and link quality."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import ceil

import numpy as np

from core.domain import metrics
from core.domain.device import DeviceKind
from simulator.devices.samples import Sample, Value
from simulator.incidents.incident import Incident, IncidentKind, of_kind
from simulator.local_days import DAY_S, HOUR_S, LocalDay
from simulator.people.activity import DayActivity
from simulator.people.routine import DayPlan
from simulator.randomness import generator
from simulator.town.climate import drawn_to, room_climate
from simulator.ward_file import SimDevice, SimHome

# A passive infrared sensor reports again only after it has seen nothing for its hold time.
_SHORTEST_HOLD_S, _LONGEST_HOLD_S = 60.0, 120.0
_MISSED = 0.03
# A reed contact that closes slowly reports open and closed once more.
_BOUNCES = 0.02
_BOUNCE_S = (0.1, 0.6)
_KETTLE_W = 1180.0
_STANDBY_W = 0.4
CLIMATE_EVERY_S = 1800.0
PLUG_EVERY_S = 3600.0
HEALTH_EVERY_S = 21_600.0
GATEWAY_EVERY_S = 300.0
_BATTERY_LIFE_DAYS = (400.0, 900.0)
_RUNS_DOWN_DAYS = 10.0
_MAINS = frozenset({DeviceKind.PLUG, DeviceKind.GATEWAY})
_ROOMS = (IncidentKind.ROOM_HOT, IncidentKind.ROOM_COLD)

SensorEvent = tuple[float, str, Value]


class HomeSensors:
    """All sensors of a home but its trackers."""

    def __init__(self, home: SimHome, seed: int, incidents: Sequence[Incident] = ()) -> None:
        self._home = home
        self._seed = seed
        self._rooms = of_kind(incidents, *_ROOMS)
        self._batteries = of_kind(incidents, IncidentKind.BATTERY_DIES)
        self._sources: dict[
            DeviceKind, Callable[[SimDevice, LocalDay, DayPlan, DayActivity], Iterator[SensorEvent]]
        ] = {
            DeviceKind.MOTION: self._motion,
            DeviceKind.DOOR: self._contact,
            DeviceKind.FRIDGE: self._contact,
            DeviceKind.PLUG: self._plug,
            DeviceKind.BED: self._bed,
        }

    def day(self, day: LocalDay, plan: DayPlan, activity: DayActivity) -> Iterator[Sample]:
        """Yield what the sensors report from getting up to the next getting up, in no order."""
        for number, device in enumerate(self._home.devices):
            source = self._sources.get(device.kind)
            if source is not None:
                for at_s, metric, value in source(device, day, plan, activity):
                    yield Sample(day.ms(at_s), number, metric, value)
            if device.kind is DeviceKind.CLIMATE:
                yield from self._climate(number, device, day, plan)
            elif device.kind is DeviceKind.GATEWAY:
                for at_s in _rhythm(device, plan, GATEWAY_EVERY_S):
                    yield Sample(day.ms(at_s), number, metrics.HEARTBEAT.name, True)
            if device.kind not in _MAINS:
                yield from self._health(number, device, day, plan)

    def _motion(
        self, device: SimDevice, day: LocalDay, _plan: DayPlan, activity: DayActivity
    ) -> Iterator[SensorEvent]:
        hold_s = _hold_s(self._seed, device.device_id)
        moves = sorted(activity.moves.get(device.place, []))
        seen = generator(self._seed, "seen", device.device_id, day.date.toordinal()).random(len(moves))
        clear_s = -DAY_S
        for at_s, luck in zip(moves, seen.tolist(), strict=True):
            if luck < _MISSED:
                continue
            if at_s >= clear_s:
                if clear_s > 0.0:
                    yield clear_s, metrics.MOTION.name, False
                yield at_s, metrics.MOTION.name, True
            clear_s = at_s + hold_s
        if clear_s > 0.0:
            yield clear_s, metrics.MOTION.name, False

    def _contact(
        self, device: SimDevice, day: LocalDay, _plan: DayPlan, activity: DayActivity
    ) -> Iterator[SensorEvent]:
        uses = sorted(activity.uses.get(device.place, []))
        draw = generator(self._seed, "bounce", device.device_id, day.date.toordinal())
        bounces = (draw.random(len(uses)) < _BOUNCES).tolist()
        lasts_s = draw.uniform(*_BOUNCE_S, size=len(uses)).tolist()
        closed_s = -DAY_S
        for (opens_s, closes_s), bounced, bounce_s in zip(uses, bounces, lasts_s, strict=True):
            if opens_s <= closed_s:
                continue
            yield opens_s, metrics.CONTACT_OPEN.name, True
            yield closes_s, metrics.CONTACT_OPEN.name, False
            closed_s = closes_s
            if bounced:
                yield closes_s + bounce_s, metrics.CONTACT_OPEN.name, True
                closed_s = closes_s + 2 * bounce_s
                yield closed_s, metrics.CONTACT_OPEN.name, False

    def _plug(
        self, device: SimDevice, _day: LocalDay, plan: DayPlan, activity: DayActivity
    ) -> Iterator[SensorEvent]:
        full_w = _full_w(self._seed, device.device_id)
        boils = sorted(activity.uses.get(device.place, []))
        off_s = -DAY_S
        for on_s, ends_s in boils:
            if on_s > off_s:
                yield on_s, metrics.POWER_W.name, full_w
                yield ends_s, metrics.POWER_W.name, _STANDBY_W
                off_s = ends_s
        for at_s in _rhythm(device, plan, PLUG_EVERY_S):
            boiling = [on_s for on_s, ends_s in boils if on_s - 1.0 <= at_s <= ends_s + 1.0]
            if not boiling:
                yield at_s, metrics.POWER_W.name, _STANDBY_W
            elif at_s - max(boiling) > HOUR_S / 2:
                # Something that stays on is reported again; a kettle that boils was reported just now.
                yield at_s, metrics.POWER_W.name, full_w

    def _bed(
        self, _device: SimDevice, _day: LocalDay, plan: DayPlan, activity: DayActivity
    ) -> Iterator[SensorEvent]:
        for at_s, is_in in activity.bed:
            if plan.wake_s <= at_s < plan.end_s:
                yield at_s, metrics.BED_OCCUPIED.name, is_in

    def _climate(self, number: int, device: SimDevice, day: LocalDay, plan: DayPlan) -> Iterator[Sample]:
        wall_s = np.array(_rhythm(device, plan, CLIMATE_EVERY_S))
        times = [day.ms(at_s) for at_s in wall_s.tolist()]
        warm, damp = room_climate(device.place, self._home.name, np.array(times) / 1000.0, wall_s, self._seed)
        for incident in self._rooms:
            for from_s, until_s in incident.windows_s(day):
                warm = drawn_to(warm, wall_s, from_s, until_s, incident.temperature_c)
        for time_ms, temperature, humidity in zip(times, warm.tolist(), damp.tolist(), strict=True):
            yield Sample(time_ms, number, metrics.TEMPERATURE_C.name, temperature)
            yield Sample(time_ms, number, metrics.HUMIDITY_PCT.name, humidity)

    def _health(self, number: int, device: SimDevice, day: LocalDay, plan: DayPlan) -> Iterator[Sample]:
        life_days, age_days, link = _battery(self._seed, device.device_id)
        used_days = (day.date.toordinal() + age_days) % life_days
        moments = _rhythm(device, plan, HEALTH_EVERY_S)
        wobbles = generator(self._seed, "link", device.device_id, day.date.toordinal()).integers(
            -12, 13, size=len(moments)
        )
        for at_s, wobble in zip(moments, wobbles.tolist(), strict=True):
            time_ms = day.ms(at_s)
            if device.kind is DeviceKind.TRACKER:
                # Charged each evening: what is left shrinks over the day.
                battery = 100.0 - 55.0 * ((at_s / HOUR_S - 20.0) % 24.0) / 24.0
                yield Sample(time_ms, number, metrics.BATTERY_PCT.name, round(battery))
                continue
            # Replaced when empty, and then full again.
            left = self._left(device, day, at_s, used_days / life_days)
            yield Sample(time_ms, number, metrics.BATTERY_PCT.name, max(1, round(100.0 * left)))
            yield Sample(time_ms, number, metrics.LINK_QUALITY.name, link + wobble)

    def _left(self, device: SimDevice, day: LocalDay, at_s: float, used: float) -> float:
        """Return what is reported to be left of a battery: less and less slowly, and at the end all at once."""
        for incident in self._batteries:
            empty_s = (incident.first - day.date).days * DAY_S + incident.at_s
            ahead_days = (empty_s - at_s) / DAY_S
            if 0.0 <= ahead_days < _RUNS_DOWN_DAYS and device.is_called(incident.device):
                return min(_charge(used), ahead_days / _RUNS_DOWN_DAYS)
        return _charge(used)


# What belongs to a device is drawn once: drawing it anew each day would be half of the work.


@lru_cache(maxsize=100_000)
def _hold_s(seed: int, device_id: str) -> float:
    return generator(seed, "motion", device_id).uniform(_SHORTEST_HOLD_S, _LONGEST_HOLD_S)


@lru_cache(maxsize=100_000)
def _full_w(seed: int, device_id: str) -> float:
    return round(_KETTLE_W * generator(seed, "plug", device_id).uniform(0.85, 1.1), 1)


@lru_cache(maxsize=100_000)
def _battery(seed: int, device_id: str) -> tuple[float, float, int]:
    """Return how many days a battery lasts, how old the first one was, and how good the device's link is."""
    draw = generator(seed, "battery", device_id)
    life_days = draw.uniform(*_BATTERY_LIFE_DAYS)
    return life_days, draw.uniform(0.0, life_days), int(draw.integers(60, 220))


@lru_cache(maxsize=200_000)
def _phase_s(device_id: str, every_s: float) -> float:
    return float(generator(0, "phase", device_id).uniform(0.0, every_s))


def _charge(used: float) -> float:
    return 1.0 - 0.75 * used - 0.25 * used**8


def _rhythm(device: SimDevice, plan: DayPlan, every_s: float) -> list[float]:
    """Return the moments of something regular between getting up and the next: each device has its own phase."""
    phase = _phase_s(device.device_id, every_s)
    # From the earliest moment of the grid on, so that a day ends where the next begins.
    first = ceil((plan.wake_s - phase) / every_s)
    count = ceil((plan.end_s - phase) / every_s) - first
    return [phase + every_s * (first + step) for step in range(count)]
