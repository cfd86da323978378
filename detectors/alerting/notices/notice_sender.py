"""Delivers messages that are about no alert, at least once each: the contact's channels in turn, then again after a while."""

from datetime import datetime, timedelta

from core.clock import Clock, SystemClock
from core.credentials.sealed_values import Sealer
from core.domain.agreed.prompt import ASKED_ON, PROMPT_LASTS
from core.domain.alert import NotificationKind, Severity
from core.domain.delivery.channel_order import in_order
from core.domain.delivery.contact_channel import TESTABLE, ContactChannel
from core.domain.delivery.record import Attempt, DeliveryResult
from core.domain.people import Channel, Contact
from core.domain.planned_absence import ASKED_EVERY
from core.errors import StoreUnavailableError
from core.logs import get_logger
from core.store.alerts import notices
from core.store.alerts.notices import Notice, NoticeKind
from core.store.database import Connection, Database
from core.store.operation import provider_quota
from core.store.people import contact_channels, planned_absences, residents, watch_changes, weakenings
from core.store.people.agreed import prompts
from core.store.people.links import contact_links
from core.store.people.links.contact_links import LinkPurpose
from core.store.people.watch_changes import Concerned
from detectors.alerting.delivery import LEASE, Office
from detectors.alerting.messages import Text
from detectors.alerting.notices import digest, digest_text, notice_texts, weakening_text
from detectors.alerting.outgoing import DeliveryWorker, OutgoingMessage

# After each attempt that failed; then it is given up: what it says is on the board.
_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))

# Whoever gets a test may press for so long.
_TEST_LASTS = timedelta(days=7)

# Which channels a message may take: those of what is worth an eye, or of what is about equipment.
_URGENCY = {
    NoticeKind.EVENING: Severity.EQUIPMENT,
    NoticeKind.EQUIPMENT: Severity.EQUIPMENT,
    NoticeKind.WEAKENING: Severity.KEEP_AN_EYE,
    NoticeKind.SECOND_PERSON: Severity.KEEP_AN_EYE,
    NoticeKind.SECOND_PERSON_EXPIRED: Severity.KEEP_AN_EYE,
    NoticeKind.STILL_AWAY: Severity.KEEP_AN_EYE,
    NoticeKind.CHANNEL_TEST: Severity.KEEP_AN_EYE,
    NoticeKind.DEAD_CHANNEL: Severity.EQUIPMENT,
    NoticeKind.UNWATCHED: Severity.CHECK_SOON,
    NoticeKind.OUTAGE: Severity.CHECK_SOON,
    NoticeKind.OUTAGE_OVER: Severity.KEEP_AN_EYE,
    NoticeKind.DIGEST: Severity.EQUIPMENT,
    NoticeKind.PREFERENCES: Severity.KEEP_AN_EYE,
    NoticeKind.PROMPT: Severity.CHECK_SOON,
}
# What a stranger must not get goes to channels only that somebody confirmed, and that a person reads.
_CONFIRMED_ONLY = {
    NoticeKind.DIGEST: TESTABLE,
    NoticeKind.PREFERENCES: TESTABLE,
    NoticeKind.PROMPT: frozenset(ASKED_ON),
}
# The link to a contact's own page lasts until the next month's test brings another, and some days.
_SETTINGS_LAST = timedelta(days=35)
# What was evaluated is known for so long, in the machine's time.
_KNOWN_FOR = timedelta(seconds=30)
# What the link in a message is for, of those that have one.
_PURPOSES = {
    NoticeKind.SECOND_PERSON: LinkPurpose.CONFIRM_ABSENCE,
    NoticeKind.STILL_AWAY: LinkPurpose.STILL_AWAY,
}
# Messages that state times of the ward's clock.
_WITH_TIMES = {NoticeKind.EVENING: notice_texts.render, NoticeKind.UNWATCHED: notice_texts.unwatched}
_ABOUT_EQUIPMENT = {
    NoticeKind.EQUIPMENT: notice_texts.equipment,
    NoticeKind.DEAD_CHANNEL: notice_texts.dead_channel,
}
_ABOUT_ABSENCES = {
    NoticeKind.SECOND_PERSON: weakening_text.render_second_person,
    NoticeKind.SECOND_PERSON_EXPIRED: weakening_text.render_expired,
    NoticeKind.STILL_AWAY: weakening_text.render_still_away,
}

_log = get_logger(__name__)


