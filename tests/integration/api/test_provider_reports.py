"""From a message on a telephone to its answer: what providers report, signed as they sign it, in any order and twice."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx2
import pytest
from pydantic import SecretStr

from core.credentials.provider_signatures import line_signature, twilio_signature
from core.domain.alert import Alert, Delivery, EventKind, Handling, Outcome, Severity
from core.domain.delivery.record import DeliveryRecord, DeliveryState
from core.domain.people import Channel
from core.store.alerts import alerts, deliveries, handling, notifications
from core.store.people import contact_channels, line_links
from detectors.alerting import planner
from detectors.alerting.channels import DeliveryChannel
from detectors.alerting.delivery import Office, Sender
from detectors.alerting.notices.notice_sender import NoticeSender
from tests.support.alerting import mail_sink
from tests.support.provider_stand_in import (
    BASE_URL,
    LINE_SECRET,
    TOKEN,
    USER,
    ProviderStandIn,
    provider_stand_in,
)
from tests.support.wards.api_ward import ApiWard, api_ward
from tests.support.wards.notified_ward import mail_channel

OFFICE = Office(BASE_URL, "", ZoneInfo("Asia/Tokyo"))


@dataclass
class Phones:
    """A ward, the providers' stand-in, and a sender between them."""

    ward: ApiWard
    sink: ProviderStandIn
    sender: Sender
    contact: int

    def add(self, kind: Channel, address: str) -> None:
        with self.ward.database.transaction() as connection:
            now = self.ward.clock.now()
            one = contact_channels.add(connection, self.contact, kind, address, sealer=None, confirmed_at=now)
            contact_channels.put_first(connection, one.number)

    def deliver(self) -> None:
        planner.plan_all(self.ward.database, self.ward.clock.now())
        while self.sender.send_one():
            planner.plan_all(self.ward.database, self.ward.clock.now())

    def raise_sos(self) -> int:
        number = self.ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
        self.deliver()
        return number

    def alert(self, number: int) -> Alert:
        with self.ward.database.transaction() as connection:
            return alerts.get(connection, number)

    def records(self, number: int) -> list[DeliveryRecord]:
        with self.ward.database.transaction() as connection:
            (own,) = [
                one for one in notifications.of_alert(connection, number) if one.contact == self.contact
            ][:1]
            return deliveries.of_notification(connection, own.number)

    def report(self, callback: str, fields: dict[str, str], token: str = TOKEN) -> httpx2.Response:
        path = callback.removeprefix(BASE_URL)
        signature = twilio_signature(token, BASE_URL + path, fields.items())
        return self.ward.client().post(
            path,
            content=urlencode(fields),
            headers={"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"},
        )

    def line(self, *events: dict[str, Any], secret: str = LINE_SECRET) -> httpx2.Response:
        body = json.dumps({"destination": "U0", "events": events}).encode()
        headers = {"x-line-signature": line_signature(secret, body), "Content-Type": "application/json"}
        return self.ward.client().post("/provider/line", content=body, headers=headers)


@pytest.fixture
def phones(database_url: str, tmp_path: Path) -> Iterator[Phones]:
    settings = {
        "base_url": BASE_URL,
        "line_secret": SecretStr(LINE_SECRET),
        "twilio_token": SecretStr(TOKEN),
    }
    with api_ward(database_url, tmp_path) as ward, provider_stand_in() as sink:
        ward.app.state.settings = ward.app.state.settings.model_copy(update=settings)
        channel = DeliveryChannel(
            None, "mimamori@localhost", allow_private_hosts=True, line=sink.line, telephone=sink.telephone
        )
        ward.execute("UPDATE contact SET is_active = false WHERE name NOT IN ('contact A', 'centre A')")
        contact = int(ward.execute("SELECT contact_id FROM contact WHERE name = 'contact A'")[0][0])
        yield Phones(ward, sink, Sender(ward.database, ward.clock, channel, OFFICE), contact)


def event(number: int, kind: str, **more: Any) -> dict[str, Any]:
    source = {"type": "user", "userId": more.pop("user", USER)}
    return {"type": kind, "webhookEventId": f"01H{number}", "source": source, **more}


