"""A device that nobody knows calls for help, or reports a fall, smoke, gas or water: the staff are notified at once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from core.domain import reasons
from core.domain.alert import WARD, Alert, AlertKey, Finding, Handling, Severity
from core.domain.metrics import METRICS_BY_NUMBER, SOS, CallPriority
from core.domain.reason_card import Confidence, as_json
from core.domain.rules import STRAY_SOS
from core.store.alerts import episodes, unassigned_calls
from core.store.alerts.unassigned_calls import UnassignedCall
from core.store.database import Connection
from core.store.detection import evaluation_queue
from detectors.rules.emergency_call import LONGEST_DELAY, RAISED_AGAIN_AFTER

NAME, VERSION = STRAY_SOS.name, STRAY_SOS.version
ALERT_KEY = AlertKey(NAME, WARD)
# While an alert is open the staff are notified again at most this often, whoever presses how many buttons; of what is more urgent at once.
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
    # What was called longer ago is no call any more that anybody could answer.
    calls = unassigned_calls.since(connection, now - LONGEST_DELAY)
    if not calls:
        return None
    alert = episodes.latest_alerts(connection, {ALERT_KEY}).get(ALERT_KEY)
    fresh = [call for call in calls if _is_fresh(call, alert)]
    is_open = alert is not None and alert.handling is not Handling.CLOSED
    raised_through = _raised_through(alert)
    is_more_urgent = alert is not None and _severity(fresh) < alert.severity
    is_too_soon = is_open and raised_through is not None and now - raised_through < _PAUSE
    if not fresh or (is_too_soon and not is_more_urgent):
        return None
    number = episodes.open_or_update(
        connection, _finding(fresh, calls if is_open else fresh, now), None, None, now
    )
    unassigned_calls.mark_notified(connection, fresh)
    return number


def _is_fresh(call: UnassignedCall, alert: Alert | None) -> bool:
    """Return whether the staff were not notified of a call: each press counts, and of a detector the beginning."""
    if _is_new(call):
        return True
    if call.metric == SOS.number:
        return call.told_through is None or call.last_at > call.told_through
    closed_at = None if alert is None else alert.closed_at
    return closed_at is not None and call.last_at - closed_at >= RAISED_AGAIN_AFTER


def _raised_through(alert: Alert | None) -> datetime | None:
    raised_through = None if alert is None else alert.reason.get("told_through")
    return datetime.fromisoformat(raised_through).astimezone(UTC) if isinstance(raised_through, str) else None


def _severity(calls: Sequence[UnassignedCall]) -> Severity:
    priorities = {METRICS_BY_NUMBER[call.metric].call for call in calls}
    return STRAY_SOS.highest if CallPriority.P1 in priorities else STRAY_SOS.lowest


def _finding(fresh: Sequence[UnassignedCall], named: Sequence[UnassignedCall], now: datetime) -> Finding:
    # A call that was raised before goes on: what is new of it is its last message.
    began_at = min(one.began_at if _is_new(one) else one.last_at for one in fresh)
    return Finding(
        rule=NAME,
        subject=WARD,
        severity=_severity(fresh),
        began_at=began_at,
        raised_at=began_at,
        cleared_at=None,
        reason=as_json(
            reasons.UnassignedSosReason(
                rule_version=VERSION,
                buttons=tuple(
                    reasons.UnassignedButton(
                        sender=one.sender,
                        metric=METRICS_BY_NUMBER[one.metric].name,
                        cause=one.why,
                        last_at=one.last_at,
                        presses=one.presses,
                    )
                    for one in _most_urgent_first(fresh, named)[:_NAMED]
                ),
                told_through=now,
                ruled_out=(),
                confidence=Confidence.HIGH,
            )
        ),
    )


def _is_new(call: UnassignedCall) -> bool:
    return call.told_through is None or call.told_through < call.began_at


def _most_urgent_first(
    fresh: Sequence[UnassignedCall], named: Sequence[UnassignedCall]
) -> list[UnassignedCall]:
    """Return the calls that an alert names: emergencies first, and of these the new ones; otherwise the latest."""
    return sorted(
        named, key=lambda one: (METRICS_BY_NUMBER[one.metric].call is not CallPriority.P1, one not in fresh)
    )
