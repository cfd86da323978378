"""Takes messages out of the outbox and delivers them, at least once each.

A sender leases a message, commits "sending", makes one attempt and records how it ended. A sender that dies leaves its lease behind;
when that has run out another takes the message over. So a message may arrive twice, and none is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.clock import Clock, SystemClock
from core.credentials.sealed_values import Sealer
from core.domain.alert import Delivery, EventKind, NotificationKind, Severity
from core.domain.delivery.channel_order import in_order
from core.domain.delivery.contact_channel import STAFF_ONLY, ContactChannel
from core.domain.delivery.record import Attempt, DeliveryRecord, DeliveryResult, DeliveryState
from core.domain.people import Channel
from core.errors import MimamoriError, StoreUnavailableError
from core.logs import get_logger
from core.monitoring.tally import Tally
from core.store.alerts import alerts, answer_links, deliveries, events, notifications
from core.store.alerts.notifications import Lease
from core.store.database import Connection, Database
from core.store.operation import provider_quota
from core.store.people import contact_channels, residents
from detectors.alerting import channel_choice, companions, escalation, messages
from detectors.alerting.channel_choice import ChannelChoice
from detectors.alerting.channels import ATTEMPT_LIMIT_S
from detectors.alerting.messages import Facts, Text
from detectors.alerting.outgoing import DeliveryWorker, OutgoingMessage
from detectors.alerting.providers.twilio import spoken_text

LEASE = timedelta(seconds=ATTEMPT_LIMIT_S + 10)
# Whose service knows a repeat by its key, so that what may have arrived is sent once more without harm.
_KNOWS_REPEATS = frozenset({Channel.LINE})
# Read by programs, or by more people than the contact: who answers there would do it in the contact's name.
_NEVER_LINKED = STAFF_ONLY | {Channel.WEBHOOK}
_NO_CHANNEL = "no_channel"
# Short messages show on a locked screen as they are, so each says only where to read on.
_ALWAYS_LINKED = frozenset({Channel.SMS})

_log = get_logger(__name__)


@dataclass(frozen=True)
class Office:
    """What every message needs to know of us."""

    base_url: str
    centre_phone: str
    zone: ZoneInfo


@dataclass(frozen=True)
class _Prepared:
    """A message whose attempt has been noted, and what it was chosen from."""

    message: OutgoingMessage
    record: DeliveryRecord
    ordered: Sequence[ContactChannel]
    closed: frozenset[Channel]


class Sender:
    """Delivers messages one at a time; several may work beside each other, in threads and in processes.

    Parameters
    ----------
    database : Database
        Holds the outbox.
    clock : Clock
        The service's time.
    channel : DeliveryWorker
        Makes the attempts.
    office : Office
        Our address and telephone number.
    lease : timedelta
        How long a message is a sender's own, in the machine's time; longer than any attempt.
    sealer : Sealer or None
        Opens the addresses that are stored encrypted; None where no key is set.
    tally : Tally, optional
        Takes the figures.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channel: DeliveryWorker,
        office: Office,
        *,
        lease: timedelta = LEASE,
        sealer: Sealer | None = None,
        tally: Tally | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._machine = SystemClock()
        self._channel = channel
        self._office = office
        self._lease = lease
        self._sealer = sealer
        self._tally = tally or Tally()

    def send_one(self, least_urgent: Severity = Severity.EQUIPMENT) -> bool:
        """Deliver the most urgent message that is due, if it is about an alert that is urgent enough; return False if there is none."""
        now, machine_now = self._clock.now(), self._machine.now()
        with self._database.transaction() as connection:
            lease = notifications.lease_one(
                connection, now, machine_now, machine_now + self._lease, least_urgent=least_urgent
            )
        if lease is None:
            return False
        try:
            with self._database.transaction() as connection:
                prepared = self._prepared(connection, lease, now)
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - one message that cannot be written must not stop the others
            self._settle_unwritten(lease, error)
            return True
        if prepared is not None:
            self._settle(lease, prepared, self._attempt(lease, prepared))
        return True

    def _attempt(self, lease: Lease, prepared: _Prepared) -> Attempt:
        """Hand the message over. Lease and attempt are committed before, so trouble with one counts."""
        try:
            return self._channel.send(prepared.message)
        except Exception as error:  # noqa: BLE001 - one message that cannot be sent must not stop the others
            _log.error(
                "notification_attempt_failed", notification=lease.notification, error=type(error).__name__
            )
            return Attempt(DeliveryResult.FAILED, "internal_error")

    def _prepared(self, connection: Connection, lease: Lease, now: datetime) -> _Prepared | None:
        """Choose the channel, write the message, and note that its attempt begins; None if nothing is to be sent."""
        alert = alerts.get(connection, lease.alert)
        if residents.contact(connection, lease.contact.number) is None:
            notifications.finish(connection, lease, Delivery.CANCELLED, error="contact_disabled")
            return None
        together = alerts.companions(connection, alert)
        is_true = messages.is_still_true(lease.kind, alert) and companions.is_wanted(
            lease.kind, alert, together
        )
        if not is_true or notifications.is_superseded(connection, lease):
            notifications.finish(connection, lease, Delivery.CANCELLED, error="overtaken")
            return None
        ordered = in_order(
            contact_channels.of_contact(connection, lease.contact.number),
            lease.kind,
            alert.severity,
            deliveries.last_used(connection, lease.alert, lease.contact.number),
        )
        records = deliveries.of_notification(connection, lease.notification)
        quota = provider_quota.state(connection, Channel.LINE)
        is_kept = quota is not None and quota.is_kept_from(alert.severity, now)
        closed = frozenset({Channel.LINE}) if is_kept else frozenset[Channel]()
        choice = channel_choice.choose(ordered, records, now, closed)
        if choice.next is None:
            self._without_channel(
                connection, lease, "line_quota_reserved" if closed else _last_error(records), now
            )
            return None
        channel = choice.next
        record = deliveries.begin(connection, lease.notification, channel.number, channel.kind, now)
        contact = replace(lease.contact, language=channel.language or lease.contact.language)
        around = notifications.surroundings(
            connection, lease.alert, lease.contact.number, messages.ACTORS[lease.kind]
        )
        is_linked = lease.kind in messages.LINKED or channel.kind in _ALWAYS_LINKED
        is_linked = is_linked and channel.kind not in _NEVER_LINKED
        facts = Facts(
            alert=alert,
            contact=contact,
            around=around,
            zone=self._zone(around.time_zone),
            now=now,
            base_url=self._office.base_url,
            token=answer_links.issue(connection, lease.alert, lease.contact.number, now) if is_linked else "",
            centre_phone=self._office.centre_phone,
            together=together,
        )
        message = OutgoingMessage(
            channel=channel.kind,
            address=contact_channels.true_address(channel, self._sealer),
            language=contact.language,
            text=self._text(lease, facts, channel.kind),
            kind=lease.kind,
            alert=alert,
            request_key=record.request_key,
            answer_url=f"{facts.base_url}/a/{facts.token}" if is_linked else "",
            planned_at=record.planned_at,
        )
        if channel.kind is Channel.VOICE:
            deliveries.keep_words(connection, record, spoken_text(message))
        return _Prepared(message, record, ordered, closed)

    def _text(self, lease: Lease, facts: Facts, kind: Channel) -> Text:
        try:
            text = messages.render(lease.kind, facts)
            return messages.for_chat(text, facts) if kind in STAFF_ONLY else text
        except Exception:  # noqa: BLE001 - few words are better than none
            _log.exception("notification_render_failed", notification=lease.notification, alert=lease.alert)
            return messages.plain(lease.kind, facts)

    def _without_channel(self, connection: Connection, lease: Lease, error: str, now: datetime) -> None:
        """End a message for which no channel is left, or was there at all."""
        if lease.kind is not NotificationKind.OPENING and error == _NO_CHANNEL:
            notifications.finish(connection, lease, Delivery.CANCELLED, error=error)
            return
        is_ours = notifications.finish(connection, lease, Delivery.FAILED, error=error)
        if is_ours and lease.kind is NotificationKind.OPENING:
            _give_up(connection, lease, Delivery.FAILED, error, now)

    def _zone(self, name: str) -> ZoneInfo:
        try:
            return ZoneInfo(name) if name else self._office.zone
        except (ZoneInfoNotFoundError, ValueError):
            return self._office.zone

    def _settle_unwritten(self, lease: Lease, error: Exception) -> None:
        """Put a message back that could not be written, such as one whose address cannot be decrypted."""
        self._tally.add("detectors_unwritten_messages")
        code = "secret_unreadable" if isinstance(error, MimamoriError) else "internal_error"
        _log.error("notification_attempt_failed", notification=lease.notification, error=type(error).__name__)
        now = self._clock.now()
        pause = _pause(lease, lease.attempts, now)
        status, due_at = (Delivery.FAILED, None) if pause is None else (Delivery.PENDING, now + pause)
        attempt = Attempt(DeliveryResult.FAILED, code)
        with self._database.transaction() as connection:
            is_ours = notifications.finish(connection, lease, status, due_at=due_at, error=code)
            if is_ours and lease.kind is NotificationKind.OPENING and _is_given_up(lease, attempt, status):
                _give_up(connection, lease, status, code, now)

    def _settle(self, lease: Lease, prepared: _Prepared, attempt: Attempt) -> None:
        self._tally.add("detectors_attempts", prepared.message.channel, attempt.arrival)
        now = self._clock.now()
        state = _state(prepared.record, attempt)
        with self._database.transaction() as connection:
            deliveries.settle(connection, prepared.record, state, attempt, now)
            self._note_address(connection, prepared.record, attempt, now)
            records = deliveries.of_notification(connection, lease.notification)
            attempt = _after_receipt(prepared.record, records, attempt)
            choice = channel_choice.choose(prepared.ordered, records, now, prepared.closed)
            status, due_at = _outcome(lease, choice, records, attempt, now)
            is_ours = notifications.finish(
                connection,
                lease,
                status,
                due_at=due_at,
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
            channel=prepared.message.channel,
            attempt=lease.attempts,
            status=status,
            error=attempt.error,
        )

    def _note_address(
        self, connection: Connection, record: DeliveryRecord, attempt: Attempt, now: datetime
    ) -> None:
        """Note of a channel that its address is dead, or that it takes messages again."""
        if record.channel is None:
            return
        if attempt.is_dead:
            contact_channels.set_unreachable(connection, record.channel, attempt.error or "", now)
        elif attempt.arrival is DeliveryResult.DELIVERED:
            contact_channels.set_reachable(connection, record.channel)


