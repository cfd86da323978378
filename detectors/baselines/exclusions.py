"""The time that teaches nothing about a resident."""

from datetime import datetime

from core.domain.alert import WARD, Outcome, Subject
from core.domain.rule_spec import BaselineKind
from core.domain.rules import RULES
from core.store.database import Connection
from core.store.detection import evaluation_queue
from core.store.people import planned_absences
from core.store.telemetry import blind_times
from detectors.baselines.store import BaselineSubject

# How an alert ends that was real.
REAL = tuple(
    one.value for one in (Outcome.SAFE_AFTER_HELP, Outcome.AMBULANCE_CALLED, Outcome.POLICE_NOTIFIED)
)
Span = tuple[datetime, datetime]


def excluded_at_home(
    connection: Connection, subject: BaselineSubject, since: datetime, until: datetime
) -> list[tuple[float, float]]:
    """Return what teaches nothing about life at home, in Unix seconds: also when the home was out of contact."""
    blind = blind_times.of_subjects(connection, (WARD, Subject.of_home(subject.home)), since, until)
    spans = [(one.began_at, one.ended_at or until) for one in blind]
    spans += _excluded_spans(connection, subject, since, until, BaselineKind.HOME)
    return [(began.timestamp(), ended.timestamp()) for began, ended in spans]


def excluded_outside(
    connection: Connection, subject: BaselineSubject, since: datetime, until: datetime
) -> list[Span]:
    """Return what teaches nothing about the places where a resident goes."""
    return _excluded_spans(connection, subject, since, until, BaselineKind.PLACES)


def _excluded_spans(
    connection: Connection, subject: BaselineSubject, since: datetime, until: datetime, baseline: BaselineKind
) -> list[Span]:
    """Return when alerts of some rules turned out to be real, and when an absence was planned."""
    real = [
        (began, ended or until)
        for rule in RULES.values()
        if baseline in rule.excludes_from
        for began, ended in evaluation_queue.confirmed_alarms(
            connection, subject.resident, rule.name, REAL, since
        )
    ]
    planned = [
        span
        for one in planned_absences.of_resident(connection, subject.resident, since, until)
        for span in planned_absences.spans(one, subject.zone, since, until)
    ]
    return [*real, *planned]
