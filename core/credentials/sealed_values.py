"""Values that stand encrypted in the database: AES-256-GCM with a key that the database does not hold.

A sealed value is one byte that names its key, 12 random bytes, and the encrypted text with its tag. The row and column it
belongs to are authenticated with it, so a value that was moved or changed does not open.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from core.errors import InputError, MimamoriError, SettingsError

_KEY_BYTES, _NONCE_BYTES = 32, 12
_HIGHEST_KEY = 255
_FORM = "MIMAMORI_SECRET_KEYS: write NUMBER:KEY, the newest first, separated by commas; `mimamori secret new-key` makes one"


class SecretKeyMissingError(InputError):
    """A value must be encrypted, or was, and the key is not set."""

    def __init__(self) -> None:
        super().__init__(
            "the key for secrets is not set: make one with `mimamori secret new-key`, keep a copy apart from the database's,"
            " and give it as MIMAMORI_SECRET_KEYS or MIMAMORI_SECRET_KEYS_FILE"
        )


class SealedValueError(MimamoriError):
    """A stored secret was changed, or belongs to another row."""


class Sealer:
    """Encrypts and decrypts with a set of keys; the first is the one in use, the others open what was written before.

    Parameters
    ----------
    keys : mapping of int to bytes
        By their numbers, 1 to 255; each of 32 bytes.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._ciphers = {number: AESGCM(key) for number, key in keys.items()}
        self._newest = next(iter(keys))

    def seal(self, text: str, place: str) -> bytes:
        """Encrypt a text with the newest key, for one place such as `contact_channel/7/sealed`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        encrypted = self._ciphers[self._newest].encrypt(nonce, text.encode(), place.encode())
        return bytes([self._newest]) + nonce + encrypted

    def open(self, sealed: bytes, place: str) -> str:
        """Decrypt the value of one place.

        Raises
        ------
        SecretKeyMissingError
            Its key is not among ours.
        SealedValueError
            It was changed, or sealed for another place.
        """
        cipher = self._ciphers.get(sealed[0]) if sealed else None
        if cipher is None:
            raise SecretKeyMissingError
        nonce, encrypted = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, encrypted, place.encode()).decode()
        except InvalidTag as error:
            raise SealedValueError(f"the secret of {place} was changed, or belongs to another row") from error

    def is_current(self, sealed: bytes) -> bool:
        """Return whether a value was encrypted with the newest key."""
        return bool(sealed) and sealed[0] == self._newest


def next_number(setting: SecretStr) -> int:
    """Return a number for a key that none of the setting's has."""
    taken = {int(part.partition(":")[0]) for part in _parts(setting) if part.partition(":")[0].isdecimal()}
    return max(taken, default=0) % _HIGHEST_KEY + 1


def sealer_of(setting: SecretStr) -> Sealer | None:
    """Return the sealer of `MIMAMORI_SECRET_KEYS`; None where it is empty.

    Raises
    ------
    SettingsError
        The text has another form.
    """
    keys = keys_of(setting)
    return Sealer(keys) if keys else None


def keys_of(setting: SecretStr) -> dict[int, bytes]:
    """Return the keys of `MIMAMORI_SECRET_KEYS` by number, the newest first.

    Raises
    ------
    SettingsError
        The text has another form.
    """
    keys: dict[int, bytes] = {}
    for part in _parts(setting):
        number, _, encoded = part.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise SettingsError(_FORM) from error
        is_number = number.isdecimal() and 1 <= int(number) <= _HIGHEST_KEY
        if not is_number or len(key) != _KEY_BYTES or int(number) in keys:
            raise SettingsError(_FORM)
        keys[int(number)] = key
    return keys


def new_key(number: int) -> str:
    """Return a fresh key in the form of the setting."""
    return f"{number}:{base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}"


def _parts(setting: SecretStr) -> list[str]:
    return [part.strip() for part in re.split(r"[,\n]", setting.get_secret_value()) if part.strip()]
