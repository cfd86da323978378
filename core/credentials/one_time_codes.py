"""Codes of an authenticator app (TOTP, RFC 6238): six digits that change every half minute, of a secret that only the phone has too."""

import base64
import hmac
import secrets
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

# What all apps know; SHA-1 is no weakness in an HMAC.
_SECRET_BYTES, _DIGITS, _STEP_S = 20, 6, 30
# A phone's clock may be half a minute off, either way.
_NEIGHBOURS = (0, -1, 1)


def new_secret() -> str:
    """Return a fresh secret, as it is typed into an app that has no camera."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode("ascii")


def app_address(secret: str, login: str, service: str) -> str:
    """Return what the QR code says to the app."""
    return _totp(secret).get_provisioning_uri(login, service)


def step_of(secret: str, code: str, machine_now: datetime, used: int) -> int | None:
    """Return the half minute that a code belongs to; None if it fits none near now that lies after the last `used` one.

    Examples
    --------
    >>> from datetime import UTC
    >>> at = datetime.fromtimestamp(59, UTC)
    >>> step_of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "287082", at, 0)
    1
    >>> step_of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "287082", at, 1) is None
    True
    """
    typed = "".join(code.split())
    if not (typed.isascii() and typed.isdecimal() and len(typed) == _DIGITS):
        return None
    totp, present = _totp(secret), int(machine_now.timestamp()) // _STEP_S
    for step in (present + neighbour for neighbour in _NEIGHBOURS):
        if step > used and hmac.compare_digest(totp.generate(step * _STEP_S), typed.encode("ascii")):
            return step
    return None


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), _DIGITS, SHA1(), _STEP_S)  # noqa: S303 - see above
