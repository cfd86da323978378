"""Binds scenarios to a ward: who it happens to, where a scenario leaves the choice to the seed."""

from collections.abc import Sequence
from datetime import date, timedelta

from core.domain.device import DeviceKind
from core.errors import InputError
from simulator.incidents.incident import Incident, IncidentKind
from simulator.incidents.kinds import KINDS, IncidentScope
from simulator.local_days import DAY_S, HOUR_S, local_day
from simulator.people.persona import draw_persona
from simulator.randomness import generator
from simulator.scenarios.scenario import CHOICES, EVERYONE, Scenario, ScenarioEvent
from simulator.scenarios.toml_text import meant
from simulator.ward_file import SimHome, SimWard

# What strikes one device alone.
_ONE_DEVICE = frozenset({IncidentKind.BATTERY_DIES, IncidentKind.SENSOR_STUCK})
# The pick-up that does not happen.
_PICKED_UP_S = 9.0 * HOUR_S


def bind(scenarios: Sequence[Scenario], ward: SimWard, seed: int) -> tuple[Incident, ...]:
    """Return the incidents of the scenarios in a ward; where a scenario does not name a resident, the seed chooses.

    Raises
    ------
    InputError
        A scenario names a resident that the ward does not have, or needs something that no home has.
    """
    wishes = [wish for scenario in scenarios for wish in scenario.wishes]
    taken = {wish.resident for wish in wishes}
    bound: list[Incident] = []
    # Keys first, then the most particular words, so that "anyone" does not take the one who is wanted elsewhere.
    ranks = {word: rank for rank, word in enumerate(CHOICES)}
    for number, wish in sorted(enumerate(wishes), key=lambda item: ranks.get(item[1].resident, -1)):
        homes = _homes(wish, ward, taken, seed, number)
        if wish.resident != EVERYONE:
            taken.update(home.resident for home in homes)
        keys = [home.resident for home in homes] if wish.resident else [""]
        bound.extend(_incident(wish, key, ward, seed, number) for key in keys)
    return tuple(bound)


def _homes(wish: ScenarioEvent, ward: SimWard, taken: set[str], seed: int, number: int) -> list[SimHome]:
    if not wish.resident:
        return []
    if wish.resident == EVERYONE:
        return _fitting(wish, ward, seed)
    chosen = ward.home_of(_chosen(wish, ward, taken, seed, number))
    if KINDS[wish.kind].scope is IncidentScope.STREET:
        return [home for home in ward.homes if home.area == chosen.area]
    return [chosen]


def _incident(wish: ScenarioEvent, resident: str, ward: SimWard, seed: int, number: int) -> Incident:
    zone = (ward.home_of(resident) if resident else ward.homes[0]).zone
    first = local_day(ward.origin, zone).date + timedelta(days=wish.day)
    earliest_s, latest_s = wish.at_s
    if wish.kind is IncidentKind.MISSES_DAY_SERVICE:
        first = _service_day(first, seed, resident)
        earliest_s = latest_s = _PICKED_UP_S
    at_s = earliest_s
    if latest_s > earliest_s:
        # Of one street or of everybody it is one matter, at one time.
        shared = KINDS[wish.kind].scope is IncidentScope.STREET
        name = ("time", number, wish.kind) if shared else ("time", number, wish.kind, resident)
        at_s = float(round(generator(seed, *name).uniform(earliest_s, latest_s))) % DAY_S
    return Incident(
        wish.kind,
        resident,
        first,
        at_s,
        wish.for_s,
        wish.every_days,
        pattern=wish.pattern,
        device=_device(wish, ward.home_of(resident), seed) if wish.kind in _ONE_DEVICE else wish.device,
        **wish.numbers,
    )


def _device(wish: ScenarioEvent, home: SimHome, seed: int) -> str:
    """Return the id of the one device concerned; where the scenario names none, a motion sensor."""
    word = wish.device or DeviceKind.MOTION.value
    meant = [device.device_id for device in home.devices if device.is_called(word)]
    return meant[int(generator(seed, "device", wish.kind, home.resident).integers(len(meant)))]


def _service_day(first: date, seed: int, resident: str) -> date:
    weekdays = draw_persona(seed, resident).day_service
    return next(day for ahead in range(7) if (day := first + timedelta(days=ahead)).weekday() in weekdays)


def _chosen(wish: ScenarioEvent, ward: SimWard, taken: set[str], seed: int, number: int) -> str:
    keys = [home.resident for home in ward.homes]
    if wish.resident not in CHOICES:
        if wish.resident not in keys:
            raise InputError(
                f"{wish.where}: the ward has no resident {wish.resident!r}{meant(wish.resident, (*keys, *CHOICES))};"
                f" it has {', '.join(keys[:8])}"
                f"{' ...' if len(keys) > 8 else ''}, or write one of {', '.join((*CHOICES, EVERYONE))}"
            )
        home = ward.home_of(wish.resident)
        if not _fits(wish, home, seed):
            raise InputError(
                f"{wish.where}: the home of {wish.resident} does not have what {wish.kind} needs: {_needed(wish)}"
            )
        return wish.resident
    fitting = _fitting(wish, ward, seed)
    free = [home for home in fitting if home.resident not in taken] or fitting
    if wish.resident == "first":
        return fitting[0].resident
    if wish.resident == "early_riser":
        return min(free, key=lambda home: draw_persona(seed, home.resident).wake_h).resident
    draw = generator(seed, "scenario", number, wish.kind)
    return free[int(draw.integers(len(free)))].resident


def _fitting(wish: ScenarioEvent, ward: SimWard, seed: int) -> list[SimHome]:
    fitting = [home for home in ward.homes if _fits(wish, home, seed)]
    if not fitting:
        raise InputError(f"{wish.where}: no home of the ward has what {wish.kind} needs: {_needed(wish)}")
    return fitting


def _needed(wish: ScenarioEvent) -> str:
    """Return in words what a home must have for it."""
    needs = KINDS[wish.kind].needs
    words: list[str] = [] if needs is None else [needs.value]
    if wish.resident == "walker" and DeviceKind.TRACKER.value not in words:
        words.append(DeviceKind.TRACKER.value)
    if wish.device:
        words.append(f"a device called {wish.device!r}, by its place, kind or id")
    if wish.kind is IncidentKind.MISSES_DAY_SERVICE:
        words.append("days at the day centre")
    return ", ".join(words)


def _fits(wish: ScenarioEvent, home: SimHome, seed: int) -> bool:
    needs = KINDS[wish.kind].needs
    if needs is not None and not home.has(needs):
        return False
    if wish.resident == "walker" and not home.has(DeviceKind.TRACKER):
        return False
    word = wish.device or (DeviceKind.MOTION.value if wish.kind in _ONE_DEVICE else "")
    if word and not any(device.is_called(word) for device in home.devices):
        return False
    if wish.kind is IncidentKind.MISSES_DAY_SERVICE:
        return bool(draw_persona(seed, home.resident).day_service)
    return True