def press(number: int, data: str, **more: Any) -> dict[str, Any]:
    return event(number, "postback", postback={"data": data}, **more)


def test_at_three_in_the_night_the_telephone_rings_and_the_key_1_claims(phones: Phones) -> None:
    phones.add(Channel.VOICE, "+81312345678")
    number = phones.raise_sos()
    (call,) = phones.sink.calls
    assert (
        phones.report(call["StatusCallback"], {"CallSid": "CA1", "CallStatus": "in-progress"}).status_code
        == 204
    )

    key = call["StatusCallback"].rsplit("/", 1)[-1]
    answers = [
        phones.report(f"{BASE_URL}/provider/twilio/key/{key}", {"CallSid": "CA1", "Digits": digit})
        for digit in ("9", "1", "1")
    ]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert "お母さん" in answers[0].text
    assert "ありがとうございます" in answers[1].text
    assert answers[1].text == answers[2].text
    assert phones.alert(number).claimed_by == "contact A"
    # The end of an answered call is no failure.
    phones.report(call["StatusCallback"], {"CallSid": "CA1", "CallStatus": "completed"})
    (record,) = phones.records(number)
    assert (record.state, record.error) == (DeliveryState.ACCEPTED, None)
    now = phones.ward.clock.now()
    assert (record.accepted_at, record.arrived_at, record.answered_at) == (now, now, now)
    assert phones.ward.execute("SELECT spoken FROM delivery") == [(None,)]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ({"CallStatus": "no-answer"}, "receipt_no-answer"),
        ({"CallStatus": "busy"}, "receipt_busy"),
        ({"CallStatus": "completed"}, "no_key_pressed"),
    ],
)
def test_a_call_that_nobody_answers_goes_on_the_next_channel_at_once(
    phones: Phones, status: dict[str, str], error: str
) -> None:
    phones.add(Channel.SMS, "090-1234-5678")
    phones.add(Channel.VOICE, "+81312345678")
    number = phones.raise_sos()
    assert phones.sink.short_messages == []

    for _ in range(2):
        phones.report(phones.sink.calls[0]["StatusCallback"], {"CallSid": "CA1", **status})
    phones.deliver()

    assert len(phones.sink.short_messages) == 1
    voice, sms = phones.records(number)
    assert (voice.state, voice.error) == (DeliveryState.FAILED, error)
    assert sms.state is DeliveryState.ACCEPTED
    # That receipt says "delivered": known now, not before.
    assert sms.arrived_at is None
    phones.report(phones.sink.short_messages[0]["StatusCallback"], {"MessageStatus": "delivered"})
    assert phones.records(number)[1].arrived_at == phones.ward.clock.now()


def test_a_short_message_to_a_number_that_is_none_makes_the_channel_dead_and_asks_the_next_contact(
    phones: Phones,
) -> None:
    phones.add(Channel.SMS, "090-1234-5678")
    phones.ward.execute("DELETE FROM contact_channel WHERE contact_id = %s AND kind = 'mail'", phones.contact)
    number = phones.raise_sos()
    phones.report(
        phones.sink.short_messages[0]["StatusCallback"],
        {"MessageStatus": "undelivered", "ErrorCode": "30005"},
    )
    phones.deliver()

    with phones.ward.database.transaction() as connection:
        (channel,) = contact_channels.of_contact(connection, phones.contact)
        kinds = [one.kind for one in alerts.events(connection, number)]
        asked = {one.contact_name for one in notifications.of_alert(connection, number)}
    assert channel.unreachable_reason == "receipt_30005"
    assert EventKind.DELIVERY_FAILED in kinds
    assert "centre A" in asked


def test_a_receipt_that_is_faster_than_the_answer_to_the_order_is_not_lost(phones: Phones) -> None:
    phones.add(Channel.VOICE, "+81312345678")

    class Hurried:
        """Reports the failure before the order is answered."""

        def send(self, message: Any) -> Any:
            attempt = channel.send(message)
            if message.channel is Channel.VOICE:
                phones.report(
                    f"{BASE_URL}/provider/twilio/receipt/{message.request_key}", {"CallStatus": "busy"}
                )
            return attempt

    channel: Any = phones.sender._channel  # pyright: ignore[reportPrivateUsage] - the worker behind it
    phones.sender = Sender(phones.ward.database, phones.ward.clock, Hurried(), OFFICE)
    number = phones.raise_sos()

    assert [one.kind for one in phones.records(number)] == [Channel.VOICE, Channel.MAIL]
    assert phones.records(number)[0].state is DeliveryState.FAILED


