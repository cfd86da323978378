"""Planned journeys of simulated residents are laid down as absences, each once."""

from datetime import timedelta
from pathlib import Path

from core.domain.planned_absence import AbsenceKind
from core.store.database import Database
from core.store.people import planned_absences
from deploy.playback.planned_journeys import lay_down
from simulator.incidents.incident import IncidentKind
from simulator.scenarios.ground_truth import TrueEvent
from tests.support.wards.evaluated_ward import EvaluatedWard, at, home

NOW = at("2026-07-01 06:00")


def event(kind: IncidentKind, number: int) -> TrueEvent:
    leaves = NOW + timedelta(hours=4)
    return TrueEvent(
        kind, f"r{number}", f"3丁目 {number:03}", leaves, leaves + timedelta(days=5), (), None, ""
    )


def test_a_planned_journey_is_laid_down_once_and_an_unplanned_one_is_not(
    database: Database, tmp_path: Path
) -> None:
    EvaluatedWard(database, tmp_path, [home(number, watched_from=NOW) for number in (1, 2)], NOW)
    events = [event(IncidentKind.TRAVELS, 1), event(IncidentKind.PLANNED_JOURNEY, 2)]
    with database.transaction() as connection:
        assert lay_down(connection, events, NOW) == 1
        assert lay_down(connection, events, NOW) == 0
        span = (NOW, NOW + timedelta(days=10))
        assert planned_absences.of_resident(connection, 1, *span) == []
        (planned,) = planned_absences.of_resident(connection, 2, *span)
    assert planned.kind is AbsenceKind.TRAVEL
    assert (planned.began_at, planned.ended_at) == (NOW + timedelta(hours=2), events[1].ends)
