"""How a phone's LINE account becomes a contact's channel: by a one-time code that its owner sends to our account."""

import hashlib
import re
import secrets
import unicodedata
from datetime import datetime, timedelta

from core.domain.people import Channel
from core.store.database import Connection
from core.store.people import contact_channels
from core.store.queries import load

_LINKS = load("people/line_links")
# Crockford's alphabet: no I, L, O and U, which are misread.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")
_LENGTH = 10
_CODE = re.compile(rf"[{_ALPHABET}]{{{_LENGTH}}}\Z")
# From a visit or letter until the family has tried it.
CODE_LASTS = timedelta(days=7)
# LINE repeats a report for far less long.
_REMEMBERED = timedelta(days=30)


def new_code(connection: Connection, contact: int, now: datetime) -> str:
    """Make a code with which a contact links a phone, and return it; it is stored as a hash only, and a former one ends.

    Raises
    ------
    NotFoundError
        There is no such contact.
    """
    contact_channels.require_contact(connection, contact)
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    values = {"contact": contact, "code_hash": _hash(code), "expires_at": now + CODE_LASTS}
    connection.execute(_LINKS["put_code"], values)
    return f"{code[:5]}-{code[5:]}"


def link(connection: Connection, text: str, line_user: str, now: datetime) -> bool:
    """Link a LINE account to the contact whose code it sent, as their first channel; return False if the text is no valid code.

    Whoever sends the code holds the phone, so the channel is confirmed at once.
    """
    code = re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", text).upper().translate(_MISREAD))
    if not _CODE.match(code):
        return False
    row = connection.execute(_LINKS["take_code"], {"code_hash": _hash(code), "now": now}).fetchone()
    if row is None:
        return False
    contact = int(row[0])
    known = [number for number, owner in _channels(connection, line_user) if owner == contact]
    if known:
        contact_channels.confirm(connection, known[0], now)
        return True
    added = contact_channels.add(connection, contact, Channel.LINE, line_user, sealer=None, confirmed_at=now)
    contact_channels.put_first(connection, added.number)
    return True


def leave(connection: Connection, line_user: str, now: datetime) -> int:
    """Note that an account blocked us, and return how many channels led to it."""
    found = _channels(connection, line_user)
    for number, _ in found:
        contact_channels.set_unreachable(connection, number, "line_unfollowed", now)
    return len(found)


def come_back(connection: Connection, line_user: str) -> None:
    """Note that an account that had blocked us takes messages again."""
    for number, _ in _channels(connection, line_user):
        contact_channels.set_reachable(connection, number)


def is_fresh(connection: Connection, provider: str, event: str, now: datetime) -> bool:
    """Remember a provider's report and return whether it is the first of its id."""
    connection.execute(_LINKS["forget_old"], {"before": now - _REMEMBERED})
    values = {"provider": provider, "event": event, "now": now}
    return connection.execute(_LINKS["is_fresh"], values).rowcount == 1


def _channels(connection: Connection, line_user: str) -> list[tuple[int, int]]:
    rows = connection.execute(_LINKS["channels"], {"address": line_user}).fetchall()
    return [(int(row[0]), int(row[1])) for row in rows]


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
