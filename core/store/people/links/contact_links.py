"""Links that let a contact do one thing about no alert without signing in, once, until they end.

Only the hash of a token is stored, so a copy of the database opens no link.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg.rows import kwargs_row

from core.store.database import Connection
from core.store.queries import load

_LINKS = load("people/contact_links")
_TOKEN_BYTES = 24


class LinkPurpose(StrEnum):
    """What a link lets its reader do."""

    CONFIRM_ABSENCE = "confirm_absence"
    """Let a pause of the watch hold that somebody else planned."""
    STILL_AWAY = "still_away"
    """Say whether a stay in hospital goes on."""
    CHANNEL_TEST = "channel_test"
    """Say that a test arrived."""
    PREFERENCES = "preferences"
    """Choose how one is notified, as often as one likes until the link ends."""
    PROMPT = "prompt"
    """Say that the resident is well, or call for help, before anybody else is notified."""


@dataclass(frozen=True)
class ContactLink:
    """A link that was sent; it acts once, while it has not ended, and only shows how things stand afterwards.

    Attributes
    ----------
    contact : int
        As whom its reader acts.
    purpose : LinkPurpose
        What for.
    absence : int or None
        The planned absence it is about.
    channel : int or None
        The channel on which it was sent, of a test.
    prompt : int or None
        The question that it answers.
    """

    contact: int
    purpose: LinkPurpose
    absence: int | None
    channel: int | None
    prompt: int | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Return whether it may still be shown."""
        return now < self.expires_at


def issue(
    connection: Connection,
    contact: int,
    purpose: LinkPurpose,
    *,
    absence: int | None = None,
    channel: int | None = None,
    prompt: int | None = None,
    expires_at: datetime,
    now: datetime,
) -> str:
    """Make a link for one contact and return its token, which is stored nowhere; links that ended are dropped."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    connection.execute(_LINKS["forget_expired"], {"contact": contact, "now": now})
    values = {
        "token_hash": _hash(token),
        "contact": contact,
        "purpose": purpose,
        "absence": absence,
        "channel": channel,
        "prompt": prompt,
        "now": now,
        "expires_at": expires_at,
    }
    connection.execute(_LINKS["issue"], values)
    return token


def look_up(connection: Connection, token: str) -> ContactLink | None:
    """Return the link of a token, valid or not; None for a token that was never issued, or was dropped."""
    cursor = connection.cursor(row_factory=kwargs_row(_link))
    return cursor.execute(_LINKS["look_up"], {"token_hash": _hash(token)}).fetchone()


def use(connection: Connection, token: str, now: datetime) -> bool:
    """Use a link up; return False if it was used, has ended or never was one."""
    values = {"token_hash": _hash(token), "now": now}
    return connection.execute(_LINKS["use"], values).rowcount == 1


def end(connection: Connection, contact: int, purpose: LinkPurpose, now: datetime) -> int:
    """End a contact's links for a purpose, and return how many those were."""
    return connection.execute(_LINKS["end"], {"contact": contact, "purpose": purpose, "now": now}).rowcount


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _link(*, purpose: str, **columns: Any) -> ContactLink:
    return ContactLink(purpose=LinkPurpose(purpose), **columns)
