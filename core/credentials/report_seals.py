"""Seals on records of what was deleted: each covers the one before it, so that none can be changed or taken out unseen.

With a key of `MIMAMORI_SECRET_KEYS` a seal is an HMAC-SHA256: whoever holds the database alone can make none. Without one it is a
plain SHA-256, which shows mistakes and no forgery; the report says which of the two it is.
"""

import hashlib
import hmac
from collections.abc import Mapping

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# The keys themselves encrypt; for another use another key is made of them.
_PURPOSE = b"mimamori: seals on reports"
NO_KEY = 0


class ReportSealer:
    """Seals reports with the newest key, and checks with whichever key was used.

    Parameters
    ----------
    keys : mapping of int to bytes
        Those of `MIMAMORI_SECRET_KEYS` by number, the newest first; empty: none.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._keys = {
            number: HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(key)
            for number, key in keys.items()
        }

    @property
    def key_number(self) -> int:
        """The number of the key in use; 0: none."""
        return next(iter(self._keys), NO_KEY)

    def has(self, key_number: int) -> bool:
        """Return whether what was sealed with this key can be checked here."""
        return key_number == NO_KEY or key_number in self._keys

    def seal(self, content: Mapping[str, object], key_number: int) -> str:
        """Return the seal of a report in hexadecimal digits."""
        text = msgspec.json.encode(content, order="deterministic")
        if key_number == NO_KEY:
            return hashlib.sha256(text).hexdigest()
        return hmac.new(self._keys[key_number], text, hashlib.sha256).hexdigest()
