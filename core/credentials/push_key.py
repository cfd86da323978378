"""The key pair with which we sign notifications to browsers (VAPID, RFC 8292); browsers bind their address to its public half."""

import base64
import binascii
import secrets

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from core.errors import SettingsError

_BYTES = 32


def new_push_key() -> str:
    """Return a fresh private key in the form of `MIMAMORI_PUSH_KEY`: 32 bytes in base64url."""
    while True:
        text = _encoded(secrets.token_bytes(_BYTES))
        try:
            public_key_of(SecretStr(text))
        except SettingsError:  # outside the curve's order: one of four milliards
            continue
        return text


def public_key_of(setting: SecretStr) -> str:
    """Return the public key of `MIMAMORI_PUSH_KEY` as browsers want it: an uncompressed point in base64url; empty where no key is set.

    Raises
    ------
    SettingsError
        The text is no such key.
    """
    text = setting.get_secret_value().strip()
    if not text:
        return ""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        # Other lengths are other keys.
        number = int.from_bytes(raw, "big") if len(raw) == _BYTES else 0
        private = ec.derive_private_key(number, ec.SECP256R1())
    except (binascii.Error, ValueError) as error:
        raise SettingsError(
            "MIMAMORI_PUSH_KEY: write the key that `mimamori secret new-push-key` printed"
        ) from error
    return _encoded(private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
