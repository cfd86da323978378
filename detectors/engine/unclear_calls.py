"""A device says something that looks like a call or an alarm, and nobody understands it: the staff are notified once, to have it settled."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from core.domain import reasons
from core.domain.alert import WARD, Alert, AlertKey, Condition, Finding, Handling
from core.domain.reason_card import Confidence, as_json
from core.domain.rules import UNCLEAR_CALL, read_reason
from core.store.alerts import episodes, unclear_calls
from core.store.alerts.unclear_calls import UnclearCall
from core.store.database import Connection
from core.store.detection import evaluation_queue

NAME, VERSION = UNCLEAR_CALL.name, UNCLEAR_CALL.version
ALERT_KEY = AlertKey(NAME, WARD)
# What nobody said for so long is not there any more (our choice).
_FORGOTTEN_AFTER = timedelta(days=30)
# A ward whose new sensors all say the same is no flood: while an alert is open the staff are notified again at most this often.
_PAUSE = timedelta(minutes=10)
# Where more wait than are kept, those that are forgotten come again as new ones.
_PAUSE_OF_MANY = timedelta(days=1)
# An alert names no more than these; the others follow when some of them are settled.
_NAMED = 10


def evaluate(connection: Connection, until: datetime, now: datetime) -> int | None:
    """Open the alert about fields that are not understood, repeat it for further ones, or end it; return its number if it changed.

    There is one alert for all of them. Of each field of a device the staff are notified once; it ends when the messages that wait are
    understood, by a profile and a release of the quarantine, or when nobody has said the field for a month.

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
    known = unclear_calls.since(connection, now - _FORGOTTEN_AFTER)
    alert = episodes.latest_alerts(connection, {ALERT_KEY}).get(ALERT_KEY)
    is_open = alert is not None and alert.handling is not Handling.CLOSED
    # Who is named first is whose moment the message says: the earliest.
    fresh = [call for call in reversed(known) if call.told_at is None]
    # What an earlier alert was about, which a person closed, is theirs.
    waiting = [call for call in known if _is_of(call, alert)] if is_open else []
    if fresh and not (is_open and _is_too_soon(alert, len(known), now)):
        return _raise(connection, fresh, [*fresh, *waiting], now)
    if alert is None or not is_open or fresh:
        return None
    if not waiting:
        return _end(connection, alert, now)
    return _name_fewer(connection, alert, waiting)


def _is_of(call: UnclearCall, alert: Alert | None) -> bool:
    return call.told_at is not None and alert is not None and call.told_at >= alert.opened_at


def _is_too_soon(alert: Alert | None, known: int, now: datetime) -> bool:
    told_at = None if alert is None else alert.reason.get("told_at")
    pause = _PAUSE if known < unclear_calls.MOST else _PAUSE_OF_MANY
    return isinstance(told_at, str) and now - datetime.fromisoformat(told_at).astimezone(UTC) < pause


def _raise(
    connection: Connection,
    fresh: Sequence[UnclearCall],
    named: Sequence[UnclearCall],
    now: datetime,
) -> int | None:
    finding = _finding(named, min(one.first_at for one in fresh), now)
    number = episodes.open_or_update(connection, finding, None, None, now)
    unclear_calls.mark_notified(connection, fresh, now)
    return number


def _end(connection: Connection, alert: Alert, now: datetime) -> int | None:
    if alert.condition is not Condition.ACTIVE:
        return None
    episodes.clear(connection, alert, now, now)
    return alert.number


def _name_fewer(connection: Connection, alert: Alert, waiting: Sequence[UnclearCall]) -> int | None:
    """Let the alert name only what still waits; nobody is notified of that."""
    card = read_reason(alert.rule, alert.reason)
    named = card.devices if isinstance(card, reasons.UnclearCallReason) else ()
    told_at = card.told_at if isinstance(card, reasons.UnclearCallReason) else None
    if {(one.sender, one.field) for one in named} <= {(one.sender, one.field) for one in waiting}:
        return None
    reason = _finding(waiting, alert.began_at, told_at or alert.opened_at).reason
    episodes.extend_reason(connection, alert.number, reason)
    return alert.number


def _finding(named: Sequence[UnclearCall], began_at: datetime, told_at: datetime) -> Finding:
    return Finding(
        rule=NAME,
        subject=WARD,
        severity=UNCLEAR_CALL.highest,
        began_at=began_at,
        raised_at=began_at,
        cleared_at=None,
        reason=as_json(
            reasons.UnclearCallReason(
                rule_version=VERSION,
                devices=tuple(
                    reasons.UnclearDevice(
                        sender=one.sender, device_id=one.device_id or "", field=one.field, since=one.first_at
                    )
                    for one in named[:_NAMED]
                ),
                told_at=told_at,
                ruled_out=(),
                confidence=Confidence.HIGH,
            )
        ),
    )
