"""Requests to LINE and to the provider of short messages and calls, against a server that checks and answers as documented."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.domain.alert import NotificationKind
from core.domain.delivery.record import Attempt, DeliveryResult
from core.domain.people import Channel, Language
from core.store.alerts.notices import NoticeKind
from detectors.alerting.messages import Text
from detectors.alerting.outgoing import OutgoingMessage
from detectors.alerting.providers import http_exchange
from detectors.alerting.providers.line import LineProvider, LineQuota
from detectors.alerting.providers.twilio import TelephoneProvider, part_count, short_text
from tests.support.alerting import outgoing
from tests.support.provider_stand_in import BASE_URL, SENDER, USER, ProviderStandIn, provider_stand_in

A_TEXT = Text(
    "【緊急】お母さんのことで至急の確認のお願いがあります",
    "【緊急】お母さんがSOSボタンを押しました。\n\n返事をする: https://…",
    "【緊急】お母さんがSOSボタンを押しました。",
)
KEY = "8d8ac610-566d-4ef0-9c22-186b2a5ed793"
TO_LINE = outgoing(Channel.LINE, USER, A_TEXT)
TO_SMS = outgoing(Channel.SMS, "+819012345678", A_TEXT)
TO_VOICE = outgoing(Channel.VOICE, "+81312345678", A_TEXT)
ALL = (TO_LINE, TO_SMS, TO_VOICE)


def send(sink: ProviderStandIn, message: OutgoingMessage) -> Attempt:
    if message.channel is Channel.LINE:
        return LineProvider(sink.line, allow_private_hosts=True).send(message)
    provider = TelephoneProvider(sink.telephone, allow_private_hosts=True)
    return (
        provider.call(message) if message.channel is Channel.VOICE else provider.send_short_message(message)
    )


def test_line_shows_a_neutral_preview_the_text_and_buttons_that_hold_no_name() -> None:
    with provider_stand_in() as sink:
        assert send(sink, TO_LINE) == Attempt(DeliveryResult.DELIVERED, provider_id="461820001")

    assert sink.retry_keys == [KEY]
    (push,) = sink.pushes
    (message,) = push["messages"]
    assert push["to"] == USER
    assert message["altText"] == A_TEXT.subject
    assert message["contents"]["body"]["contents"][0]["text"] == A_TEXT.sentence
    actions = [part["action"] for part in message["contents"]["footer"]["contents"]]
    assert [action["label"] for action in actions] == [
        "私が確認します", "いま行けません", "無事でした", "くわしく見る・返事をする",
    ]  # fmt: skip
    assert actions[0]["data"] == f"action=claim&key={KEY}"
    assert actions[-1]["uri"] == "https://mimamori.example.jp/a/token"
    assert [item["action"] for item in message["quickReply"]["items"]] == actions[:3]


def test_a_reminder_on_line_has_the_buttons_of_the_first_message() -> None:
    with provider_stand_in() as sink:
        send(sink, replace(TO_LINE, kind=NotificationKind.REMINDER))

    (message,) = sink.pushes[0]["messages"]
    labels = [item["action"]["label"] for item in message["quickReply"]["items"]]
    assert labels == ["私が確認します", "いま行けません", "無事でした"]


def test_a_question_to_a_resident_has_two_buttons_on_line_and_the_link_to_the_same() -> None:
    question = replace(TO_LINE, kind=None, alert=None, notice=NoticeKind.PROMPT)
    with provider_stand_in() as sink:
        send(sink, question)

    (message,) = sink.pushes[0]["messages"]
    actions = [part["action"] for part in message["contents"]["footer"]["contents"]]
    assert [one["label"] for one in actions[:2]] == ["大丈夫です", "助けてください"]
    assert [one["data"] for one in actions[:2]] == [f"action=well&key={KEY}", f"action=help&key={KEY}"]
    assert actions[2]["uri"] == question.answer_url
    assert [item["action"] for item in message["quickReply"]["items"]] == actions[:2]


def test_line_gets_no_buttons_where_there_is_nothing_to_answer() -> None:
    over = replace(TO_LINE, kind=NotificationKind.CLOSED, answer_url="", language=Language.EN)
    with provider_stand_in() as sink:
        send(sink, over)

    (message,) = sink.pushes[0]["messages"]
    assert "footer" not in message["contents"]
    assert "quickReply" not in message


def test_a_short_message_holds_the_subject_and_the_link_and_nothing_of_what_happened() -> None:
    with provider_stand_in() as sink:
        attempt = send(sink, TO_SMS)

    assert attempt == Attempt(DeliveryResult.DELIVERED, provider_id="SM" + "0" * 31 + "1", parts=1)
    assert sink.short_messages == [
        {
            "To": "+819012345678",
            "From": SENDER,
            "Body": f"{A_TEXT.subject}\nhttps://mimamori.example.jp/a/token",
            "StatusCallback": f"{BASE_URL}/provider/twilio/receipt/{KEY}",
        }
    ]


def test_a_call_reads_the_message_twice_and_names_the_keys() -> None:
    with provider_stand_in() as sink:
        assert send(sink, TO_VOICE).arrival is DeliveryResult.DELIVERED

    (call,) = sink.calls
    assert call["Twiml"].count("お母さんがSOSボタンを押しました。") == 2
    assert 'Say language="ja-JP"' in call["Twiml"]
    assert "1を" in call["Twiml"]
    assert f"{BASE_URL}/provider/twilio/key/{KEY}" in call["Twiml"]


def test_texts_with_signs_of_markup_are_said_and_not_read_as_markup() -> None:
    odd = replace(TO_VOICE, text=Text("s", "b", 'A <b> & "c"'))
    with provider_stand_in() as sink:
        send(sink, odd)
    assert "A &lt;b&gt; &amp;" in sink.calls[0]["Twiml"]


@pytest.mark.parametrize("message", ALL, ids=lambda one: one.channel)
@pytest.mark.parametrize(
    ("mode", "arrival", "retry_after", "is_dead"),
    [
        ("rate_limit", DeliveryResult.FAILED, timedelta(seconds=30), False),
        ("busy", DeliveryResult.FAILED, None, False),
        ("wrong_token", DeliveryResult.FAILED, None, False),
        ("blocked", DeliveryResult.REFUSED, None, True),
        ("redirect", DeliveryResult.FAILED, None, False),
        ("reset", DeliveryResult.UNKNOWN, None, False),
        ("endless", DeliveryResult.DELIVERED, None, False),
        ("hang", DeliveryResult.UNKNOWN, None, False),
    ],
)
def test_each_documented_failure_is_taken_for_what_it_is(
    message: OutgoingMessage,
    mode: str,
    arrival: DeliveryResult,
    retry_after: timedelta | None,
    is_dead: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick(monkeypatch)
    with provider_stand_in(mode=mode) as sink:
        attempt = send(sink, message)

    assert (attempt.arrival, attempt.retry_after, attempt.is_dead) == (arrival, retry_after, is_dead)
    assert (attempt.error is None) == (arrival is DeliveryResult.DELIVERED)


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Any = http_exchange.exchange

    def exchange(request: Any, **options: Any) -> Any:
        return real(request, **options, wait_s=0.3, longest_s=1)

    monkeypatch.setattr("detectors.alerting.providers.line.exchange", exchange)
    monkeypatch.setattr("detectors.alerting.providers.twilio.exchange", exchange)


def test_a_repeat_that_line_has_already_counts_as_delivered() -> None:
    with provider_stand_in() as sink:
        send(sink, TO_LINE)
        assert send(sink, TO_LINE) == Attempt(DeliveryResult.DELIVERED, provider_id="first")

    assert len(sink.pushes) == 1
    assert sink.retry_keys == [KEY, KEY]


def test_a_used_up_month_is_not_waited_for() -> None:
    with provider_stand_in(mode="quota") as sink:
        assert send(sink, TO_LINE) == Attempt(DeliveryResult.REFUSED, "line_quota_used_up")


@pytest.mark.parametrize("message", ALL, ids=lambda one: one.channel)
def test_a_provider_that_is_away_is_a_failure_for_now(message: OutgoingMessage) -> None:
    with provider_stand_in() as sink:
        pass
    assert send(sink, message) == Attempt(DeliveryResult.FAILED, "http_connection")


def test_without_an_account_the_next_channel_is_asked() -> None:
    assert LineProvider(None, allow_private_hosts=True).send(TO_LINE).error == "line_not_configured"
    provider = TelephoneProvider(None, allow_private_hosts=True)
    assert provider.send_short_message(TO_SMS).error == "sms_not_configured"
    assert provider.call(TO_VOICE).error == "voice_not_configured"


def test_a_provider_inside_our_own_network_is_not_asked_in_production() -> None:
    with provider_stand_in() as sink:
        refused = LineProvider(sink.line, allow_private_hosts=False).send(TO_LINE)
    assert refused == Attempt(DeliveryResult.REFUSED, "host_private")
    assert sink.pushes == []


@pytest.mark.parametrize(("limit", "expected"), [(200, LineQuota(200, 10)), (None, LineQuota(None, 10))])
def test_the_months_quota_is_read_as_line_says_it(limit: int | None, expected: LineQuota) -> None:
    with provider_stand_in(limit=limit) as sink:
        assert LineProvider(sink.line, allow_private_hosts=True).quota() == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("あ" * 70, 1),
        ("あ" * 71, 2),
        ("あ" * 134, 2),
        ("あ" * 135, 3),
    ],
)
def test_parts_are_counted_as_they_are_billed(text: str, parts: int) -> None:
    assert part_count(text) == parts


def test_a_short_message_never_has_more_than_two_parts_and_keeps_its_link() -> None:
    long_name = replace(TO_SMS, text=Text("【緊急】" + "あ" * 200, "body", "sentence"))
    text = short_text(long_name)
    assert part_count(text) == 2
    assert text.endswith("…\nhttps://mimamori.example.jp/a/token")
