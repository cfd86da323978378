"""Which devices chatter, so that pages show the last movement that rules believe."""

from collections.abc import Collection
from datetime import datetime

from core.store.database import Connection
from core.store.queries import load

_CHATTERING = load("telemetry/chattering_devices")


def mark(connection: Connection, *, began: Collection[int], ended: Collection[int], at: datetime) -> None:
    """Keep which devices began to chatter, and which are calm again."""
    if began:
        connection.execute(_CHATTERING["mark"], {"devices": sorted(began), "at": at})
    if ended:
        connection.execute(_CHATTERING["unmark"], {"devices": sorted(ended)})


def put_last_sign(
    connection: Connection, home: int, last: tuple[datetime, int] | None, chattering: Collection[int]
) -> None:
    """Show a life sign (when, and of which device) as the last of a home, unless a newer one of a calm device is there; None: there is none.

    It never waits for ingest, which may hold the row; then it is for the next evaluation.
    """
    devices = sorted(chattering)
    if last is None:
        connection.execute(_CHATTERING["drop_last_sign"], {"home": home, "chattering": devices})
    else:
        values = {"home": home, "life_sign_at": last[0], "device": last[1], "chattering": devices}
        connection.execute(_CHATTERING["put_last_sign"], values)
