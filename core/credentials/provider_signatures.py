"""Signatures with which providers show that a request is theirs, and we that a webhook is ours."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

_WEBHOOK_PREFIX = "whsec_"


def line_signature(secret: str, body: bytes) -> str:
    """Return what LINE writes into `x-line-signature`: HMAC-SHA256 over the raw body with the channel's secret."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def twilio_signature(token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """Return what Twilio writes into `X-Twilio-Signature`: HMAC-SHA1 over the public address and the sorted fields."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()


def webhook_signature(secret: str, message_id: str, seconds: int, body: bytes) -> str:
    """Return what we write into `webhook-signature` (Standard Webhooks, version 1).

    Parameters
    ----------
    secret : str
        `whsec_` and the base64 of the key.
    message_id, seconds, body
        As sent in `webhook-id`, `webhook-timestamp` (seconds of the epoch) and the body.
    """
    key = base64.b64decode(secret.removeprefix(_WEBHOOK_PREFIX))
    signed = f"{message_id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def new_webhook_secret() -> str:
    """Return a fresh secret in the form of Standard Webhooks: `whsec_` and 32 random bytes in base64."""
    return _WEBHOOK_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def is_same(ours: str, theirs: str) -> bool:
    """Compare two signatures in a time that shows nothing of them."""
    return hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "replace"))
