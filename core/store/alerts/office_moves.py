"""Alerts go with residents whom another office looks after from now on."""

from collections.abc import Collection

from core.store.database import Connection
from core.store.queries import load

_ALERTS = load("alerts/alerts")


def follow(connection: Connection, residents: Collection[int]) -> int:
    """Give what is not closed about residents to the offices that look after them now, and return how many alerts moved.

    Steps and reminders that are still ahead ask the new office; what was sent already is not sent again.
    """
    return connection.execute(_ALERTS["follow_residents"], {"residents": list(residents)}).rowcount
