"""The last life sign behind an alert about a silence."""

from datetime import datetime

from core.domain.alert import Alert
from core.domain.evidence.last_sign import LastSign
from core.domain.reasons import InactivityReason
from core.domain.rules import read_reason
from core.store.database import Connection
from core.store.telemetry import life_signs


def last_sign(connection: Connection, alert: Alert, now: datetime | None = None) -> LastSign | None:
    """Return what the last life sign was that an alert names, and (with `now`) what came since; None where it names none."""
    card = read_reason(alert.rule, alert.reason)
    sign = card.last_life_sign if isinstance(card, InactivityReason) else None
    if sign is None or sign.time is None or alert.resident is None:
        return None
    until = None if now is None else alert.cleared_at or alert.closed_at or now
    return life_signs.last_sign(connection, alert.resident, sign.time, raised_at=alert.raised_at, until=until)
