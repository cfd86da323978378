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
    events = [event for scenario in scenarios for event in scenario.events]
    taken = {event.resident for event in events}
    bound: list[Incident] = []
    # Keys first, then the most particular words, so that "anyone" does not take the one who is wanted elsewhere.
    ranks = {word: rank for rank, word in enumerate(CHOICES)}
    for number, event in sorted(enumerate(events), key=lambda item: ranks.get(item[1].resident, -1)):
        homes = _homes(event, ward, taken, seed, number)
        if event.resident != EVERYONE:
            taken.update(home.resident for home in homes)
        keys = [home.resident for home in homes] if event.resident else [""]
        bound.extend(_incident(event, key, ward, seed, number) for key in keys)
    return tuple(bound)


def _homes(event: ScenarioEvent, ward: SimWard, taken: set[str], seed: int, number: int) -> list[SimHome]:
    if not event.resident:
        return []
    if event.resident == EVERYONE:
        return _suitable(event, ward, seed)
    chosen = ward.home_of(_chosen(event, ward, taken, seed, number))
    if KINDS[event.kind].scope is IncidentScope.STREET:
        return [home for home in ward.homes if home.area == chosen.area]
    return [chosen]


def _incident(event: ScenarioEvent, resident: str, ward: SimWard, seed: int, number: int) -> Incident:
    zone = (ward.home_of(resident) if resident else ward.homes[0]).zone
    first = local_day(ward.origin, zone).date + timedelta(days=event.day)
    earliest_s, latest_s = event.at_s
    if event.kind is IncidentKind.MISSES_DAY_SERVICE:
        first = _service_day(first, seed, resident)
        earliest_s = latest_s = _PICKED_UP_S
    at_s = earliest_s
    if latest_s > earliest_s:
        # Of one street or of everybody it is one event, at one time.
        shared = KINDS[event.kind].scope is IncidentScope.STREET
        name = ("time", number, event.kind) if shared else ("time", number, event.kind, resident)
        at_s = float(round(generator(seed, *name).uniform(earliest_s, latest_s))) % DAY_S
    return Incident(
        event.kind,
        resident,
        first,
        at_s,
        event.for_s,
        event.every_days,
        pattern=event.pattern,
        device=_device(event, ward.home_of(resident), seed) if event.kind in _ONE_DEVICE else event.device,
        **event.numbers,
    )


def _device(event: ScenarioEvent, home: SimHome, seed: int) -> str:
    """Return the id of the one device concerned; where the scenario names none, a motion sensor."""
    word = event.device or DeviceKind.MOTION.value
    meant = [device.device_id for device in home.devices if device.is_called(word)]
    return meant[int(generator(seed, "device", event.kind, home.resident).integers(len(meant)))]


def _service_day(first: date, seed: int, resident: str) -> date:
    weekdays = draw_persona(seed, resident).day_service
    return next(day for ahead in range(7) if (day := first + timedelta(days=ahead)).weekday() in weekdays)


def _chosen(event: ScenarioEvent, ward: SimWard, taken: set[str], seed: int, number: int) -> str:
    keys = [home.resident for home in ward.homes]
    if event.resident not in CHOICES:
        if event.resident not in keys:
            raise InputError(
                f"{event.where}: the ward has no resident {event.resident!r}{meant(event.resident, (*keys, *CHOICES))};"
                f" it has {', '.join(keys[:8])}"
                f"{' ...' if len(keys) > 8 else ''}, or write one of {', '.join((*CHOICES, EVERYONE))}"
            )
        home = ward.home_of(event.resident)
        if not _fits(event, home, seed):
            raise InputError(
                f"{event.where}: the home of {event.resident} does not have what {event.kind} needs: {_needed(event)}"
            )
        return event.resident
    suitable = _suitable(event, ward, seed)
    free = [home for home in suitable if home.resident not in taken] or suitable
    if event.resident == "first":
        return suitable[0].resident
    if event.resident == "early_riser":
        return min(free, key=lambda home: draw_persona(seed, home.resident).wake_h).resident
    draw = generator(seed, "scenario", number, event.kind)
    return free[int(draw.integers(len(free)))].resident


def _suitable(event: ScenarioEvent, ward: SimWard, seed: int) -> list[SimHome]:
    suitable = [home for home in ward.homes if _fits(event, home, seed)]
    if not suitable:
        raise InputError(f"{event.where}: no home of the ward has what {event.kind} needs: {_needed(event)}")
    return suitable


def _needed(event: ScenarioEvent) -> str:
    """Return in words what a home must have for it."""
    needs = KINDS[event.kind].needs
    words: list[str] = [] if needs is None else [needs.value]
    if event.resident == "walker" and DeviceKind.TRACKER.value not in words:
        words.append(DeviceKind.TRACKER.value)
    if event.device:
        words.append(f"a device called {event.device!r}, by its place, kind or id")
    if event.kind is IncidentKind.MISSES_DAY_SERVICE:
        words.append("days at the day centre")
    return ", ".join(words)


def _fits(event: ScenarioEvent, home: SimHome, seed: int) -> bool:
    needs = KINDS[event.kind].needs
    if needs is not None and not home.has(needs):
        return False
    if event.resident == "walker" and not home.has(DeviceKind.TRACKER):
        return False
    word = event.device or (DeviceKind.MOTION.value if event.kind in _ONE_DEVICE else "")
    if word and not any(device.is_called(word) for device in home.devices):
        return False
    if event.kind is IncidentKind.MISSES_DAY_SERVICE:
        return bool(draw_persona(seed, home.resident).day_service)
    return True
