"""Who lives in a home: the rhythm of one person, drawn once from the seed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simulator.incidents.incident import Incident, IncidentKind, of_kind
from simulator.local_days import DAY_S, HOUR_S, LocalDay
from simulator.randomness import generator

# Our choice: some two colds a year, and a helper once a week for a quarter of the homes.
_COLDS_A_WEEK = 0.05
_HAS_HELPER = 0.25


@dataclass(frozen=True)
class Persona:
    """A person's rhythm. Hours are local; `_s` values are seconds; chances are per day.

    Attributes
    ----------
    wake_h, bed_h : float
        When the person usually gets up and goes to bed.
    regularity_h : float
        Standard deviation of both from day to day.
    night_visits : float
        Visits to the toilet in an average night.
    stirring_per_h : float
        How often turning over in bed is seen by the bedroom's sensor.
    rest_s : float
        Median of the time between two movements that a sensor sees, while sitting.
    day_service : frozenset of int
        Weekdays (Monday 0) spent at the day centre.
    places : tuple of (int, int)
        Where the person goes, in blocks of the street grid from home.
    pace_m_s : float
        Walking speed.
    helper : tuple of float or None
        Weekday (Monday 0) and hour at which a home helper comes each week.
    is_ill : bool
        Whether the person is ill now.
    vigour : float
        How much the person does, compared with how it once was.
    """

    seed: int
    resident: str
    wake_h: float
    bed_h: float
    regularity_h: float
    night_visits: float
    stirring_per_h: float
    rest_s: float
    nap_chance: float
    outing_chance: float
    outing_h: float
    day_service: frozenset[int]
    places: tuple[tuple[int, int], ...]
    pace_m_s: float
    helper: tuple[int, float] | None = None
    is_ill: bool = False
    vigour: float = 1.0

    def wake_s(self, day: LocalDay) -> float:
        """Return when the person gets up on a day, in seconds after midnight."""
        draw = self.chance("wake", day)
        usual = float(np.clip(draw.normal(0.0, self.regularity_h), -0.8, 0.8))
        sleeps_in = 1.0 if draw.random() < 0.02 else 0.0
        return (self.wake_h + usual + sleeps_in) * HOUR_S

    def bed_s(self, day: LocalDay) -> float:
        """Return when the person goes to bed on a day, in seconds after midnight."""
        usual = self.chance("bed", day).normal(0.0, self.regularity_h)
        return (self.bed_h + float(np.clip(usual, -1.0, 1.0))) * HOUR_S

    def day_span_s(self, day: LocalDay) -> tuple[float, float]:
        """Return from when to when a day lasts: from getting up to getting up on the next, in seconds after midnight."""
        return self.wake_s(day), DAY_S + self.wake_s(day.next())

    def chance(self, purpose: str, day: LocalDay) -> np.random.Generator:
        """Return the generator for one purpose on one day."""
        return generator(self.seed, purpose, self.resident, day.date.toordinal())


def draw_persona(seed: int, resident: str) -> Persona:
    """Return the person that the seed gives to a resident's key.

    Hours and chances are our choice: people over 75 rise and retire early, and the spread follows the generator of
    synthetic homes that the detectors are measured on.
    """
    draw = generator(seed, "persona", resident)
    service_days = int(draw.choice([0, 0, 0, 1, 2, 2, 3]))
    return Persona(
        seed=seed,
        resident=resident,
        wake_h=float(np.clip(draw.normal(5.9, 0.55), 4.7, 7.4)),
        bed_h=float(np.clip(draw.normal(21.4, 0.6), 20.0, 22.8)),
        regularity_h=float(draw.uniform(0.15, 0.4)),
        night_visits=float(draw.uniform(0.6, 2.4)),
        stirring_per_h=float(draw.uniform(0.5, 1.2)),
        rest_s=float(draw.uniform(180, 420)),
        nap_chance=float(draw.uniform(0.2, 0.8)),
        outing_chance=float(draw.uniform(0.35, 0.8)),
        outing_h=float(np.clip(draw.normal(10.3, 0.6), 9.2, 14.5)),
        day_service=frozenset(int(day) for day in draw.choice(5, size=service_days, replace=False)),
        places=tuple(_place(draw) for _ in range(4)),
        pace_m_s=float(draw.uniform(0.7, 1.15)),
        helper=_helper(seed, resident),
    )


def on_day(persona: Persona, day: LocalDay, incidents: Sequence[Incident]) -> Persona:
    """Return the person as he or she is on a day: weaker with a decline, ill by chance or by a scenario.

    When somebody gets up stays as it is, because a day ends where the next begins.
    """
    weaker = 0.0
    for incident in of_kind(incidents, IncidentKind.DECLINES):
        passed_s = (day.date - incident.first).days * DAY_S
        weaker = max(weaker, incident.share * float(np.clip(passed_s / incident.for_s, 0.0, 1.0)))
    is_ill = _has_a_cold(persona, day) or any(
        from_s < DAY_S and until_s > 0.0
        for incident in of_kind(incidents, IncidentKind.ILL)
        for from_s, until_s in incident.windows_s(day)
    )
    if weaker > 0.0:
        persona = replace(
            persona,
            vigour=1.0 - min(weaker, 0.9),
            outing_chance=persona.outing_chance * (1.0 - weaker),
            pace_m_s=persona.pace_m_s * (1.0 - 0.5 * weaker),
        )
    if is_ill:
        persona = replace(
            persona,
            is_ill=True,
            outing_chance=0.0,
            nap_chance=1.0,
            night_visits=persona.night_visits + 2.0,
            rest_s=persona.rest_s * 1.5,
        )
    return persona


def _has_a_cold(persona: Persona, day: LocalDay) -> bool:
    """Return whether a person has one of the colds of a year: some days in about every twentieth week."""
    week, weekday = divmod(day.date.toordinal(), 7)
    draw = generator(persona.seed, "cold", persona.resident, week)
    return bool(draw.random() < _COLDS_A_WEEK) and weekday >= int(draw.integers(1, 5))


def _helper(seed: int, resident: str) -> tuple[int, float] | None:
    draw = generator(seed, "helper", resident)
    if draw.random() >= _HAS_HELPER:
        return None
    return int(draw.integers(5)), float(draw.uniform(9.5, 11.5))


def _place(draw: np.random.Generator) -> tuple[int, int]:
    return int(draw.integers(-4, 5)), int(draw.integers(2, 6)) * int(draw.choice([-1, 1]))
