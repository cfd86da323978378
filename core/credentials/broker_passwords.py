"""Passwords of the broker's accounts: random, and kept only as the hash that the broker itself compares with."""

import base64
import hashlib
import os
import secrets

# Mosquitto's own "$7$" form: PBKDF2 with SHA-512. Passwords are random and long, so few rounds are enough, and a
# thousand phones that come back together do not hold up the broker, which hashes in its only thread.
_HASH_ROUNDS = 101
# What Mosquitto 2.0 insists on.
_SALT_BYTES = 12
# People type them into devices: nothing that is misread, and no sign that a shell or a form takes for its own.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 26


def new_broker_password() -> str:
    """Return a fresh password with 128 random bits; it is shown once and kept by nobody but the device."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def broker_hash(password: str) -> str:
    """Return the hash of a password as it stands in Mosquitto's password file."""
    salt = os.urandom(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _HASH_ROUNDS)
    return f"$7${_HASH_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
