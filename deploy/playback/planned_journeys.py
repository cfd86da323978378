"""Lays down in the database what families would have: the journeys that simulated residents had announced."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.domain.planned_absence import AbsenceKind
from core.store.database import Connection
from core.store.operation import simulation
from core.store.people import planned_absences
from simulator.incidents.incident import IncidentKind
from simulator.scenarios.ground_truth import TrueEvent

# People say that they leave in the morning, and do so somewhat later.
_LEAVE_WITHIN = timedelta(hours=2)


def lay_down(connection: Connection, events: Iterable[TrueEvent], now: datetime) -> int:
    """Lay down the planned journeys among some events, each once; return how many were new."""
    planned = [event for event in events if event.kind is IncidentKind.PLANNED_JOURNEY]
    residents = simulation.first_residents(connection) if planned else {}
    count = 0
    for event in planned:
        resident, span = residents[event.home], (event.begins - _LEAVE_WITHIN, event.ends)
        known = planned_absences.of_resident(connection, resident, *span)
        if not any(one.kind is AbsenceKind.TRAVEL and one.began_at == span[0] for one in known):
            planned_absences.add(connection, resident, kind=AbsenceKind.TRAVEL, span=span, now=now)
            count += 1
    return count
