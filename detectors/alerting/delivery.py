"""Takes messages out of the outbox and delivers them, at least once each.

A sender leases a message, commits "sending", makes one attempt and records how it ended. A sender that dies leaves its lease behind;
when that has run out another takes the message over. So a message may arrive twice, and none is lost.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.clock import Clock, SystemClock
from core.domain.alert import Delivery, EventKind, NotificationKind, Severity
from core.domain.people import Contact
from core.errors import StoreUnavailableError
from core.logs import get_logger
from core.store.alerts import alerts, answer_links, events, notifications
from core.store.alerts.notifications import Lease
from core.store.database import Connection, Database
from core.store.people import residents
from detectors.alerting import escalation, messages
from detectors.alerting.channels import ATTEMPT_LIMIT_S, Attempt, DeliveryResult
from detectors.alerting.messages import Facts, Text

LEASE = timedelta(seconds=ATTEMPT_LIMIT_S + 10)
_TIMEOUT = "timeout"

_log = get_logger(__name__)


class DeliveryWorker(Protocol):
    """What delivers a text to a contact."""

    def send(self, contact: Contact, text: Text) -> Attempt:
        """Make one attempt."""
        ...


@dataclass(frozen=True)
class Office:
    """What every message needs to know of us."""

    base_url: str
    centre_phone: str
    zone: ZoneInfo


class Sender:
    """Delivers messages one at a time; several may work beside each other, in threads and in processes.

    Parameters
    ----------
    database : Database
        Holds the outbox.
    clock : Clock
        The service's time.
    carrier : Carrier
        Makes the attempts.
    office : Office
        Our address and telephone number.
    lease : timedelta
        How long a message is a sender's own, in the machine's time; longer than any attempt.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channel: DeliveryWorker,
        office: Office,
        *,
        lease: timedelta = LEASE,
    ) -> None:
        self._database = database
        self._clock = clock
        self._machine = SystemClock()
        self._channel = channel
        self._office = office
        self._lease = lease

    def send_one(self, least_urgent: Severity = Severity.EQUIPMENT) -> bool:
        """Deliver the most urgent message that is due, if it is about an alert that is urgent enough; return False if there is none."""
        now, machine_now = self._clock.now(), self._machine.now()
        with self._database.transaction() as connection:
            lease = notifications.lease_one(
                connection, now, machine_now, machine_now + self._lease, least_urgent=least_urgent
            )
        if lease is None:
            return False
        attempt = self._attempt(lease, now)
        if attempt is not None:
            self._settle(lease, attempt)
        return True

    def _attempt(self, lease: Lease, now: datetime) -> Attempt | None:
        """Write the message and hand it over; None if it is overtaken. The lease is committed before, so trouble with one counts."""
        try:
            with self._database.transaction() as connection:
                text = self._written(connection, lease, now)
            return None if text is None else self._channel.send(lease.contact, text)
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - one message that cannot be sent must not stop the others
            _log.error(
                "notification_attempt_failed", notification=lease.notification, error=type(error).__name__
            )
            return Attempt(DeliveryResult.FAILED, "internal_error")

    def _written(self, connection: Connection, lease: Lease, now: datetime) -> Text | None:
        alert = alerts.get(connection, lease.alert)
        if residents.contact(connection, lease.contact.number) is None:
            notifications.finish(connection, lease, Delivery.CANCELLED, error="contact_disabled")
            return None
        if not messages.is_still_true(lease.kind, alert) or notifications.is_superseded(connection, lease):
            notifications.finish(connection, lease, Delivery.CANCELLED, error="overtaken")
            return None
        around = notifications.surroundings(
            connection, lease.alert, lease.contact.number, messages.ACTORS[lease.kind]
        )
        facts = Facts(
            alert=alert,
            contact=lease.contact,
            around=around,
            zone=self._zone(around.time_zone),
            now=now,
            base_url=self._office.base_url,
            token=answer_links.issue(connection, lease.alert, lease.contact.number, now)
            if lease.kind in messages.LINKED
            else "",
            centre_phone=self._office.centre_phone,
        )
        try:
            return messages.render(lease.kind, facts)
        except Exception:  # noqa: BLE001 - few words are better than none
            _log.exception("notification_render_failed", notification=lease.notification, alert=lease.alert)
            return messages.plain(lease.kind, facts)

    def _zone(self, name: str) -> ZoneInfo:
        try:
            return ZoneInfo(name) if name else self._office.zone
        except (ZoneInfoNotFoundError, ValueError):
            return self._office.zone

    def _settle(self, lease: Lease, attempt: Attempt) -> None:
        now = self._clock.now()
        status, retry_at = _outcome(lease, attempt, now)
        with self._database.transaction() as connection:
            is_ours = notifications.finish(
                connection,
                lease,
                status,
                due_at=retry_at,
                error=attempt.error,
                sent_at=now if status is Delivery.SENT else None,
            )
            if is_ours and lease.kind is NotificationKind.OPENING and _is_given_up(lease, attempt, status):
                _give_up(connection, lease, status, attempt.error or "", now)
        _log.info(
            "notification_attempted",
            notification=lease.notification,
            alert=lease.alert,
            message=lease.kind,
            channel=lease.contact.channel,
            attempt=lease.attempts,
            status=status,
            error=attempt.error,
        )


def _outcome(lease: Lease, attempt: Attempt, now: datetime) -> tuple[Delivery, datetime | None]:
    """Return how the message stands after an attempt, and when it is tried again."""
    match attempt.arrival:
        case DeliveryResult.DELIVERED:
            return Delivery.SENT, None
        case DeliveryResult.REFUSED:
            return Delivery.FAILED, None
        case DeliveryResult.UNKNOWN if lease.last_error == _TIMEOUT:
            return Delivery.UNKNOWN, None
        case DeliveryResult.UNKNOWN:
            return Delivery.PENDING, now + escalation.UNKNOWN_BACKOFF
        case DeliveryResult.FAILED:
            pause = _pause(lease, now)
            return (Delivery.FAILED, None) if pause is None else (Delivery.PENDING, now + pause)


def _pause(lease: Lease, now: datetime) -> timedelta | None:
    """Return how long to wait after a failed attempt; None to try no more."""
    if lease.attempts <= len(escalation.BACKOFF):
        return escalation.BACKOFF[lease.attempts - 1]
    has_hope = lease.kind is NotificationKind.OPENING and now - lease.created_at < escalation.LAST_HOPE
    return escalation.LAST_PACE if has_hope else None


def _is_given_up(lease: Lease, attempt: Attempt, status: Delivery) -> bool:
    """Return whether nobody waits for the message any more, even if it is still tried."""
    is_overdue = attempt.arrival is DeliveryResult.FAILED and lease.attempts > len(escalation.BACKOFF)
    return is_overdue or status in {Delivery.FAILED, Delivery.UNKNOWN}


def _give_up(connection: Connection, lease: Lease, status: Delivery, error: str, now: datetime) -> None:
    """Notify the staff by the alert's history, and the planner, who takes the next step early if nobody else was reached; once."""
    if status is Delivery.FAILED:
        notifications.cancel_later(connection, lease, "opening_failed")
    if any(
        event.detail.get("notification") == lease.notification
        for event in alerts.events(connection, lease.alert)
    ):
        return
    detail = {"notification": lease.notification, "status": status.value, "error": error}
    events.record(
        connection,
        lease.alert,
        EventKind.DELIVERY_FAILED,
        now,
        contact=lease.contact.number,
        detail=detail,
    )
