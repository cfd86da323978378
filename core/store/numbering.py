"""Which messages of devices that number them are missing, and the blind time that follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.store.database import Connection
from core.store.queries import load

_NUMBERING = load("numbering")
_CAUSE = "messages_missing"


@dataclass(frozen=True, slots=True)
class Missing:
    """A span of messages that a device made and we did not get.

    `began_at` is when we last heard the device before it, `ended_at` when first after it (None: not yet).
    """

    first_seq: int
    last_seq: int
    began_at: datetime
    ended_at: datetime | None


def last_numbers(connection: Connection) -> dict[int, tuple[int, datetime]]:
    """Return the newest number and time of each device that numbers its messages."""
    rows = connection.execute(_NUMBERING["last_numbers"])
    return {device: (seq, time) for device, seq, time in rows}


def all_missing(connection: Connection) -> dict[int, list[Missing]]:
    """Return the missing spans of each device, in order."""
    found: dict[int, list[Missing]] = {}
    for device, *span in connection.execute(_NUMBERING["missing"]):
        found.setdefault(device, []).append(Missing(*span))
    return found


def write_missing(connection: Connection, spans: Mapping[int, Sequence[Missing]], now: datetime) -> None:
    """Replace the missing spans of some devices."""
    connection.execute(_NUMBERING["forget_missing"], {"devices": list(spans)})
    rows = [(device, span) for device, several in spans.items() for span in several]
    if rows:
        connection.execute(
            _NUMBERING["put_missing"],
            {
                "device": [device for device, _ in rows],
                "first_seq": [span.first_seq for _, span in rows],
                "last_seq": [span.last_seq for _, span in rows],
                "began_at": [span.began_at for _, span in rows],
                "ended_at": [span.ended_at for _, span in rows],
                "now": now,
            },
        )


def record_blind_time(connection: Connection, device: int, span: Missing, now: datetime) -> None:
    """Record that what a device would have told in a span is not known."""
    connection.execute(
        _NUMBERING["put_blind_time"],
        {
            "device": device,
            "began_at": span.began_at,
            "ended_at": max(span.began_at, span.ended_at or now),
            "cause": _CAUSE,
            "now": now,
        },
    )


def drop_blind_time(connection: Connection, device: int, began_at: datetime) -> None:
    """Take that back: the messages came."""
    connection.execute(
        _NUMBERING["drop_blind_time"], {"device": device, "began_at": began_at, "cause": _CAUSE}
    )
