"""Notifications to browsers: RFC 8030 requests, encrypted for the one browser (RFC 8291) and signed by us (RFC 8292).

The push service sees an address and a length. What it carries says no name either, since a locked screen shows it.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from pydantic import SecretStr

from core.domain.delivery.record import Attempt, DeliveryResult
from core.store.alerts.browser_notifications import PushMessage, PushTarget
from detectors.alerting.message_texts import texts_of
from detectors.alerting.providers.http_exchange import (
    NoAnswerError,
    ProviderAnswer,
    ProviderRequest,
    exchange,
    plain_attempt,
)

# A browser that is off for longer learns of it from the board.
_KEEP_S = 3600
# The service says that nobody is behind the address any more.
_GONE = frozenset({404, 410})


@dataclass(frozen=True)
class PushAccount:
    """Our private key, in base64url, and whom the operator of a push service may write to."""

    key: SecretStr
    contact: str


class WebPushProvider:
    """Takes notifications to browsers by the push service of each.

    Parameters
    ----------
    account : PushAccount
        With what requests are signed.
    allow_private_hosts : bool
        Let services be inside our own network, for demo and tests: their addresses come from browsers.
    """

    def __init__(self, account: PushAccount, *, allow_private_hosts: bool) -> None:
        self._account = account
        self._allow_private_hosts = allow_private_hosts

    def send(self, message: PushMessage) -> Attempt:
        """Make one attempt; blocks for at most 12 s."""
        try:
            request = push_request(
                self._account, message.target, payload(message), topic=f"alert-{message.alert}"
            )
        except ValueError:
            return Attempt(DeliveryResult.REFUSED, "push_key_unusable", is_dead=True)
        try:
            return attempt_of(exchange(request, allow_private_hosts=self._allow_private_hosts))
        except NoAnswerError as error:
            return error.attempt


def payload(message: PushMessage) -> dict[str, str]:
    """Return what the browser shows: that somebody must look, and where; nothing of whom or what."""
    texts = texts_of(message.language)
    return {
        "title": texts("push.title"),
        "body": texts("push.body"),
        "tag": f"alert-{message.alert}",
        "url": f"/alerts/{message.alert}",
    }


def push_request(
    account: PushAccount, target: PushTarget, shown: dict[str, str], *, topic: str
) -> ProviderRequest:
    """Return the request that takes a text to one browser.

    Raises
    ------
    ValueError
        The browser's keys are none.
    """
    library: Any = http_ece  # without types
    body = library.encrypt(
        json.dumps(shown, ensure_ascii=False).encode(),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_decoded(target.p256dh),
        auth_secret=_decoded(target.auth),
        version="aes128gcm",
    )
    parts = urlsplit(target.endpoint)
    signer: Any = Vapid02.from_raw(account.key.get_secret_value().strip().encode())  # pyright: ignore[reportUnknownMemberType] - without types
    signed = signer.sign({"sub": account.contact, "aud": f"{parts.scheme}://{parts.netloc}"})
    headers = {
        "Authorization": str(signed["Authorization"]),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(_KEEP_S),
        "Topic": topic,
        "Urgency": "high",
    }
    return ProviderRequest("POST", target.endpoint, headers, bytes(body))


def attempt_of(answer: ProviderAnswer) -> Attempt:
    """Return what a push service's answer means."""
    usual = plain_attempt(answer)
    if answer.status in _GONE:
        return Attempt(DeliveryResult.REFUSED, usual.error, is_dead=True)
    return usual


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
