"""Answer links: what a message lets its reader do without signing in, bound to one alert and one contact.

Only the hash of a token is stored, so a copy of the database opens no link.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from core.store.database import Connection
from core.store.queries import load

_ANSWER_LINKS = load("alerts/answer_links")

LINK_LASTS = timedelta(hours=48)
_TOKEN_BYTES = 24


@dataclass(frozen=True)
class AnswerLink:
    """A link that was sent. It acts while it is valid and its alert is not closed; afterwards it only shows the state."""

    alert: int
    contact: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Return whether it is neither expired nor revoked."""
        return self.revoked_at is None and now < self.expires_at


def issue(connection: Connection, alert_id: int, contact_id: int, now: datetime) -> str:
    """Make a link for one contact and one alert and return its token, which is stored nowhere."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    connection.execute(_ANSWER_LINKS["forget_expired"], {"contact": contact_id, "now": now})
    connection.execute(
        _ANSWER_LINKS["issue"],
        {
            "token_hash": _hash(token),
            "alert": alert_id,
            "contact": contact_id,
            "now": now,
            "expires_at": now + LINK_LASTS,
        },
    )
    return token


def look_up(connection: Connection, token: str) -> AnswerLink | None:
    """Return the link of a token, valid or not; None for a token that was never issued."""
    cursor = connection.cursor(row_factory=class_row(AnswerLink))
    return cursor.execute(_ANSWER_LINKS["look_up"], {"token_hash": _hash(token)}).fetchone()


def revoke(connection: Connection, contact_id: int, now: datetime, alert_id: int | None = None) -> int:
    """End all links of a contact, or only those for one alert, and return how many."""
    return connection.execute(
        _ANSWER_LINKS["revoke"], {"contact": contact_id, "alert": alert_id, "now": now}
    ).rowcount


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
