"""Where the roster of an office has a gap: its policy asks whoever is on duty, and nobody is."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.domain.escalation.duty import DutyShift, gaps
from core.domain.escalation.policy import DEFAULT, EscalationPolicy
from core.store.database import Connection
from core.store.people import escalation_policies


def policy_of(connection: Connection, office: int) -> EscalationPolicy:
    """Return the policy of an office, its own or what everybody has."""
    written = escalation_policies.of_office(connection, office)
    return DEFAULT if written is None else written.policy


def duty_gaps(
    connection: Connection,
    office: int,
    shifts: list[DutyShift],
    zone: ZoneInfo,
    span: tuple[datetime, datetime],
) -> list[tuple[datetime, datetime]]:
    """Return the gaps of an office's roster in a span of time, by its own policy."""
    return gaps(policy_of(connection, office), shifts, zone, *span)
