"""What a person does on a day, in large strokes: getting up, meals, naps, outings, bed; incidents change the plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log

import numpy as np

from simulator.incidents.incident import (
    AWAY_FOR_DAYS,
    LYING,
    ON_FOOT,
    Incident,
    IncidentKind,
    WindowS,
    of_kind,
)
from simulator.local_days import DAY_S, HOUR_S, LocalDay
from simulator.people.persona import Persona
from simulator.town.streets import BLOCK_EAST_M

# In blocks of the street grid: inside every everyday geofence.
DAY_CENTRE = (3, -5)
_LONGEST_OUTING_S = 3.5 * HOUR_S


class Occupation(StrEnum):
    """What fills a span of the day."""

    BREAKFAST = "breakfast"
    LUNCH = "lunch"
    DINNER = "dinner"
    TEA = "tea"
    BATH = "bath"
    NAP = "nap"
    TOILET = "toilet"
    OUTING = "outing"
    DAY_SERVICE = "day_service"
    WALK_OFF = "walk_off"
    JOURNEY = "journey"


AWAY = frozenset({Occupation.OUTING, Occupation.DAY_SERVICE, Occupation.WALK_OFF})
# Some five kilometres off, in blocks.
_JOURNEY_TO = (60, 0)


@dataclass(frozen=True)
class Span:
    """A part of the day with one occupation; seconds after midnight.

    Attributes
    ----------
    place : tuple of int
        Where an absence leads, in blocks.
    pattern : str
        How somebody walks who wanders, a `simulator.town.wandering_route.Pattern`; empty for a walk to a place.
    has_tracker : bool
        Whether the tracker goes along.
    """

    start_s: float
    end_s: float
    occupation: Occupation
    place: tuple[int, int] = (0, 0)
    pattern: str = ""
    has_tracker: bool = True


@dataclass(frozen=True)
class DayPlan:
    """A person's day, from getting up to the next getting up.

    Attributes
    ----------
    last_sign_s, still_until_s : float
        The resident stirs in bed for a last time and lies still until somebody comes; both `wake_s` on an ordinary day.
    up_s : float
        When the resident gets up by themselves: `wake_s`, or later for somebody who sleeps in.
    spans : tuple of Span
        In order, without overlap; what lies between is spent around the living room, and after `bed_s` in bed.
    journeys : tuple of Span
        Absences for days; they may begin before the day and end after it, and nothing else of it comes about meanwhile.
    """

    wake_s: float
    bed_s: float
    end_s: float
    last_sign_s: float
    still_until_s: float
    up_s: float
    spans: tuple[Span, ...]
    journeys: tuple[Span, ...] = ()

    @property
    def absences(self) -> tuple[Span, ...]:
        """The spans outside the home, in order."""
        outings = [span for span in self.spans if span.occupation in AWAY]
        return tuple(sorted([*outings, *self.journeys], key=lambda span: span.start_s))


def plan_day(persona: Persona, day: LocalDay, incidents: Sequence[Incident]) -> DayPlan:
    """Return what a person does on a day."""
    draw = persona.chance("plan", day)
    wake_s, end_s = persona.day_span_s(day)
    bed_s = persona.bed_s(day)
    last_sign_s = still_until_s = up_s = wake_s
    for incident in incidents:
        if incident.kind is IncidentKind.DOES_NOT_GET_UP and incident.is_on(day):
            still_until_s = min(wake_s + incident.for_s, bed_s - HOUR_S)
            last_sign_s = min(max(wake_s, incident.at_s), still_until_s)
        elif incident.kind is IncidentKind.SLEEPS_IN and incident.is_on(day):
            up_s = min(wake_s + incident.for_s, bed_s - HOUR_S)
    away = _away(persona, day, draw, bed_s)
    if stays_home(day, incidents):
        away = [span for span in away if span.occupation is not Occupation.DAY_SERVICE]
    journeys = journey_windows_s(day, incidents)
    kept_in = [
        *(*lying_windows_s(day, incidents), *nap_windows_s(day, incidents)),
        *(*_guest_windows_s(day, incidents), *journeys),
    ]
    candidates = [
        *_walks(persona, day, incidents, wake_s, end_s),
        *away,
        *_at_home(persona, draw, up_s, bed_s),
    ]
    spans = _fitted(
        [span for span in candidates if not _meets(span, kept_in)], max(still_until_s, up_s), end_s
    )
    gone = [Span(*window, Occupation.JOURNEY, _JOURNEY_TO) for window in journeys]
    here = tuple(span for span in gone if span.start_s < end_s and span.end_s > wake_s)
    return DayPlan(wake_s, bed_s, end_s, last_sign_s, still_until_s, up_s, spans, here)


def lying_windows_s(day: LocalDay, incidents: Sequence[Incident]) -> list[WindowS]:
    """Return from when to when somebody lies where they fell, in seconds after midnight of the day."""
    return [window for incident in of_kind(incidents, *LYING) for window in incident.windows_s(day)]


def nap_windows_s(day: LocalDay, incidents: Sequence[Incident]) -> list[WindowS]:
    """Return from when to when somebody has a long nap."""
    naps = of_kind(incidents, IncidentKind.LONG_NAP)
    return [window for incident in naps for window in incident.windows_s(day)]


def journey_windows_s(day: LocalDay, incidents: Sequence[Incident]) -> list[WindowS]:
    """Return from when to when somebody is away for days."""
    journeys = of_kind(incidents, *AWAY_FOR_DAYS)
    return [window for incident in journeys for window in incident.windows_s(day)]


def stays_home(day: LocalDay, incidents: Sequence[Incident]) -> bool:
    """Return whether somebody misses the day centre on a day."""
    return any(incident.is_on(day) for incident in of_kind(incidents, IncidentKind.MISSES_DAY_SERVICE))


def _guest_windows_s(day: LocalDay, incidents: Sequence[Incident]) -> list[WindowS]:
    guests = of_kind(incidents, IncidentKind.VISITOR)
    return [(from_s - 300.0, until_s + 300.0) for guest in guests for from_s, until_s in guest.windows_s(day)]


def _meets(span: Span, windows: Sequence[WindowS]) -> bool:
    """Return whether a span is away during one of the windows; meals and naps just fall silent."""
    return span.occupation in AWAY and any(
        span.start_s < until_s and from_s < span.end_s for from_s, until_s in windows
    )


def _fitted(candidates: list[Span], begin_s: float, end_s: float) -> tuple[Span, ...]:
    """Keep spans in order of importance, dropping each that overlaps one already kept."""
    chosen: list[Span] = []
    for span in candidates:
        if span.start_s < begin_s or span.end_s > end_s - 600.0:
            continue
        if all(
            span.end_s + 300.0 <= other.start_s or span.start_s >= other.end_s + 300.0 for other in chosen
        ):
            chosen.append(span)
    return tuple(sorted(chosen, key=lambda span: span.start_s))


def _walks(
    persona: Persona, day: LocalDay, incidents: Sequence[Incident], wake_s: float, end_s: float
) -> Iterator[Span]:
    """Give the ways that incidents make a person go."""
    for incident in incidents:
        if incident.kind in ON_FOOT:
            yield from _walks_off(persona, day, incident, wake_s, end_s)
        elif incident.kind in {IncidentKind.DOES_NOT_RETURN, IncidentKind.TRACKER_LEFT}:
            yield from _goes_out(persona, day, incident, wake_s, end_s)


def _walks_off(
    persona: Persona, day: LocalDay, incident: Incident, wake_s: float, end_s: float
) -> list[Span]:
    spans: list[Span] = []
    for start_s in incident.starts_s(day, wake_s, end_s):
        east, north = persona.places[0]
        # Straight along one street, so that the distance walked is the distance from home.
        blocks = max(1, round(incident.distance_m / BLOCK_EAST_M))
        place = (blocks if (east + north) % 2 else -blocks, 0)
        last_s = min(start_s + incident.for_s, end_s - 900.0)
        spans.append(Span(start_s, last_s, Occupation.WALK_OFF, place, incident.pattern))
    return spans


def _goes_out(persona: Persona, day: LocalDay, incident: Incident, wake_s: float, end_s: float) -> list[Span]:
    """Return an outing to a usual place that goes wrong; somebody who stays out is back before the next getting up."""
    return [
        Span(
            start_s,
            min(start_s + incident.for_s, end_s - 900.0),
            Occupation.OUTING,
            persona.places[0],
            has_tracker=incident.kind is not IncidentKind.TRACKER_LEFT,
        )
        for start_s in incident.starts_s(day, wake_s, end_s)
    ]


def _away(persona: Persona, day: LocalDay, draw: np.random.Generator, bed_s: float) -> list[Span]:
    spans: list[Span] = []
    if day.date.weekday() in persona.day_service and not persona.is_ill:
        picked_up_s = draw.normal(9.2, 0.15) * HOUR_S
        brought_back_s = draw.normal(15.8, 0.2) * HOUR_S
        spans.append(Span(picked_up_s, brought_back_s, Occupation.DAY_SERVICE, DAY_CENTRE))
    elif draw.random() < persona.outing_chance:
        start_s = draw.normal(persona.outing_h, 0.6) * HOUR_S
        lasts_s = min(60.0 * float(draw.lognormal(log(70.0), 0.5)), _LONGEST_OUTING_S)
        place = persona.places[int(draw.choice(4, p=[0.5, 0.25, 0.15, 0.1]))]
        spans.append(Span(start_s, min(start_s + lasts_s, bed_s - HOUR_S), Occupation.OUTING, place))
    return [span for span in spans if span.end_s - span.start_s > 900.0]


def _at_home(persona: Persona, draw: np.random.Generator, up_s: float, bed_s: float) -> list[Span]:
    def about(start_s: float, minutes: float, occupation: Occupation) -> Span:
        return Span(start_s, start_s + 60.0 * minutes, occupation)

    spans = [
        about(up_s + draw.uniform(0.3, 0.9) * HOUR_S, draw.uniform(20, 45), Occupation.BREAKFAST),
        about(draw.normal(12.1, 0.25) * HOUR_S, draw.uniform(25, 50), Occupation.LUNCH),
        about(draw.normal(17.9, 0.3) * HOUR_S, draw.uniform(30, 60), Occupation.DINNER),
    ]
    if draw.random() < persona.nap_chance:
        minutes = max(float(draw.normal(50.0, 20.0)), 15.0)
        spans.append(about(draw.normal(13.9, 0.5) * HOUR_S, minutes, Occupation.NAP))
    spans.append(about(draw.normal(15.2, 0.4) * HOUR_S, draw.uniform(5, 10), Occupation.TEA))
    if draw.random() < 0.6:
        spans.append(about(bed_s - draw.uniform(1.2, 2.0) * HOUR_S, draw.uniform(15, 30), Occupation.BATH))
    return [span for span in spans if up_s < span.start_s and span.end_s < min(bed_s, DAY_S) - 300.0]
