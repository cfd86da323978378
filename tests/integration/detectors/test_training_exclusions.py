"""What teaches nothing about a resident: alarms that were real, blind time and planned absences, as they are on record."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.domain.alert import WARD, Outcome, Subject
from core.domain.planned_absence import AbsenceKind
from core.store.alerts import episodes, handling
from core.store.database import Connection, Database
from core.store.people import planned_absences
from core.store.telemetry import blind_times
from core.store.telemetry.blind_times import BlindTime
from detectors.baselines.exclusions import excluded_at_home
from detectors.baselines.store import BaselineSubject
from tests.support.alerting import finding, open_alert
from tests.support.wards.evaluated_ward import ZONE, EvaluatedWard, home
from tests.support.wards.ward_files import carer

NOW = datetime(2026, 7, 1, tzinfo=UTC)
SINCE, UNTIL = NOW - timedelta(days=28), NOW
BEGAN, ENDED = NOW - timedelta(days=5), NOW - timedelta(days=5) + timedelta(hours=3)
SPAN = (BEGAN.timestamp(), ENDED.timestamp())


@pytest.fixture
def connection(database_url: str, tmp_path: Path) -> Iterator[Connection]:
    with Database(database_url) as database:
        EvaluatedWard(database, tmp_path, [home(1, watched_from=SINCE)], NOW)
        with database.transaction() as connection:
            yield connection


def excluded(connection: Connection) -> list[tuple[float, float]]:
    return excluded_at_home(connection, BaselineSubject(1, 1, ZONE), SINCE, UNTIL)


def closed(connection: Connection, rule: str, outcome: Outcome) -> None:
    """Let a rule have reported something at home that ended, and a person say how."""
    alert = open_alert(connection, ENDED, rule=rule, began_at=BEGAN, raised_at=BEGAN, cleared_at=None)
    raised = finding(rule=rule, began_at=BEGAN, raised_at=BEGAN, cleared_at=ENDED)
    episodes.open_or_update(connection, raised, 1, None, ENDED)
    user = carer(connection, SINCE)
    handling.close(connection, alert, user=user, outcome=outcome, now=ENDED)


@pytest.mark.parametrize(
    "rule", ["inactivity", "bathroom_stay", "not_returned", "late_morning", "appliance_left_on"]
)
def test_what_turned_out_to_be_real_teaches_nothing(connection: Connection, rule: str) -> None:
    closed(connection, rule, Outcome.SAFE_AFTER_HELP)
    assert excluded(connection) == [SPAN]


def test_what_was_nothing_teaches_so_that_it_is_not_raised_for_ever(connection: Connection) -> None:
    closed(connection, "inactivity", Outcome.WRONG_JUDGEMENT)
    assert excluded(connection) == []


@pytest.mark.parametrize("subject", [Subject.of_home(1), WARD])
def test_what_was_out_of_contact_teaches_nothing(connection: Connection, subject: Subject) -> None:
    blind = BlindTime(subject, BEGAN, ENDED, BEGAN, "no_heartbeat")
    blind_times.record(connection, subject, [blind], ("no_heartbeat",), NOW)
    assert excluded(connection) == [SPAN]


def test_a_planned_absence_teaches_nothing(connection: Connection) -> None:
    planned_absences.add(connection, 1, kind=AbsenceKind.TRAVEL, span=(BEGAN, ENDED), now=SINCE)
    assert excluded(connection) == [SPAN]
