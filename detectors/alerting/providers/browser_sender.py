"""Takes notifications of emergencies to the browsers of the staff, one after another; each belongs to one sender while it tries."""

from datetime import datetime, timedelta

from core.clock import Clock
from core.domain.alert import Alert, AlertEvent, EventKind, Handling, Severity
from core.domain.delivery.record import DeliveryResult
from core.logs import get_logger
from core.store.alerts import browser_notifications
from core.store.database import Connection, Database
from detectors.alerting.providers.web_push import WebPushProvider

_log = get_logger(__name__)

# One attempt never takes longer; then another sender tries. In the machine's time.
_LEASE = timedelta(seconds=30)
# After the first, second ... failed attempt; then it is given up, and the escalation goes its own way.
_BACKOFF = (
    timedelta(seconds=5),
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
)
_CALLS = frozenset(
    {
        EventKind.OPENED,
        EventKind.REACTIVATED,
        EventKind.REPEATED,
        EventKind.SEVERITY_RAISED,
        EventKind.RELEASED,
        EventKind.EXPIRED,
        EventKind.REOPENED,
    }
)


def plan(connection: Connection, alert: Alert, event: AlertEvent, now: datetime) -> None:
    """Put a notification on its way where an event leaves an emergency that nobody has taken."""
    if event.kind in _CALLS and alert.severity is Severity.EMERGENCY and alert.handling is Handling.OPEN:
        browser_notifications.plan(connection, event.number, alert.office, now)


class BrowserSender:
    """Sends what is due.

    Parameters
    ----------
    database : Database
        Where it waits.
    clock : Clock
        The service's time.
    provider : WebPushProvider
        Takes it there.
    """

    def __init__(self, database: Database, clock: Clock, provider: WebPushProvider) -> None:
        self._database = database
        self._clock = clock
        self._provider = provider

    def send_one(self) -> bool:
        """Send one notification that is due; False if none is."""
        now = self._clock.now()
        with self._database.transaction() as connection:
            message = browser_notifications.lease(
                connection, now, now + _LEASE * max(1.0, self._clock.factor)
            )
        if message is None:
            return False
        if not message.is_wanted:
            with self._database.transaction() as connection:
                browser_notifications.give_up(connection, message.number, now, None)
            return True
        attempt = self._provider.send(message)
        now = self._clock.now()
        with self._database.transaction() as connection:
            if attempt.arrival is DeliveryResult.DELIVERED:
                browser_notifications.mark_accepted(connection, message.number, now)
            elif attempt.arrival is DeliveryResult.REFUSED or message.attempts > len(_BACKOFF):
                browser_notifications.give_up(connection, message.number, now, attempt.error)
            else:
                wait = max(_BACKOFF[message.attempts - 1], attempt.retry_after or timedelta())
                browser_notifications.put_off(
                    connection, message.number, now + wait, attempt.error or "unknown"
                )
            if attempt.is_dead:
                browser_notifications.bury(connection, message.subscription, now)
        if attempt.arrival is not DeliveryResult.DELIVERED:
            _log.warning("push_failed", alert=message.alert, error=attempt.error)
        return True
