"""Messages that could not be stored as readings, with their bytes and a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.store.database import Connection
from core.store.queries import load
from core.store.rows import build

_QUARANTINE = load("quarantine")


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that goes to quarantine."""

    received_at: datetime
    topic: str
    payload: bytes
    retained: bool
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message in quarantine."""

    number: int
    received_at: datetime
    topic: str
    payload: bytes
    retained: bool
    reason: str
    detail: str


def keep(connection: Connection, messages: Sequence[Refused]) -> None:
    """Keep messages with their bytes and reasons."""
    if messages:
        connection.execute(
            _QUARANTINE["keep"],
            {
                "received_at": [message.received_at for message in messages],
                "topic": [_storable(message.topic) for message in messages],
                "payload": [message.payload for message in messages],
                "retained": [message.retained for message in messages],
                "reason": [message.reason for message in messages],
                "detail": [_storable(message.detail) for message in messages],
            },
        )


def waiting(
    connection: Connection,
    *,
    reason: str | None = None,
    topic: str | None = None,
    after: int = 0,
    limit: int = 500,
) -> list[Quarantined]:
    """Return messages not yet released, oldest first, locked against another release at the same time."""
    rows = connection.execute(
        _QUARANTINE["waiting"], {"reason": reason, "topic": topic, "after": after, "limit": limit}
    )
    return [build(Quarantined, row) for row in rows]


def listing(connection: Connection, *, limit: int, before: int | None = None) -> list[Quarantined]:
    """Return messages not yet released, newest first, to look at; pass the last number as `before` for the next page."""
    rows = connection.execute(_QUARANTINE["listing"], {"before": before, "limit": limit})
    return [build(Quarantined, row) for row in rows]


def mark_released(connection: Connection, numbers: Sequence[int], now: datetime) -> None:
    """Note that messages were stored after all."""
    connection.execute(_QUARANTINE["mark_released"], {"ids": list(numbers), "now": now})


def prune(connection: Connection, *, before: datetime, messages: int, size_bytes: int) -> int:
    """Drop what is too old or too much, and return how many messages were dropped."""
    old = connection.execute(_QUARANTINE["drop_old"], {"before": before}).rowcount
    excess = connection.execute(
        _QUARANTINE["drop_excess"], {"messages": messages, "bytes": size_bytes}
    ).rowcount
    return old + excess


def _storable(text: str) -> str:
    # PostgreSQL has no NUL in text, and half of a surrogate pair is no UTF-8.
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()
