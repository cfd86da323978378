"""Messages that could not be stored as readings, with their bytes and a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from core.errors import NotFoundError
from core.store.database import Connection
from core.store.queries import load
from core.store.storable_text import storable

_QUARANTINE = load("telemetry/quarantine")


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


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept before the oldest has to go."""

    age: timedelta
    messages: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the waiting messages; None: all."""

    reason: str | None = None
    topic: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class State:
    """How much waits, since when, and how much had to go although nobody had released it (within the age that is kept)."""

    waiting: int
    size_bytes: int
    oldest_at: datetime | None
    dropped: int
    dropped_at: datetime | None


_ALL = Choice()


def keep(connection: Connection, messages: Sequence[Refused]) -> None:
    """Keep messages with their bytes and reasons."""
    if messages:
        connection.execute(
            _QUARANTINE["keep"],
            {
                "received_at": [message.received_at for message in messages],
                "topic": [storable(message.topic) for message in messages],
                "payload": [message.payload for message in messages],
                "retained": [message.retained for message in messages],
                "reason": [message.reason for message in messages],
                "detail": [storable(message.detail) for message in messages],
            },
        )


def waiting(
    connection: Connection, choice: Choice = _ALL, *, after: int = 0, limit: int = 500
) -> list[Quarantined]:
    """Return messages not yet released, oldest first, locked against another release at the same time."""
    cursor = connection.cursor(row_factory=class_row(Quarantined))
    values = {**_chosen(choice), "after": after, "limit": limit}
    return cursor.execute(_QUARANTINE["waiting"], values).fetchall()


def count(connection: Connection, choice: Choice = _ALL) -> int:
    """Return how many messages are not yet released."""
    row = connection.execute(_QUARANTINE["count"], _chosen(choice)).fetchone()
    return int(row[0]) if row else 0


def listing(
    connection: Connection, choice: Choice = _ALL, *, limit: int, before: int | None = None
) -> list[Quarantined]:
    """Return messages not yet released, newest first, to look at; pass the last number as `before` for the next page."""
    cursor = connection.cursor(row_factory=class_row(Quarantined))
    values = {**_chosen(choice), "before": before, "limit": limit}
    return cursor.execute(_QUARANTINE["listing"], values).fetchall()


def get(connection: Connection, number: int) -> Quarantined:
    """Return one message, released or not.

    Raises
    ------
    NotFoundError
        There is none of that number.
    """
    cursor = connection.cursor(row_factory=class_row(Quarantined))
    found = cursor.execute(_QUARANTINE["get"], {"number": number}).fetchone()
    if found is None:
        raise NotFoundError(f"there is no message {number} in quarantine; it may have been too old")
    return found


def state(connection: Connection) -> State:
    """Return how much waits and what had to go."""
    (found,) = connection.cursor(row_factory=class_row(State)).execute(_QUARANTINE["state"]).fetchall()
    return found


def reasons(connection: Connection) -> dict[str, int]:
    """Return how many messages wait for each reason, the most frequent first."""
    return dict(connection.execute(_QUARANTINE["reasons"]).fetchall())


def keep_reasons(connection: Connection, refused: Sequence[tuple[int, str, str]]) -> None:
    """Keep why messages were refused again: (number, reason, detail)."""
    if refused:
        connection.execute(
            _QUARANTINE["still_refused"],
            {
                "ids": [number for number, _, _ in refused],
                "reason": [reason for _, reason, _ in refused],
                "detail": [storable(detail) for _, _, detail in refused],
            },
        )


def mark_released(connection: Connection, numbers: Sequence[int], now: datetime) -> None:
    """Note that messages were stored after all."""
    connection.execute(_QUARANTINE["mark_released"], {"ids": list(numbers), "now": now})


def prune(connection: Connection, limits: Limits, now: datetime) -> int:
    """Drop what is too old or too much, and return how many messages went that nobody had released."""
    before = now - limits.age
    too_old = _dropped(connection, "drop_old", {"before": before})
    values = {"messages": limits.messages, "bytes": limits.size_bytes}
    too_many = _dropped(connection, "drop_excess", values)
    connection.execute(_QUARANTINE["forget_drops"], {"before": before})
    if too_old or too_many:
        connection.execute(_QUARANTINE["record_drop"], {"now": now, "too_old": too_old, "too_many": too_many})
    return too_old + too_many


def _dropped(connection: Connection, query: str, values: Mapping[str, object]) -> int:
    row = connection.execute(_QUARANTINE[query], values).fetchone()
    return int(row[0]) if row else 0


def _chosen(choice: Choice) -> dict[str, object]:
    return {"reason": choice.reason, "topic": choice.topic, "only": choice.number}
