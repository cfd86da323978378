"""Sends events to other programs once more, one attempt each, when somebody of the staff asked for it.

The event has the id that it had, so a receiver that took it after all knows it again; it says how the alert is now.
"""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.clock import Clock, SystemClock
from core.credentials.sealed_values import Sealer
from core.domain.delivery.record import Attempt, DeliveryResult
from core.domain.people import Channel
from core.errors import MimamoriError, StoreUnavailableError
from core.logs import get_logger
from core.store.alerts import alerts, notifications, webhook_redeliveries
from core.store.alerts.webhook_redeliveries import LeasedRedelivery
from core.store.database import Connection, Database
from core.store.people import contact_channels, residents
from detectors.alerting import messages
from detectors.alerting.delivery import LEASE, Office
from detectors.alerting.messages import Facts
from detectors.alerting.outgoing import DeliveryWorker, OutgoingMessage

_log = get_logger(__name__)


class RedeliverySender:
    """Sends what somebody asked for; several may work beside each other.

    Parameters
    ----------
    database, clock, channel, office, sealer
        As of the sender of alerts.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channel: DeliveryWorker,
        office: Office,
        *,
        sealer: Sealer | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._machine = SystemClock()
        self._channel = channel
        self._office = office
        self._sealer = sealer

    def send_one(self) -> bool:
        """Send one event that waits; return False if none does."""
        machine_now = self._machine.now()
        until = machine_now + LEASE
        with self._database.transaction() as connection:
            one = webhook_redeliveries.lease_one(connection, machine_now, until)
        if one is None:
            return False
        attempt = self._attempt(one)
        with self._database.transaction() as connection:
            webhook_redeliveries.finish(connection, one, until, attempt, self._clock.now())
            if attempt.arrival is DeliveryResult.DELIVERED and one.channel is not None:
                contact_channels.set_reachable(connection, one.channel)
        _log.info(
            "event_sent_again", alert=one.alert, delivery=one.delivery, result=attempt.arrival, error=attempt.error
        )  # fmt: skip
        return True

    def _attempt(self, one: LeasedRedelivery) -> Attempt:
        try:
            with self._database.transaction() as connection:
                message = self._prepared(connection, one, self._clock.now())
            if message is None:
                return Attempt(DeliveryResult.REFUSED, "no_channel")
            return self._channel.send(message)
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - one event that cannot be sent must not stop the others
            code = "secret_unreadable" if isinstance(error, MimamoriError) else "internal_error"
            _log.error("event_not_sent_again", delivery=one.delivery, error=type(error).__name__)
            return Attempt(DeliveryResult.FAILED, code)

    def _prepared(
        self, connection: Connection, one: LeasedRedelivery, now: datetime
    ) -> OutgoingMessage | None:
        """Write the event; None if its contact or address is no more."""
        contact = residents.contact(connection, one.contact)
        channels = contact_channels.of_contact(connection, one.contact)
        channel = next((found for found in channels if found.number == one.channel), None)
        if contact is None or channel is None or channel.kind is not Channel.WEBHOOK:
            return None
        alert = alerts.get(connection, one.alert)
        around = notifications.surroundings(connection, one.alert, one.contact, messages.ACTORS[one.kind])
        facts = Facts(
            alert=alert,
            contact=contact,
            around=around,
            zone=_zone(around.time_zone, self._office.zone),
            now=now,
            base_url=self._office.base_url,
            token="",
            centre_phone=self._office.centre_phone,
            together=alerts.companions(connection, alert),
        )
        return OutgoingMessage(
            channel=Channel.WEBHOOK,
            address=contact_channels.true_address(channel, self._sealer),
            language=channel.language or contact.language,
            text=messages.render(one.kind, facts),
            kind=one.kind,
            alert=alert,
            request_key=one.request_key,
            answer_url="",
            planned_at=one.planned_at,
        )


def _zone(name: str, otherwise: ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(name) if name else otherwise
    except (ZoneInfoNotFoundError, ValueError):
        return otherwise