def test_a_button_in_line_claims_and_its_repeat_and_a_later_one_change_nothing(phones: Phones) -> None:
    phones.add(Channel.LINE, USER)
    number = phones.raise_sos()
    data = phones.sink.pushes[0]["messages"][0]["quickReply"]["items"][0]["action"]["data"]

    assert phones.line(press(1, data)).json() == {"events": 1}
    assert phones.line(press(1, data)).json() == {"events": 0}
    assert phones.line(press(2, data)).json() == {"events": 1}

    found = phones.alert(number)
    assert (found.handling, found.claimed_by) == (Handling.CLAIMED, "contact A")
    with phones.ward.database.transaction() as connection:
        kinds = [one.kind for one in alerts.events(connection, number)]
    assert kinds.count(EventKind.CLAIMED) == 1
    assert phones.records(number)[0].answered_at is not None


def test_the_button_all_well_closes_with_that_outcome(phones: Phones) -> None:
    phones.add(Channel.LINE, USER)
    number = phones.raise_sos()
    data = phones.sink.pushes[0]["messages"][0]["quickReply"]["items"][2]["action"]["data"]
    phones.line(press(1, data))
    assert phones.alert(number).outcome is Outcome.SAFE_CONTACTED


def test_a_button_pressed_on_another_phone_or_made_up_does_nothing(phones: Phones) -> None:
    phones.add(Channel.LINE, USER)
    number = phones.raise_sos()
    data = phones.sink.pushes[0]["messages"][0]["quickReply"]["items"][0]["action"]["data"]

    phones.line(press(1, data, user="U" + "f" * 32))
    phones.line(
        press(2, "action=claim&key=8d8ac610-566d-4ef0-9c22-186b2a5ed793"), press(3, "action=claim&key=x")
    )
    phones.line(press(4, data.replace("claim", "everything")))

    assert phones.alert(number).handling is Handling.OPEN


def test_whoever_presses_after_another_has_claimed_is_answered_so(phones: Phones) -> None:
    phones.add(Channel.VOICE, "+81312345678")
    number = phones.raise_sos()
    with phones.ward.database.transaction() as connection:
        handling.claim(connection, number, user=2, now=phones.ward.clock.now())
    key = phones.sink.calls[0]["StatusCallback"].rsplit("/", 1)[-1]
    answer = phones.report(f"{BASE_URL}/provider/twilio/key/{key}", {"Digits": "1"})
    assert "ほかの方がすでに確認しています" in answer.text


def test_a_report_without_the_right_signature_is_refused(phones: Phones) -> None:
    phones.add(Channel.VOICE, "+81312345678")
    number = phones.raise_sos()
    callback = phones.sink.calls[0]["StatusCallback"]
    key = callback.replace("receipt", "key")

    assert phones.report(key, {"Digits": "1"}, token="another").status_code == 403
    assert phones.line(event(1, "follow"), secret="another").status_code == 403
    assert phones.ward.client().post(key.removeprefix(BASE_URL), data={"Digits": "1"}).status_code == 403
    phones.ward.app.state.settings = phones.ward.app.state.settings.model_copy(
        update={"twilio_token": SecretStr(""), "line_secret": SecretStr("")}
    )
    # Without a secret nothing is signed rightly, least of all with an empty one.
    assert phones.report(key, {"Digits": "1"}, token="").status_code == 403
    assert phones.line(event(1, "follow"), secret="").status_code == 403
    assert phones.alert(number).handling is Handling.OPEN


