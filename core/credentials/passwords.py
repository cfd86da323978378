"""Passwords: argon2 hashes, checked by few at a time because each check takes 64 MiB."""

from functools import cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash

from core.errors import InputError

SHORTEST = 10
# Hashing more is an easy way to keep the processor busy.
LONGEST = 256
_AT_ONCE = BoundedSemaphore(2)


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _hash_of_nobody() -> str:
    with _AT_ONCE:
        return _hasher().hash("nobody has this password")


def hash_password(password: str) -> str:
    """Return the argon2 hash of a new password.

    Raises
    ------
    InputError
        It is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"a password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}")
    with _AT_ONCE:
        return _hasher().hash(password)


def is_right(password: str, password_hash: str | None) -> bool:
    """Return whether a password fits a hash; without a hash (an unknown login) it takes as long and fails."""
    if len(password) > LONGEST:
        return False
    # Asked for in any case, or the first unknown login after a start would take twice as long.
    nobody = _hash_of_nobody()
    expected = nobody if password_hash is None else password_hash
    with _AT_ONCE:
        fits = _hasher().verify(password, expected)
    return fits and password_hash is not None
