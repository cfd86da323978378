"""Turns what happened to alerts into messages: from events without consequences, steps that are due, and claims that ran out.

Everything it waits for is stored, so a restart goes on where it stopped; every piece of work locks its alert and skips what another
planner holds, so several of them share the work. An alert that cannot be planned is put off and does not stop the others.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.domain.alert import Alert, EventKind, NotificationKind
from core.domain.escalation import duty
from core.domain.escalation.audience import audience, in_quiet_hours
from core.domain.escalation.policy import PolicyBranch
from core.domain.escalation.state import EscalationPlan, EscalationState, PlannedNotification
from core.domain.rules import waits_for_digest
from core.errors import StoreError, StoreUnavailableError
from core.logs import get_logger
from core.store.alerts import alerts, events, handling, notifications
from core.store.database import Connection, Database
from core.store.people import duty_roster, escalation_policies, residents
from detectors.alerting import companions, escalation, limits
from detectors.alerting.providers import browser_sender

_log = get_logger(__name__)


def plan_all(database: Database, now: datetime, put_off: set[int] | None = None) -> int:
    """Do everything that is due, each piece in its own transaction, and return how many pieces there were.

    Alerts in `put_off` are left alone; one that fails is added to it.
    """
    left_alone = set[int]() if put_off is None else put_off
    return sum(
        _do_all(database, now, hold, do, left_alone)
        for hold, do in (
            (handling.hold_expired, _expire_claim),
            (notifications.hold_unplanned, _plan),
            (notifications.hold_due_step, _escalate),
        )
    )


def _do_all(
    database: Database,
    now: datetime,
    hold: Callable[[Connection, datetime, Collection[int]], int | None],
    do: Callable[[Connection, int, datetime], None],
    put_off: set[int],
) -> int:
    done = 0
    while True:
        number: int | None = None
        try:
            with database.transaction() as connection:
                number = hold(connection, now, put_off)
                if number is None:
                    return done
                do(connection, number, now)
            done += 1
        except StoreUnavailableError:
            raise
        except Exception:
            if number is None:
                raise
            _log.exception("planning_failed", alert=number)
            put_off.add(number)


def _expire_claim(connection: Connection, number: int, now: datetime) -> None:
    handling.expire_claim(connection, number, now)
    _log.info("claim_expired", alert=number)


def _plan(connection: Connection, number: int, now: datetime) -> None:
    alert = alerts.get(connection, number)
    together = alerts.companions(connection, alert, hold=True)
    happened = notifications.unplanned_events(connection, number)
    for event in happened:
        plan = escalation.consequences(event, _situation(connection, alert, now, together), now)
        written = _carry_out(connection, alert, plan, now)
        browser_sender.plan(connection, alert, event, now)
        notifications.mark_planned(connection, event.number, now)
        _log.info("alert_event_planned", alert=number, event_kind=event.kind, messages=written)
        is_alone = event.kind is EventKind.OPENED and not any(step.is_escalation for step in plan.steps)
        if is_alone and not waits_for_digest(alert.rule, alert.reason):
            _log.warning("no_recipient", alert=number)
    has_ended = any(event.kind in {EventKind.CLEARED, EventKind.CLOSED} for event in happened)
    _settle_companions(connection, alert, together, now, has_ended=has_ended)


def _settle_companions(
    connection: Connection, alert: Alert, together: Sequence[Alert], now: datetime, *, has_ended: bool
) -> None:
    """Let an alert speak for those it leads, and these for themselves when it is over."""
    if not together:
        return
    if not companions.is_on(alert):
        for one in companions.set_free(alert, together) if has_ended else ():
            if any(step.is_ahead for step in notifications.steps(connection, one.number)):
                continue
            detail = {"instead_of": alert.number}
            events.record(connection, one.number, EventKind.TOOK_OVER, now, detail=detail)
    elif companions.leading(alert, together) is None:
        led = [one.number for one in companions.led_by(alert, together)]
        notifications.stop_steps(connection, led, now)


def _escalate(connection: Connection, number: int, now: datetime) -> None:
    alert = alerts.get(connection, number)
    together = alerts.companions(connection, alert, hold=True)
    plan, taken = escalation.escalation(_situation(connection, alert, now, together), now)
    written = _carry_out(connection, alert, plan, now)
    for step in taken:
        if step.is_reminder and not written:
            # Nobody was reminded: the record says so by saying nothing.
            continue
        kind = EventKind.REMINDED if step.is_reminder else EventKind.ESCALATED
        events.record(
            connection, number, kind, now, detail={"step_kind": step.kind, "step": step.step}, planned_at=now
        )
        _log.info("alert_escalated", alert=number, step_kind=step.kind, step=step.step, messages=written)


def _situation(
    connection: Connection, alert: Alert, now: datetime, together: Sequence[Alert]
) -> EscalationState:
    steps = notifications.steps(connection, alert.number)
    known = [alert.number, *(one.number for one in together)]
    openings = notifications.openings(connection, known, len(escalation.BACKOFF))
    began = max((step.cycle for step in steps), default=0)
    contacts = notifications.audience(connection, alert)
    zone = _zone(connection, alert)
    branch = _branch(connection, alert, zone, now)
    is_asked_again = any(step.is_reminder and step.is_ahead for step in steps)
    return EscalationState(
        alert=alert,
        contacts=contacts,
        steps=steps,
        notified=frozenset(opening.contact for opening in openings if opening.was_tried),
        awaited=frozenset(opening.contact for opening in openings if opening.is_live),
        declined=notifications.declined(connection, alert.number, began),
        # A home without a clock: rather wake somebody than nobody.
        quiet={} if zone is None else in_quiet_hours(contacts, zone, now),
        companions=together,
        branch=branch,
        on_duty=_on_duty(connection, alert, now),
        sent=notifications.sent_since(connection, alert, now - limits.DAY) if is_asked_again else {},
    )


def _zone(connection: Connection, alert: Alert) -> ZoneInfo | None:
    """Return the clock where the resident lives; None where nobody knows it."""
    if alert.resident is None:
        return None
    try:
        return residents.home_of(connection, alert.resident).zone
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _branch(
    connection: Connection, alert: Alert, zone: ZoneInfo | None, now: datetime
) -> PolicyBranch | None:
    """Return what the policy in force says for this hour; None where it says nothing."""
    if alert.resident is None or zone is None:
        return None
    try:
        policy = escalation_policies.in_force(connection, alert.resident)
        return policy.branch_at(alert.severity, now, zone)
    except StoreError:
        raise
    except Exception:  # noqa: BLE001 - whatever it is
        # What everybody has notifies somebody; an alert that is not planned notifies nobody.
        _log.exception("escalation_policy_unreadable", alert=alert.number)
        return None


def _on_duty(connection: Connection, alert: Alert, now: datetime) -> list[int]:
    """Return who is on the office's roster now."""
    if alert.office is None:
        return []
    return duty.on_duty(duty_roster.at(connection, alert.office, now), now)


