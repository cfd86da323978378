"""Invitations: one-time links with which somebody chooses their password; of each only the hash is kept."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from core.store.database import Connection
from core.store.queries import load

_INVITATIONS = load("people/invitations")


@dataclass(frozen=True)
class Invitation:
    """What became of the link that somebody was given last."""

    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Return whether it can be used."""
        return self.used_at is None and self.withdrawn_at is None and now < self.expires_at


def issue(
    connection: Connection, user: int, code_hash: bytes, *, by: int, now: datetime, expires_at: datetime
) -> None:
    """Keep a new link; the one that the user had ends. `by` 0 is somebody at the machine."""
    withdraw(connection, user, now)
    values = {"code_hash": code_hash, "user": user, "by": by or None, "now": now, "expires_at": expires_at}
    connection.execute(_INVITATIONS["add"], values)


def withdraw(connection: Connection, user: int, now: datetime) -> None:
    """End the link that a user has, if it was not used."""
    connection.execute(_INVITATIONS["withdraw"], {"user": user, "now": now})


def invited(connection: Connection, code_hash: bytes, now: datetime) -> int | None:
    """Return who may use a link; None where it opens nothing."""
    row = connection.execute(_INVITATIONS["invited"], {"code_hash": code_hash, "now": now}).fetchone()
    return None if row is None else int(row[0])


def use(connection: Connection, code_hash: bytes, now: datetime) -> bool:
    """Use a link up, and return whether it could be: of two at once one can."""
    return bool(connection.execute(_INVITATIONS["use"], {"code_hash": code_hash, "now": now}).rowcount)


def latest(connection: Connection, user: int) -> Invitation | None:
    """Return the link that a user was given last; None if there never was one."""
    cursor = connection.cursor(row_factory=class_row(Invitation))
    return cursor.execute(_INVITATIONS["latest"], {"user": user}).fetchone()
