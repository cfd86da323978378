"""Signatures as the providers' documentation gives them."""

from datetime import UTC, datetime, timedelta

from core.credentials.provider_signatures import (
    is_same,
    line_signature,
    new_webhook_secret,
    twilio_signature,
    webhook_signature,
)
from core.domain.delivery.webhook_address import OVERLAP, WebhookAddress

NOW = datetime(2026, 8, 1, tzinfo=UTC)


def test_a_webhook_is_signed_as_the_specifications_example() -> None:
    body = b'{"event_type":"ping","data":{"success":true}}'
    signature = webhook_signature("whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", 1731705121, body)
    assert signature == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


def test_a_report_of_the_telephone_provider_is_signed_as_in_its_documentation() -> None:
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert twilio_signature("12345", url, fields.items()) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_a_report_of_line_is_signed_over_its_very_bytes() -> None:
    assert line_signature("secret", b"{}") != line_signature("secret", b"{ }")
    assert line_signature("secret", b"{}") != line_signature("other", b"{}")
    assert is_same(line_signature("secret", b"{}"), line_signature("secret", b"{}"))
    assert not is_same("ours", "ÿ…")


def test_both_secrets_of_a_webhook_sign_for_a_day_and_then_the_new_one_alone() -> None:
    old, new = new_webhook_secret(), new_webhook_secret()
    plain = WebhookAddress.of("https://a.example.jp/x?y=1")
    assert (plain.secrets_at(NOW), plain.text) == ([], "https://a.example.jp/x?y=1")
    first = plain.rotated(old, NOW)
    assert first.secrets_at(NOW) == [old]

    stored = WebhookAddress.of(first.rotated(new, NOW).text)

    assert stored.url == plain.url
    assert stored.secrets_at(NOW + OVERLAP - timedelta(seconds=1)) == [new, old]
    assert stored.secrets_at(NOW + OVERLAP) == [new]