def _carry_out(connection: Connection, alert: Alert, plan: EscalationPlan, now: datetime) -> int:
    before = tuple(notifications.steps(connection, alert.number))
    if plan.steps != before:
        notifications.replace_steps(connection, alert.number, plan.steps)
    return sum(
        notifications.add(
            connection, alert.number, message.contact, kind=message.kind, key=message.key, now=now
        )
        for message in _within_limits(connection, alert, plan.messages, now)
    )


def _within_limits(
    connection: Connection, alert: Alert, wanted: Sequence[PlannedNotification], now: datetime
) -> list[PlannedNotification]:
    """Return the messages that people may still get about this alert today; an emergency never reaches nobody."""
    if not wanted:
        return []
    sent = notifications.sent_since(connection, alert, now - limits.DAY)
    contacts = notifications.audience(connection, alert)
    above = {one.number for one in contacts if one.desk is not None}
    allowed = [
        one
        for one in wanted
        if limits.is_allowed(one.kind, alert, sent.get(one.contact), is_above=one.contact in above)
    ]
    if len(allowed) < len(wanted):
        _log.info("messages_held_back", alert=alert.number, messages=len(wanted) - len(allowed))
    openings = [one for one in wanted if one.kind is NotificationKind.OPENING]
    if allowed or not openings:
        return allowed
    near = audience(alert, contacts)
    chosen = limits.never_silent(alert, near, [one.contact for one in openings], sent, now)
    return [
        PlannedNotification(number, NotificationKind.OPENING, openings[0].key) for number in sorted(chosen)
    ]