def test_the_code_that_a_phone_sends_links_it_once_and_as_the_first_channel(phones: Phones) -> None:
    now = phones.ward.clock.now()
    with phones.ward.database.transaction() as connection:
        code = line_links.new_code(connection, phones.contact, now)

    phones.line(event(1, "message", message={"type": "text", "text": f"{code.lower().replace('-', ' ')}"}))
    phones.line(event(2, "message", message={"type": "text", "text": code}, user="U" + "f" * 32))
    phones.line(event(3, "message", message={"type": "text", "text": "こんにちは"}))

    with phones.ward.database.transaction() as connection:
        found = contact_channels.of_contact(connection, phones.contact)
    first, _ = found
    assert (first.kind, first.address, first.confirmed_at) == (Channel.LINE, USER, now)
    phones.raise_sos()
    assert phones.sink.pushes[0]["to"] == USER


def test_a_code_that_is_too_old_links_nothing(phones: Phones) -> None:
    with phones.ward.database.transaction() as connection:
        code = line_links.new_code(connection, phones.contact, phones.ward.clock.now())
    phones.ward.clock.advance(days=7)
    phones.line(event(1, "message", message={"type": "text", "text": code}))
    with phones.ward.database.transaction() as connection:
        assert [one.kind for one in contact_channels.of_contact(connection, phones.contact)] == [Channel.MAIL]


def test_who_blocks_the_account_is_reached_otherwise_until_they_come_back(phones: Phones) -> None:
    phones.add(Channel.SMS, "090-1234-5678")
    phones.add(Channel.LINE, USER)
    phones.line(event(1, "unfollow"))
    phones.raise_sos()
    assert (phones.sink.pushes, len(phones.sink.short_messages)) == ([], 1)

    phones.line(event(2, "follow"))
    phones.ward.open_alert(rule="fall", severity=Severity.EMERGENCY)
    phones.deliver()
    assert len(phones.sink.pushes) == 1


def test_a_channel_that_dies_is_sent_to_the_staff_once_and_listed_until_it_works_again(
    phones: Phones,
) -> None:
    ward = phones.ward
    phones.add(Channel.LINE, USER)
    phones.line(event(1, "unfollow"))
    phones.line(event(2, "unfollow"))
    sent = ward.execute(
        "SELECT contact.name, notice.body FROM notice JOIN contact USING (contact_id) WHERE notice.kind = 'dead_channel'"
    )
    assert [name for name, _ in sent] == ["centre A"]
    assert sent[0][1] == {
        "office": 1,
        "contact": phones.contact,
        "channel": "line",
        "reason": "line_unfollowed",
    }
    with mail_sink() as mail:
        sender = NoticeSender(ward.database, ward.clock, mail_channel(mail.port), OFFICE)
        while sender.send_one():
            pass
    (message,) = mail.messages
    text = message.get_content()
    assert "ある連絡先へのLINEが届かなくなりました" in text
    assert f"/contacts/{phones.contact}" in text
    for (name,) in ward.execute("SELECT name FROM resident UNION SELECT name FROM contact"):
        assert name not in text

    care = ward.client("care_a")
    assert "友だち追加をもう一度お願いしてください" in care.get("/offices/1/tonight").text
    (listed,) = care.get("/api/v1/offices/1/tonight").json()["dead_channels"]
    assert (listed["contact"], listed["kind"], listed["reason"]) == (
        phones.contact,
        "line",
        "line_unfollowed",
    )
    assert ward.client("care_b").get("/api/v1/offices/2/tonight").json()["dead_channels"] == []

    # It ends when it works again; another time is another message.
    phones.line(event(3, "follow"))
    assert "友だち追加を" not in care.get("/offices/1/tonight").text
    assert care.get("/api/v1/offices/1/tonight").json()["dead_channels"] == []
    ward.clock.advance(minutes=1)
    phones.line(event(4, "unfollow"))
    assert ward.execute("SELECT count(*) FROM notice WHERE kind = 'dead_channel'") == [(2,)]


def test_a_message_that_was_sent_counts_as_such_on_the_outbox_too(phones: Phones) -> None:
    phones.add(Channel.LINE, USER)
    number = phones.raise_sos()
    with phones.ward.database.transaction() as connection:
        (first, *_) = notifications.of_alert(connection, number)
    assert replace(first, channel=Channel.LINE) == first
    assert first.status is Delivery.SENT
