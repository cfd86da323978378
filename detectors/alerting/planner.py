"""Turns what happened to alerts into messages: from events without consequences, rungs that are due, and claims that ran out.

Everything it waits for is stored, so a restart goes on where it stopped; every piece of work locks its alert and skips what another
planner holds, so several of them share the work.
"""

from datetime import datetime

from core.domain.alert import Alert, EventKind
from core.logs import get_logger
from core.store import alert_events, alerts, notifications
from core.store.database import Connection, Database
from detectors.alerting import policy
from detectors.alerting.policy import Plan, Situation

_log = get_logger(__name__)


def plan_all(database: Database, now: datetime) -> int:
    """Do everything that is due, each piece in its own transaction, and return how many pieces there were."""
    done = 0
    for work in (_lapse_one, _plan_one, _escalate_one):
        while work(database, now):
            done += 1
    return done


def _lapse_one(database: Database, now: datetime) -> bool:
    with database.transaction() as connection:
        alert = alerts.lapse_one(connection, now)
    if alert is not None:
        _log.info("claim_lapsed", alert=alert.number)
    return alert is not None


def _plan_one(database: Database, now: datetime) -> bool:
    with database.transaction() as connection:
        alert = notifications.hold_unplanned(connection)
        if alert is None:
            return False
        for event in notifications.unplanned_events(connection, alert.number):
            plan = policy.consequences(event, _situation(connection, alert), now)
            written = _carry_out(connection, alert, plan, now)
            notifications.mark_planned(connection, event.number, now)
            _log.info("alert_event_planned", alert=alert.number, event_kind=event.kind, messages=written)
            if event.kind is EventKind.OPENED and not plan.ladder:
                _log.warning("nobody_to_tell", alert=alert.number)
    return True


def _escalate_one(database: Database, now: datetime) -> bool:
    with database.transaction() as connection:
        alert = notifications.hold_due_step(connection, now)
        if alert is None:
            return False
        plan, taken = policy.escalation(_situation(connection, alert), now)
        written = _carry_out(connection, alert, plan, now)
        for step in taken:
            detail = {"step": step}
            alert_events.record(
                connection, alert.number, EventKind.ESCALATED, now, detail=detail, planned_at=now
            )
            _log.info("alert_escalated", alert=alert.number, step=step, messages=written)
    return True


def _situation(connection: Connection, alert: Alert) -> Situation:
    ladder = notifications.steps(connection, alert.number)
    openings = notifications.openings(connection, alert.number, len(policy.BACKOFF))
    began = max((step.round for step in ladder), default=0)
    return Situation(
        alert=alert,
        contacts=notifications.audience(connection, alert),
        ladder=ladder,
        told=frozenset(opening.contact for opening in openings if opening.was_tried),
        awaited=frozenset(opening.contact for opening in openings if opening.is_live),
        declined=notifications.declined(connection, alert.number, began),
    )


def _carry_out(connection: Connection, alert: Alert, plan: Plan, now: datetime) -> int:
    before = tuple(notifications.steps(connection, alert.number))
    if plan.ladder != before:
        notifications.replace_steps(connection, alert.number, plan.ladder)
    return sum(
        notifications.add(
            connection, alert.number, message.contact, kind=message.kind, key=message.key, now=now
        )
        for message in plan.messages
    )
