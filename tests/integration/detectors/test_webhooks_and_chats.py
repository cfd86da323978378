"""Signed webhooks and the chats of an office, at local servers that keep what they get."""

import json
import time
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import requests
import requests.adapters

from core.credentials.provider_signatures import new_webhook_secret, webhook_signature
from core.domain.alert import Severity
from core.domain.delivery.record import Attempt, DeliveryResult
from core.domain.delivery.webhook_address import WebhookAddress
from core.domain.people import Channel
from core.store.alerts.notices import NoticeKind
from detectors.alerting.channels import DeliveryChannel
from detectors.alerting.messages import Text
from detectors.alerting.providers.signed_webhook import WebhookProvider
from tests.support.alerting import AN_ALERT, NOW, outgoing, webhook_sink

A_TEXT = Text(
    "【確認】お願いがあります",
    "お母さんの動きが見られません。\n職員の画面: https://…",
    "お母さんの動きが見られません。",
)
KEY = "8d8ac610-566d-4ef0-9c22-186b2a5ed793"


def channel(*hosts: str) -> DeliveryChannel:
    return DeliveryChannel(None, "mimamori@localhost", allow_private_hosts=True, chat_hosts=hosts)


def test_a_notice_is_an_event_of_its_own_kind_about_no_alert() -> None:
    with webhook_sink() as hook:
        notice = outgoing(
            Channel.WEBHOOK, hook.url, A_TEXT, kind=None, alert=None, answer_url="", notice=NoticeKind.EVENING
        )
        assert WebhookProvider(allow_private_hosts=True).send(notice).arrival is DeliveryResult.DELIVERED
    (event,) = hook.received
    assert event["type"] == "notice.evening"
    assert set(event["data"]) == {"title", "text", "language"}


def test_a_webhook_is_signed_names_its_version_and_holds_no_link() -> None:
    secret = new_webhook_secret()
    with webhook_sink() as hook:
        address = WebhookAddress(hook.url, secret).text
        attempt = WebhookProvider(allow_private_hosts=True).send(outgoing(Channel.WEBHOOK, address, A_TEXT))

    assert attempt == Attempt(DeliveryResult.DELIVERED)
    assert hook.paths == ["/hook/1?room=2"]
    (event,), (headers,), (raw,) = hook.received, hook.headers, hook.raw
    assert headers["webhook-id"] == KEY
    seconds = int(headers["webhook-timestamp"])
    assert abs(seconds - time.time()) < 60
    assert headers["webhook-signature"] == webhook_signature(secret, KEY, seconds, raw)
    assert secret not in str(headers) + str(event)
    assert event == {
        "type": "alert.opening",
        "version": 1,
        "timestamp": NOW.isoformat(),
        "data": {
            "alert": 7,
            "rule": "inactivity",
            "severity": 2,
            "condition": "active",
            "handling": "open",
            "resident": 1,
            "began_at": AN_ALERT.began_at.isoformat(),
            "raised_at": NOW.isoformat(),
            "opened_at": NOW.isoformat(),
            "title": A_TEXT.subject,
            "text": A_TEXT.sentence,
            "language": "ja",
        },
    }


def test_every_attempt_of_a_webhook_has_the_same_id() -> None:
    with webhook_sink(status=500) as hook:
        provider = WebhookProvider(allow_private_hosts=True)
        for _ in range(2):
            provider.send(outgoing(Channel.WEBHOOK, hook.url, A_TEXT))
    assert [headers["webhook-id"] for headers in hook.headers] == [KEY, KEY]
    assert "webhook-signature" not in hook.headers[0]


def test_a_receiver_that_says_gone_is_dead() -> None:
    with webhook_sink(status=410) as hook:
        attempt = WebhookProvider(allow_private_hosts=True).send(outgoing(Channel.WEBHOOK, hook.url, A_TEXT))
    assert attempt == Attempt(DeliveryResult.REFUSED, "http_410", is_dead=True)


def test_ntfy_and_mattermost_take_a_message_where_their_host_is_allowed() -> None:
    with webhook_sink() as server:
        here = channel("127.0.0.1")
        base = f"http://127.0.0.1:{server.port}"
        ntfy = here.send(outgoing(Channel.NTFY, f"{base}/duty-topic", A_TEXT))
        mattermost = here.send(
            outgoing(Channel.MATTERMOST, f"{base}/hooks/a1b2c3d4e5f6g7h8i9j0k1l2m3", A_TEXT)
        )

    assert [ntfy.arrival, mattermost.arrival] == [DeliveryResult.DELIVERED] * 2
    assert server.paths[1] == "/hooks/a1b2c3d4e5f6g7h8i9j0k1l2m3"
    assert server.received[0]["topic"] == "duty-topic"
    assert A_TEXT.body in server.received[0]["message"]
    assert A_TEXT.body in server.received[1]["text"]


@pytest.mark.parametrize(
    ("kind", "address", "error"),
    [
        (Channel.NTFY, "https://ntfy.example.jp/topic", "chat_host_not_allowed"),
        (Channel.MATTERMOST, "http://127.0.0.1:9/hooks/x", "chat_host_not_allowed"),
        (Channel.APPRISE, "matrixs://token@chat.example.jp/room", "chat_host_not_allowed"),
        (Channel.APPRISE, "syslog://allowed.example.jp", "chat_service_unknown"),
        (Channel.NTFY, "https://allowed.example.jp", "chat_address_unusable"),
        (Channel.SLACK, "https://evil.example.jp/services/T/B/C", "chat_host_unknown"),
        (Channel.TEAMS, "https://logic.azure.com.evil.example.jp/workflows/x", "chat_host_unknown"),
    ],
)
def test_a_chat_anywhere_else_is_refused(kind: Channel, address: str, error: str) -> None:
    refused = channel("allowed.example.jp").send(outgoing(kind, address, A_TEXT))
    assert refused == Attempt(DeliveryResult.REFUSED, error)


@pytest.mark.parametrize(
    ("status", "arrival"),
    [(200, DeliveryResult.DELIVERED), (429, DeliveryResult.FAILED), (403, DeliveryResult.REFUSED)],
)
def test_slack_is_asked_at_its_own_address_and_believed(
    status: int, arrival: DeliveryResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Any]] = []

    def answer(_self: object, request: requests.PreparedRequest, **_options: object) -> requests.Response:
        asked.append((str(request.url), json.loads(cast("bytes", request.body))))
        found = requests.Response()
        found.status_code, found.request, found.url = status, request, str(request.url)
        found._content = b"ok"  # pyright: ignore[reportPrivateUsage] - what the server says
        return found

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", answer)
    address = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    attempt = channel().send(outgoing(Channel.SLACK, address, A_TEXT))

    assert attempt.arrival is arrival
    url, body = asked[0]
    assert (urlsplit(url).hostname, urlsplit(url).path) == ("hooks.slack.com", urlsplit(address).path)
    assert "お母さんの動き" in json.dumps(body, ensure_ascii=False)


def test_what_programs_get_is_the_same_for_every_severity() -> None:
    for severity in Severity:
        with webhook_sink() as hook:
            message = outgoing(Channel.WEBHOOK, hook.url, A_TEXT, alert=replace(AN_ALERT, severity=severity))
            WebhookProvider(allow_private_hosts=True).send(message)
        assert hook.received[0]["data"]["severity"] == severity