def _last_error(records: Sequence[DeliveryRecord]) -> str:
    return next((one.error for one in reversed(records) if one.error), _NO_CHANNEL)


def _after_receipt(record: DeliveryRecord, records: Sequence[DeliveryRecord], attempt: Attempt) -> Attempt:
    """Return how an attempt ended if a receipt was faster than the answer to the order: it did not arrive."""
    (own,) = [one for one in records if one.number == record.number]
    if attempt.arrival is DeliveryResult.DELIVERED and own.state is DeliveryState.FAILED:
        return replace(attempt, arrival=DeliveryResult.REFUSED, error=own.error)
    return attempt


def _state(record: DeliveryRecord, attempt: Attempt) -> DeliveryState:
    """Return how a delivery stands after an attempt; `record` is as it was before."""
    match attempt.arrival:
        case DeliveryResult.DELIVERED:
            return DeliveryState.ACCEPTED
        case DeliveryResult.REFUSED:
            return DeliveryState.FAILED
        case DeliveryResult.UNKNOWN if record.error == attempt.error and record.kind not in _KNOWS_REPEATS:
            return DeliveryState.UNKNOWN
        case DeliveryResult.UNKNOWN | DeliveryResult.FAILED:
            return DeliveryState.WAITING


def _outcome(
    lease: Lease, choice: ChannelChoice, records: Sequence[DeliveryRecord], attempt: Attempt, now: datetime
) -> tuple[Delivery, datetime | None]:
    """Return how the message stands after an attempt, and when it is tried again, on the same channel or the next."""
    if attempt.arrival is DeliveryResult.DELIVERED:
        return Delivery.SENT, None
    if choice.next is None:
        may_have_arrived = any(record.state is DeliveryState.UNKNOWN for record in records)
        return (Delivery.UNKNOWN if may_have_arrived else Delivery.FAILED), None
    if not channel_choice.is_round_over(choice, records):
        return Delivery.PENDING, now
    rounds = max((record.attempts for record in records if record.is_open), default=1)
    pause = (
        escalation.UNKNOWN_BACKOFF
        if attempt.arrival is DeliveryResult.UNKNOWN
        else _pause(lease, rounds, now)
    )
    if pause is None:
        return Delivery.FAILED, None
    waits = [record.retry_at or now for record in records if record.is_open]
    return Delivery.PENDING, max(now + pause, min(waits, default=now))


def _pause(lease: Lease, rounds: int, now: datetime) -> timedelta | None:
    """Return how long to wait after so many failed rounds over all channels; None to try no more."""
    if rounds <= len(escalation.BACKOFF):
        return escalation.BACKOFF[rounds - 1]
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
