"""What comes on top of a person's day: a fall, guests, a helper, a cat, a kettle that nobody switches off."""

from collections.abc import Sequence

import numpy as np

from simulator.incidents.incident import LYING, Incident, IncidentKind, WindowS, of_kind
from simulator.local_days import DAY_S, HOUR_S, LocalDay
from simulator.people.activity import DayActivity
from simulator.people.persona import Persona
from simulator.people.routine import DayPlan, lying_windows_s, nap_windows_s

_VISIT_S = HOUR_S
_GUEST_MOVES_S = 150.0
_FINDER_STAYS_S = 1500.0
# Before somebody leaves for days they are in the hallway, and nowhere else.
_PACKING_S = 60.0
# A cat is seen now and then, not at each step: sensors look at people's height.
_CAT_PER_H = 1.5
_CAT_ROOMS = ("living_room", "kitchen", "hallway", "bedroom")


def apply_incidents(
    activity: DayActivity, plan: DayPlan, persona: Persona, day: LocalDay, incidents: Sequence[Incident]
) -> None:
    """Change the activity of a day: first what is left out, then what is added."""
    for from_s, until_s in _still_windows_s(plan, day, incidents):
        _silence(activity, from_s, until_s)
    for from_s, until_s in nap_windows_s(day, incidents):
        activity.moves["living_room"].extend((from_s, from_s + 20.0, until_s, until_s + 20.0))
    for span in plan.journeys:
        _leaves_and_returns(activity, span.start_s, span.end_s)
    for incident in of_kind(incidents, *LYING):
        room = "toilet" if incident.kind is IncidentKind.BATHROOM_FALL else "living_room"
        for from_s, until_s in incident.windows_s(day):
            _falls(activity, room, from_s, until_s)
    _guests(activity, plan, persona, day, incidents)
    for incident in of_kind(incidents, IncidentKind.KETTLE_LEFT_ON):
        for from_s, until_s in incident.windows_s(day):
            activity.moves["kitchen"].extend((from_s - 8.0, from_s + 20.0))
            activity.use("kettle", from_s, until_s - from_s)
    for incident in of_kind(incidents, IncidentKind.PET):
        for from_s, until_s in incident.windows_s(day):
            _cat(activity, max(from_s, plan.wake_s), min(until_s, plan.end_s), persona.chance("cat", day))


def _still_windows_s(plan: DayPlan, day: LocalDay, incidents: Sequence[Incident]) -> list[WindowS]:
    away = [(span.start_s - _PACKING_S, span.end_s) for span in plan.journeys]
    return [*lying_windows_s(day, incidents), *nap_windows_s(day, incidents), *away]


def _silence(activity: DayActivity, from_s: float, until_s: float) -> None:
    for room, moves in activity.moves.items():
        activity.moves[room] = [at_s for at_s in moves if not from_s <= at_s < until_s]
    for thing, uses in activity.uses.items():
        activity.uses[thing] = [use for use in uses if not from_s <= use[0] < until_s]
    activity.bed[:] = [change for change in activity.bed if not from_s <= change[0] < until_s]


def _leaves_and_returns(activity: DayActivity, from_s: float, until_s: float) -> None:
    activity.moves["hallway"].extend((from_s - 40.0, until_s + 5.0))
    activity.use("front_door", from_s, 12.0)
    activity.use("front_door", until_s, 12.0)


def _falls(activity: DayActivity, room: str, from_s: float, until_s: float) -> None:
    before = [is_in for at_s, is_in in sorted(activity.bed) if at_s < from_s]
    if before and before[-1]:
        # Who falls at night had just got up.
        activity.bed.append((from_s - 20.0, False))
    activity.moves["hallway"].append(from_s - 12.0)
    # On the way down; on the floor nobody is seen.
    activity.moves[room].extend((from_s - 4.0, from_s))
    activity.use("front_door", until_s, 12.0)
    activity.moves["hallway"].append(until_s + 8.0)
    moments = np.arange(until_s + 20.0, until_s + _FINDER_STAYS_S, 70.0)
    activity.moves[room].extend(moments.tolist())


def _guests(
    activity: DayActivity, plan: DayPlan, persona: Persona, day: LocalDay, incidents: Sequence[Incident]
) -> None:
    visits = [
        window for incident in of_kind(incidents, IncidentKind.VISITOR) for window in incident.windows_s(day)
    ]
    if persona.helper is not None and persona.helper[0] == day.date.weekday():
        comes_s = persona.helper[1] * HOUR_S
        visit = (comes_s, comes_s + _VISIT_S)
        taken = [*((span.start_s, span.end_s) for span in plan.absences), *lying_windows_s(day, incidents)]
        is_free = all(until_s + 300.0 < visit[0] or from_s > visit[1] + 300.0 for from_s, until_s in taken)
        if is_free and plan.still_until_s <= comes_s and visit[1] < plan.bed_s:
            visits.append(visit)
    draw = persona.chance("guest", day)
    for from_s, until_s in visits:
        activity.use("front_door", from_s, draw.uniform(5.0, 20.0))
        activity.use("front_door", until_s, draw.uniform(5.0, 20.0))
        activity.moves["hallway"].extend((from_s + 5.0, until_s - 10.0))
        at_s = from_s + 30.0
        while (at_s := at_s + float(draw.exponential(_GUEST_MOVES_S))) < until_s:
            room = ("living_room", "living_room", "kitchen", "toilet")[int(draw.integers(4))]
            activity.moves[room].append(at_s)
            # Somebody else sits in the living room meanwhile.
            activity.moves["living_room"].append(at_s + draw.uniform(2.0, 9.0))


def _cat(activity: DayActivity, from_s: float, until_s: float, draw: np.random.Generator) -> None:
    lasts_s = max(until_s - from_s, 0.0)
    count = int(draw.poisson(_CAT_PER_H * min(lasts_s, 2 * DAY_S) / HOUR_S))
    # Ends before the night does, so that every sensor is at rest when the next day begins.
    for at_s in draw.uniform(from_s, max(until_s - 300.0, from_s), size=count).tolist():
        activity.moves[_CAT_ROOMS[int(draw.integers(len(_CAT_ROOMS)))]].append(at_s)
