"""Passwords that stand in known breaches, looked up on this machine: nobody is asked, so nobody learns what was chosen.

A short list comes with the program. The whole one, *Pwned Passwords*, is a file of the operator's: a line `SHA1:COUNT` for each, in
the order of the hashes. It is searched in place and never read into memory.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

from core.errors import SettingsError

_HASH_DIGITS = 40
_COMMENT = "#"


class BreachedPasswords:
    """Knows whether a password stands in a known breach.

    Parameters
    ----------
    file : Path, optional
        The whole list, ordered by hash; without it only the commonest are known.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file

    def holds(self, password: str, own: Iterable[str] = ()) -> bool:
        """Return whether a password is known, or is made of `own` words alone, such as its owner's login.

        Raises
        ------
        SettingsError
            The file cannot be read, or is no such list.
        """
        small = password.casefold()
        if small in _commonest() or _is_made_of(small, [word.casefold() for word in own]):
            return True
        if self._file is None:
            return False
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        try:
            with self._file.open("rb") as lines:
                return _stands_in(lines, wanted.encode())
        except OSError as error:
            raise SettingsError(
                f"MIMAMORI_BREACHED_PASSWORDS_FILE: cannot read {self._file}: {error.strerror}"
            ) from error


@cache
def _commonest() -> frozenset[str]:
    text = files("core.credentials").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith(_COMMENT))


def _is_made_of(password: str, words: Iterable[str]) -> bool:
    """Return whether nothing but digits and signs is left when some words are taken out."""
    for word in words:
        if word:
            password = password.replace(word, "")
    return not any(letter.isalpha() for letter in password)


def _stands_in(lines: BinaryIO, wanted: bytes) -> bool:
    """Return whether a hash begins one of the lines, which are in order."""
    low, high = 0, lines.seek(0, 2)
    while low < high:
        middle = (low + high) // 2
        if middle:
            lines.seek(middle - 1)
            lines.readline()  # to the first line that begins here or later
        else:
            lines.seek(0)
        line = lines.readline()
        found = line[:_HASH_DIGITS].upper()
        if line and not _is_hash(found):
            raise SettingsError(
                "MIMAMORI_BREACHED_PASSWORDS_FILE: this is no list of SHA-1 hashes in their order, a line for each"
            )
        if found == wanted:
            return True
        if line and found < wanted:
            low = lines.tell()
        else:
            high = middle
    return False


def _is_hash(text: bytes) -> bool:
    return len(text) == _HASH_DIGITS and all(byte in b"0123456789ABCDEF" for byte in text)
