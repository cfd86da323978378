"""Whom an alert concerns, and whom each step of its escalation reaches: what is sent and what a preview shows are one."""

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core.domain.alert import Alert, Severity
from core.domain.escalation.policy import PolicyBranch, Recipients, TimedStep, timed_steps
from core.domain.people import Contact
from core.domain.rules import is_for_staff, waits_for_digest


def audience(
    alert: Alert, contacts: Sequence[Contact], quiet: Collection[int] | None = None
) -> list[Contact]:
    """Return those whom this alert concerns, by step: equipment, neighbourhoods, the whole ward and changes of habit are the staff's, the rest begins with the family.

    Those in `quiet` are not woken, except in an emergency, and unless nobody else could be notified. Nobody is notified of what stands in
    the day's one message about equipment.
    """
    if waits_for_digest(alert.rule, alert.reason):
        return []
    is_the_staffs = alert.severity is Severity.EQUIPMENT or alert.resident is None
    if alert.severity is Severity.KEEP_AN_EYE:
        is_the_staffs = is_the_staffs or is_for_staff(alert.rule)
    return concerned(alert.severity, contacts, quiet, is_the_staffs=is_the_staffs)


def concerned(
    severity: Severity,
    contacts: Sequence[Contact],
    quiet: Collection[int] | None = None,
    *,
    is_the_staffs: bool = False,
) -> list[Contact]:
    """Return whom an alert of a severity concerns, by step; neither those on a roster nor the desks above the office."""
    near = [contact for contact in contacts if contact.desk is None and not contact.is_duty_only]
    found = [contact for contact in near if contact.resident is None or not is_the_staffs]
    if quiet and severity is not Severity.EMERGENCY:
        found = [contact for contact in found if contact.number not in quiet] or found
    return sorted(found, key=lambda contact: (contact.step, contact.number))


def in_quiet_hours(contacts: Sequence[Contact], zone: ZoneInfo, now: datetime) -> dict[int, datetime]:
    """Return who is in their quiet hours, by the clock where the resident lives, and when those end."""
    hours = {one.number: one.quiet_hours for one in contacts}
    ends = {number: one.end_after(now, zone) for number, one in hours.items() if one is not None}
    return {number: end for number, end in ends.items() if end is not None}


def reached(
    asked: Recipients, near: Sequence[Contact], contacts: Sequence[Contact], on_duty: Collection[int]
) -> list[Contact]:
    """Return whom a step reaches.

    Parameters
    ----------
    asked : Recipients
        Whom it asks.
    near : sequence of Contact
        Whom the alert concerns now, by step.
    contacts : sequence of Contact
        Everybody who could be notified.
    on_duty : collection of int
        Who is on the roster; where nobody is, the centre is asked.
    """
    centre = [one for one in near if one.resident is None]
    match asked:
        case Recipients.CONTACTS:
            return list(near)
        case Recipients.FAMILY:
            return [one for one in near if one.resident is not None]
        case Recipients.OFFICE:
            return centre
        case Recipients.DUTY:
            return [one for one in contacts if one.number in on_duty] or centre
        case Recipients.NEXT_OFFICE | Recipients.WARD_LINE | Recipients.EMERGENCY_PLAN:
            return [one for one in contacts if one.desk is asked]


def steps_of(
    branch: PolicyBranch, near: Sequence[Contact], contacts: Sequence[Contact], on_duty: Collection[int]
) -> tuple[TimedStep, ...]:
    """Return the steps of a branch with their times, as far as anybody is there; parameters as of `reached`."""
    levels = sorted({contact.step for contact in near})
    is_there = {asked: bool(reached(asked, near, contacts, on_duty)) for asked in Recipients}
    return timed_steps(branch, levels, is_there)


def reached_by(
    step: TimedStep, near: Sequence[Contact], contacts: Sequence[Contact], on_duty: Collection[int]
) -> list[Contact]:
    """Return whom one timed step reaches; parameters as of `reached`."""
    found = reached(step.asked, near, contacts, on_duty)
    if step.asked is Recipients.CONTACTS:
        return [one for one in found if one.step == step.level]
    return found
