"""Somebody pressed an emergency button, and nobody knows whose it is: the staff are notified at once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from core.domain import reasons
from core.domain.alert import Alert, Finding, Handling, Severity
from core.domain.reason_card import Confidence, as_json
from core.domain.rules import STRAY_SOS
from core.store.alerts import episodes, unassigned_calls
from core.store.alerts.episodes import AlertKey
from core.store.alerts.unassigned_calls import UnassignedCall
from core.store.database import Connection
from core.store.detection import evaluation_queue

NAME, VERSION = STRAY_SOS.name, STRAY_SOS.version
SUBJECT = "ward"
ALERT_KEY = AlertKey(NAME, SUBJECT)
# What was pressed longer ago is no call any more that anybody could answer (our choice, as for a known button).
_LONGEST_AGO = timedelta(hours=24)
# While an alert is open the staff are notified again at most this often, whoever presses how many buttons.
_PAUSE = timedelta(minutes=2)
# An alert names no more than these; the others are in quarantine.
_NAMED = 10


def evaluate(connection: Connection, until: datetime, now: datetime) -> int | None:
    """Open the alert about calls that belong to nobody, or repeat it for further ones; return its number if it changed.

    There is one alert for all of them, so that nobody who makes up buttons can bury the board. Like every call for help it ends only
    by a person.

    Parameters
    ----------
    connection : Connection
        Inside a transaction of its own.
    until : datetime
        Up to where is evaluated: whoever holds the ward does this too.
    now : datetime
        The service's time.
    """
    if evaluation_queue.claim_ward(connection, until) is None:
        return None
    calls = unassigned_calls.since(connection, now - _LONGEST_AGO)
    if not calls:
        return None
    alert = episodes.latest_alerts(connection, {ALERT_KEY}).get(ALERT_KEY)
    raised_through = _raised_through(alert)
    fresh = [call for call in calls if raised_through is None or call.last_at > raised_through]
    is_open = alert is not None and alert.handling is not Handling.CLOSED
    if not fresh or (is_open and raised_through is not None and now - raised_through < _PAUSE):
        return None
    finding = _finding(fresh, calls if is_open else fresh, raised_through)
    number = episodes.open_or_update(connection, finding, None, None, now)
    if number is not None and is_open:
        episodes.extend_reason(connection, number, finding.reason)
    return number


def _raised_through(alert: Alert | None) -> datetime | None:
    raised_through = None if alert is None else alert.reason.get("told_through")
    return datetime.fromisoformat(raised_through).astimezone(UTC) if isinstance(raised_through, str) else None


def _finding(
    fresh: Sequence[UnassignedCall], named: Sequence[UnassignedCall], raised_through: datetime | None
) -> Finding:
    # A call that was raised before goes on: what is new of it is its last press.
    began_at = min(
        one.last_at if raised_through is not None and one.began_at <= raised_through else one.began_at
        for one in fresh
    )
    return Finding(
        rule=NAME,
        subject=SUBJECT,
        severity=Severity.EMERGENCY,
        began_at=began_at,
        raised_at=began_at,
        cleared_at=None,
        reason=as_json(
            reasons.UnassignedSosReason(
                rule_version=VERSION,
                buttons=tuple(
                    reasons.UnassignedButton(
                        sender=one.sender, cause=one.why, last_at=one.last_at, presses=one.presses
                    )
                    for one in named[:_NAMED]
                ),
                told_through=max(one.last_at for one in fresh),
                ruled_out=(),
                confidence=Confidence.HIGH,
            )
        ),
    )
