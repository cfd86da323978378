"""On which channel a message goes next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.domain.alert import NotificationKind, Severity
from core.domain.delivery.channel_order import in_order, suits
from core.domain.delivery.contact_channel import ContactChannel
from core.domain.delivery.record import DeliveryRecord, DeliveryState
from core.domain.people import Channel
from detectors.alerting.channel_choice import choose, is_round_over

NOW = datetime(2026, 8, 1, tzinfo=UTC)
LINE = ContactChannel(1, 1, 1, Channel.LINE, "U" + "0" * 32, confirmed_at=NOW)
SMS = ContactChannel(2, 1, 2, Channel.SMS, "+819012345678", confirmed_at=NOW)
VOICE = ContactChannel(3, 1, 3, Channel.VOICE, "+819012345678", confirmed_at=NOW)
MAIL = ContactChannel(4, 1, 4, Channel.MAIL, "taro@example.jp", confirmed_at=NOW)
ALL = (LINE, SMS, VOICE, MAIL)


def order(
    *channels: ContactChannel,
    kind: NotificationKind = NotificationKind.OPENING,
    severity: Severity = Severity.EMERGENCY,
    last_used: dict[int, datetime] | None = None,
) -> list[Channel]:
    return [one.kind for one in in_order(channels or ALL, kind, severity, last_used or {})]


def record(
    channel: ContactChannel, state: DeliveryState = DeliveryState.WAITING, **more: Any
) -> DeliveryRecord:
    values: dict[str, Any] = dict.fromkeys(("accepted_at", "arrived_at", "read_at", "answered_at", "failed_at", "provider_id", "parts", "retry_at", "error"))  # fmt: skip
    values |= {"attempts": 1, "planned_at": NOW, "request_key": "key", **more}
    return DeliveryRecord(
        number=1, notification=1, channel=channel.number, kind=channel.kind, state=state, **values
    )


def test_channels_are_tried_in_the_contacts_own_order() -> None:
    assert order() == [Channel.LINE, Channel.SMS, Channel.VOICE, Channel.MAIL]


def test_a_number_that_nobody_confirmed_is_never_used_and_an_unconfirmed_mail_last() -> None:
    mail, sms = replace(MAIL, place=1, confirmed_at=None), replace(SMS, confirmed_at=None)
    assert order(mail, sms, VOICE) == [Channel.VOICE, Channel.MAIL]


def test_a_dead_address_is_tried_after_all_others_and_a_blocked_line_account_never() -> None:
    dead = {"unreachable_since": NOW, "unreachable_reason": "gone"}
    assert order(replace(LINE, **dead), replace(SMS, **dead), MAIL) == [Channel.MAIL, Channel.SMS]


@pytest.mark.parametrize(
    ("kind", "severity", "rings"),
    [
        (NotificationKind.OPENING, Severity.EMERGENCY, True),
        (NotificationKind.UNCLAIMED, Severity.CHECK_SOON, True),
        (NotificationKind.REMINDER, Severity.EMERGENCY, True),
        (NotificationKind.OPENING, Severity.KEEP_AN_EYE, False),
        (NotificationKind.CLOSED, Severity.EMERGENCY, False),
    ],
)
def test_a_telephone_rings_only_when_somebody_must_act_soon(
    kind: NotificationKind, severity: Severity, rings: bool
) -> None:
    assert suits(Channel.VOICE, kind, severity) is rings


def test_an_empty_battery_sends_no_short_message() -> None:
    assert not suits(Channel.SMS, NotificationKind.OPENING, Severity.EQUIPMENT)
    assert suits(Channel.SMS, NotificationKind.OPENING, Severity.KEEP_AN_EYE)


def test_an_emergency_that_nobody_answered_goes_on_another_channel_next_and_comes_round_again() -> None:
    used = {LINE.number: NOW}
    assert order(last_used=used)[0] is Channel.SMS
    assert order(last_used=used, kind=NotificationKind.REMINDER)[0] is Channel.SMS
    used |= {SMS.number: NOW + timedelta(minutes=1), VOICE.number: NOW + timedelta(minutes=2)}
    used |= {MAIL.number: NOW + timedelta(minutes=3)}
    assert order(last_used=used)[0] is Channel.LINE
    # What can wait stays on the channel that the contact prefers.
    assert order(last_used=used, severity=Severity.CHECK_SOON)[0] is Channel.LINE


def test_every_channel_is_tried_once_before_any_is_tried_again() -> None:
    records: list[DeliveryRecord] = []
    taken: list[Channel] = []
    for _ in range(3):
        choice = choose(ALL[:3], records, NOW, ())
        assert choice.next is not None
        taken.append(choice.next.kind)
        records.append(record(choice.next))
    assert taken == [Channel.LINE, Channel.SMS, Channel.VOICE]
    choice = choose(ALL[:3], records, NOW, ())
    assert is_round_over(choice, records)
    assert choice.next is LINE


def test_a_refused_channel_is_not_tried_again_and_the_last_one_refused_leaves_none() -> None:
    gone = record(LINE, DeliveryState.FAILED, failed_at=NOW)
    assert choose([LINE, SMS], [gone], NOW, ()).next is SMS
    assert choose([LINE], [gone], NOW, ()).next is None


def test_an_attempt_whose_sender_died_is_made_again_on_the_same_channel_with_its_key() -> None:
    records = [record(LINE, DeliveryState.TRYING)]
    assert choose([LINE, SMS], records, NOW, ()).next is LINE


def test_a_provider_that_wants_to_be_left_alone_is_asked_after_the_others() -> None:
    busy = record(LINE, retry_at=NOW + timedelta(minutes=5))
    sms = record(SMS, attempts=4)
    assert choose([LINE, SMS], [busy, sms], NOW, ()).next is SMS
    assert choose([LINE, SMS], [busy, sms], NOW + timedelta(minutes=5), ()).next is LINE


def test_a_kind_that_takes_nothing_at_present_is_passed_over_but_stays_open() -> None:
    choice = choose([LINE, SMS], [], NOW, {Channel.LINE})
    assert choice.next is SMS
    assert choose([LINE], [], NOW, {Channel.LINE}).open == (LINE,)
