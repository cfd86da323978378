"""How soon people answered the alerts of an office, for its page and its JSON."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.alert import Severity
from core.domain.escalation.response_times import HourSpan, response_times
from core.store.database import Connection
from core.store.operation import response_times as stored

SHOWN = timedelta(days=90)
EMERGENCIES = (Severity.EMERGENCY, Severity.EMERGENCY)
OTHERS = (Severity.CHECK_SOON, Severity.KEEP_AN_EYE)


@dataclass(frozen=True)
class OfficeResponse:
    """How soon emergencies, and other alerts, were answered in a span of time."""

    since: datetime
    until: datetime
    emergencies: list[HourSpan]
    others: list[HourSpan]


def response_of(connection: Connection, office: int, now: datetime, zone: ZoneInfo) -> OfficeResponse:
    """Return how soon alerts about an office's residents were answered in the last 90 days."""
    since = now - SHOWN
    emergencies, others = (
        response_times(stored.answered(connection, office, since, now, which), zone)
        for which in (EMERGENCIES, OTHERS)
    )
    return OfficeResponse(since, now, emergencies, others)
