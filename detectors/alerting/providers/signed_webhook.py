"""Webhooks to other programs by the Standard Webhooks specification: an id, a time, a signature, and a versioned JSON event.

The id is the same for every attempt, so a receiver knows a repeat. No answer link stands in an event: who may read what a program
receives, we do not know.
"""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.credentials.provider_signatures import webhook_signature
from core.domain.delivery.contact_channel import UnusableAddressError, usable_address
from core.domain.delivery.record import Attempt, DeliveryResult
from core.domain.delivery.webhook_address import WebhookAddress
from core.domain.people import Channel
from detectors.alerting.outgoing import OutgoingMessage
from detectors.alerting.providers.http_exchange import (
    NoAnswerError,
    ProviderRequest,
    exchange,
    plain_attempt,
)

# Changes when receivers have to.
EVENT_VERSION = 1
# A receiver that takes longer than this to take an event is tried again later.
WAIT_S = 4.0
_GONE = 410


class WebhookProvider:
    """Takes events to web addresses.

    Parameters
    ----------
    allow_private_hosts : bool
        Let them be inside our own network.
    """

    def __init__(self, *, allow_private_hosts: bool) -> None:
        self._allow_private_hosts = allow_private_hosts

    def send(self, message: OutgoingMessage) -> Attempt:
        """Make one attempt; blocks for at most 12 s."""
        address = WebhookAddress.of(message.address)
        try:
            usable_address(Channel.WEBHOOK, address.url)
        except UnusableAddressError:
            return Attempt(DeliveryResult.REFUSED, "webhook_address_unusable")
        request = event_request(address, message, int(time.time()))
        try:
            answer = exchange(request, allow_private_hosts=self._allow_private_hosts, wait_s=WAIT_S)
        except NoAnswerError as error:
            return error.attempt
        attempt = plain_attempt(answer)
        if answer.status == _GONE:
            # The receiver's own word for "never again".
            return Attempt(attempt.arrival, attempt.error, is_dead=True)
        return attempt


def event_request(address: WebhookAddress, message: OutgoingMessage, seconds: int) -> ProviderRequest:
    """Return the request at a moment, in seconds of the epoch; signed with every secret that holds then."""
    return signed_request(address, message.request_key, event_of(message), seconds)


def signed_request(
    address: WebhookAddress, key: str, event: Mapping[str, Any], seconds: int
) -> ProviderRequest:
    """Return the request of an event with an id of its own at a moment."""
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    secrets = address.secrets_at(datetime.fromtimestamp(seconds, UTC))
    signed = [webhook_signature(secret, key, seconds, body) for secret in secrets]
    headers = {
        "Content-Type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(seconds),
        **({"webhook-signature": " ".join(signed)} if signed else {}),
    }
    return ProviderRequest("POST", address.url, headers, body)


def event_of(message: OutgoingMessage) -> Mapping[str, Any]:
    """Return what a receiver gets of a message."""
    words = {"title": message.text.subject, "text": message.text.sentence or message.text.body}
    kind = f"notice.{message.notice}" if message.kind is None else f"alert.{message.kind.value}"
    alert = message.alert
    about = (
        {}
        if alert is None
        else {
            "alert": alert.number,
            "rule": alert.rule,
            "severity": int(alert.severity),
            "condition": alert.condition.value,
            "handling": alert.handling.value,
            "resident": alert.resident,
            "began_at": alert.began_at.isoformat(),
            "raised_at": alert.raised_at.isoformat(),
            "opened_at": alert.opened_at.isoformat(),
        }
    )
    return {
        "type": kind,
        "version": EVENT_VERSION,
        "timestamp": message.planned_at.isoformat(),
        "data": {**about, **words, "language": message.language.value},
    }