class NoticeSender:
    """Delivers notices one at a time; several may work beside each other.

    Parameters
    ----------
    database, clock, channel, office, sealer
        As of the sender of alerts.
    is_hurried : bool
        Whether this one leaves what goes to many at once (outages to families, summaries, monthly tests) to others.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channel: DeliveryWorker,
        office: Office,
        *,
        sealer: Sealer | None = None,
        is_hurried: bool = False,
    ) -> None:
        self._database = database
        self._clock = clock
        self._machine = SystemClock()
        self._channel = channel
        self._office = office
        self._sealer = sealer
        self._is_hurried = is_hurried

    def send_one(self) -> bool:
        """Deliver one message that is due; return False if there is none."""
        now, machine_now = self._clock.now(), self._machine.now()
        until = machine_now + LEASE
        with self._database.transaction() as connection:
            notice = notices.lease_one(connection, now, machine_now, until, is_hurried=self._is_hurried)
        if notice is None:
            return False
        # Only now, when the message itself is not locked any more: whoever changes the contact locks that first, and the message then.
        with self._database.transaction() as connection:
            if notice.kind is NoticeKind.CHANNEL_TEST:
                # Nobody puts another address in the place of this one before its link is known.
                contact_channels.hold_contact(connection, notice.contact)
            if not notices.is_leased(connection, notice.number, until):
                # It was withdrawn meanwhile, or went with its contact.
                return True
            message = self._prepared(connection, notice, now)
        attempt = Attempt(DeliveryResult.REFUSED, "no_channel") if message is None else self._attempt(message)
        self._settle(notice, until, attempt, None if message is None else message.channel)
        return True

    def _prepared(self, connection: Connection, notice: Notice, now: datetime) -> OutgoingMessage | None:
        """Choose the channel and write the message; None if no channel may be used, or it cannot be written."""
        contact = residents.contact(connection, notice.contact)
        if contact is None or not _is_awaited(connection, notice, now):
            return None
        usable = self._usable(connection, notice, contact, now)
        if not usable:
            return None
        channel = usable[(notice.attempts - 1) % len(usable)]
        try:
            address = contact_channels.true_address(channel, self._sealer)
            answer_url = self._answer_url(connection, notice, contact, now)
            settings_url = self._settings_url(connection, notice, contact, channel, now)
            text = self._text(connection, notice, contact, (answer_url, settings_url), now)
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - one message that cannot be written must not stop the others
            _log.error("notice_attempt_failed", notice=notice.number, error=type(error).__name__)
            return None
        return OutgoingMessage(
            channel=channel.kind,
            address=address,
            language=channel.language or contact.language,
            text=text,
            kind=None,
            alert=None,
            request_key=notice.request_key,
            # Where a message has room for one link only, or for a button.
            answer_url=answer_url or settings_url,
            planned_at=notice.created_at,
            notice=notice.kind,
        )

    def _usable(
        self, connection: Connection, notice: Notice, contact: Contact, now: datetime
    ) -> list[ContactChannel]:
        """Return the channels on which a message may go, the best first."""
        there = contact_channels.of_contact(connection, contact.number)
        if notice.kind is NoticeKind.CHANNEL_TEST:
            # No other one shows that this one works; that it is known to be dead is what is tried.
            usable = [one for one in there if one.number == notice.body["channel"] and one.can_be_tested]
        else:
            usable = in_order(there, NotificationKind.CLEARED, _URGENCY[notice.kind], {})
        if notice.kind in _CONFIRMED_ONLY:
            kinds = _CONFIRMED_ONLY[notice.kind]
            usable = [one for one in usable if one.is_confirmed and one.kind in kinds]
        quota = provider_quota.state(connection, Channel.LINE)
        if quota is not None and quota.is_kept_from(_URGENCY[notice.kind], now):
            usable = [one for one in usable if one.kind is not Channel.LINE]
        return usable

    def _answer_url(self, connection: Connection, notice: Notice, contact: Contact, now: datetime) -> str:
        """Return the address where the contact answers without signing in; empty where there is nothing to answer."""
        if notice.kind is NoticeKind.CHANNEL_TEST:
            token = contact_links.issue(
                connection,
                contact.number,
                LinkPurpose.CHANNEL_TEST,
                channel=notice.body["channel"],
                expires_at=now + _TEST_LASTS,
                now=now,
            )
            return f"{self._office.base_url}/c/{token}"
        if notice.kind is NoticeKind.PROMPT:
            token = contact_links.issue(
                connection,
                contact.number,
                LinkPurpose.PROMPT,
                prompt=notice.body["prompt"],
                expires_at=now + PROMPT_LASTS,
                now=now,
            )
            return f"{self._office.base_url}/c/{token}"
        if notice.kind not in _PURPOSES:
            return ""
        absence = planned_absences.get(connection, notice.body["absence"])
        is_pause = notice.kind is NoticeKind.SECOND_PERSON
        if is_pause and not weakenings.may_confirm_by_link(connection, absence, contact):
            return ""
        token = contact_links.issue(
            connection,
            contact.number,
            _PURPOSES[notice.kind],
            absence=absence.number,
            expires_at=absence.expires_at if is_pause else now + ASKED_EVERY,
            now=now,
        )
        return f"{self._office.base_url}/c/{token}"

    def _settings_url(
        self, connection: Connection, notice: Notice, contact: Contact, channel: ContactChannel, now: datetime
    ) -> str:
        """Return the address of the contact's own page; empty where a stranger might read it, or the message has no room for it."""
        carries = notice.kind in _CONFIRMED_ONLY or notice.body.get("is_monthly", False)
        has_room = channel.kind is not Channel.SMS or notice.kind is NoticeKind.PREFERENCES
        if not carries or not has_room or not channel.is_confirmed or contact.resident is None:
            return ""
        token = contact_links.issue(
            connection,
            contact.number,
            LinkPurpose.PREFERENCES,
            channel=channel.number,
            expires_at=now + _SETTINGS_LAST,
            now=now,
        )
        return f"{self._office.base_url}/c/{token}/settings"

    def _text(
        self, connection: Connection, notice: Notice, contact: Contact, urls: tuple[str, str], now: datetime
    ) -> Text:
        answer_url, settings_url = urls
        if notice.kind in _WITH_TIMES:
            return _WITH_TIMES[notice.kind](
                notice, contact.language, self._office.base_url, self._office.zone, now
            )
        if notice.kind in _ABOUT_EQUIPMENT:
            return _ABOUT_EQUIPMENT[notice.kind](notice, contact.language, self._office.base_url)
        if notice.kind is NoticeKind.CHANNEL_TEST:
            return notice_texts.channel_test(notice, contact.language, answer_url, settings_url)
        if notice.kind is NoticeKind.PREFERENCES:
            return notice_texts.preferences(contact.language, settings_url)
        return self._text_about_resident(connection, notice, contact, urls, now)

    def _text_about_resident(
        self, connection: Connection, notice: Notice, contact: Contact, urls: tuple[str, str], now: datetime
    ) -> Text:
        if notice.kind is NoticeKind.DIGEST:
            found = digest.facts(connection, notice.body, now)
            known_since = now - _KNOWN_FOR * max(1.0, self._clock.factor)
            return digest_text.render(found, contact, known_since, now, urls[1])
        answer_url = urls[0]
        resident = residents.get(connection, notice.body["resident"])
        zone = residents.home_of(connection, resident.number).zone
        if notice.kind in {NoticeKind.OUTAGE, NoticeKind.OUTAGE_OVER}:
            return notice_texts.outage(notice, resident, contact, zone, now)
        if notice.kind is NoticeKind.PROMPT:
            prompt = prompts.get(connection, notice.body["prompt"])
            return notice_texts.prompt(prompt, contact.language, answer_url, zone, now)
        if notice.kind is NoticeKind.WEAKENING:
            change = watch_changes.one(connection, notice.body["change"], Concerned(resident=resident.number))
            return weakening_text.render(change, resident, contact, self._office.base_url, zone, now)
        absence = planned_absences.get(connection, notice.body["absence"])
        page_url = f"{self._office.base_url}/residents/{resident.number}/absences"
        return _ABOUT_ABSENCES[notice.kind](
            absence, resident, contact, zone, now, answer_url=answer_url, page_url=page_url
        )

    def _attempt(self, message: OutgoingMessage) -> Attempt:
        try:
            return self._channel.send(message)
        except Exception as error:  # noqa: BLE001 - one message that cannot be sent must not stop the others
            _log.error("notice_attempt_failed", notice=None, error=type(error).__name__)
            return Attempt(DeliveryResult.FAILED, "internal_error")

    def _settle(self, notice: Notice, until: datetime, attempt: Attempt, channel: Channel | None) -> None:
        now = self._clock.now()
        is_sent = attempt.arrival is DeliveryResult.DELIVERED
        # A question that nobody can be asked, or that is asked too late, is not tried again.
        is_pointless = notice.kind is NoticeKind.PROMPT and channel is None
        is_over = not is_sent and (is_pointless or notice.attempts > len(_PAUSES))
        with self._database.transaction() as connection:
            if is_sent and notice.kind is NoticeKind.PROMPT and channel is not None:
                prompts.note_sent(connection, notice.body["prompt"], channel, now)
            notices.finish(
                connection,
                notice.number,
                until,
                sent_at=now if is_sent else None,
                given_up_at=now if is_over else None,
                due_at=None if is_sent or is_over else now + _PAUSES[notice.attempts - 1],
                error=attempt.error,
            )
        _log.info(
            "notice_attempted",
            notice=notice.number,
            kind=notice.kind,
            attempt=notice.attempts,
            status=attempt.arrival,
            error=attempt.error,
        )


def _is_awaited(connection: Connection, notice: Notice, now: datetime) -> bool:
    """Return whether a message still says something; a question does not once somebody moved."""
    return notice.kind is not NoticeKind.PROMPT or prompts.is_awaited(connection, notice.body["prompt"], now)
