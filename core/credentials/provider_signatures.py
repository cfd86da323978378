"""Signatures with which providers show that a request is theirs."""

import base64
import hashlib
import hmac
from collections.abc import Iterable


def line_signature(secret: str, body: bytes) -> str:
    """Return what LINE writes into `x-line-signature`: HMAC-SHA256 over the raw body with the channel's secret."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def twilio_signature(token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """Return what Twilio writes into `X-Twilio-Signature`: HMAC-SHA1 over the public address and the sorted fields."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()


def is_same(ours: str, theirs: str) -> bool:
    """Compare two signatures in a time that shows nothing of them."""
    return hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "replace"))
