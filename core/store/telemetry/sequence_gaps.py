"""Which messages of devices that number them are missing, and the blind time that follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.rows import kwargs_row

from core.store.database import Connection
from core.store.queries import load

_GAPS = load("telemetry/sequence_gaps")
_CAUSE = "messages_missing"

BatchNumber = tuple[int, int, datetime, bool]
"""device, seq, time, whether the device only claims to have made it"""
NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SequenceGap:
    """A span of messages that a device made and we did not get.

    `began_at` is the last contact of the device before it, `ended_at` the first after it (None: not yet).
    """

    first_seq: int
    last_seq: int
    began_at: datetime
    ended_at: datetime | None


def last_seqs(connection: Connection) -> dict[int, tuple[int, datetime]]:
    """Return the newest number and time of each device that numbers its messages."""
    rows = connection.execute(_GAPS["last_seqs"])
    return {device: (seq, time) for device, seq, time in rows}


def all_gaps(connection: Connection) -> dict[int, list[SequenceGap]]:
    """Return the missing spans of each device, in order."""
    found: dict[int, list[SequenceGap]] = {}
    for device, span in connection.cursor(row_factory=kwargs_row(_gap)).execute(_GAPS["gaps"]):
        found.setdefault(device, []).append(span)
    return found


def blind_beginnings(connection: Connection) -> dict[int, set[datetime]]:
    """Return the beginnings of the missing spans of each device that are on record as blind time."""
    found: dict[int, set[datetime]] = {}
    for device, began_at in connection.execute(_GAPS["blind_beginnings"], {"cause": _CAUSE}):
        found.setdefault(device, set()).add(began_at)
    return found


def add_batch(connection: Connection, seen: Sequence[BatchNumber]) -> None:
    """Leave the numbers of a batch for the worker that looks for gaps."""
    if seen:
        device, seq, at, is_claim = (list(column) for column in zip(*seen, strict=True))
        connection.execute(_GAPS["add_batch"], {"device": device, "seq": seq, "at": at, "is_claim": is_claim})


def take_batches(connection: Connection) -> list[BatchNumber]:
    """Return the numbers that batches left, and forget them."""
    found: list[BatchNumber] = []
    for columns in connection.execute(_GAPS["take_batches"]).fetchall():
        found.extend(zip(*columns, strict=True))
    return found


def put_last_seqs(connection: Connection, last: Mapping[int, tuple[int, datetime]]) -> None:
    """Keep how far devices have come, without gaps being overlooked after a restart."""
    if last:
        connection.execute(
            _GAPS["put_last_seqs"],
            {
                "device": list(last),
                "seq": [seq for seq, _ in last.values()],
                "at": [at for _, at in last.values()],
            },
        )


def forget_seq_times(connection: Connection) -> None:
    """Forget when numbers were received by workers that shared messages: one worker keeps it with each batch."""
    connection.execute(_GAPS["forget_seq_times"])


def reset_times(connection: Connection) -> dict[int, datetime]:
    """Return since when the devices that lost their memory count their messages anew."""
    return dict(connection.execute(_GAPS["reset_times"]).fetchall())


def reset(
    connection: Connection,
    counts: Mapping[int, tuple[int, datetime]],
    forgotten: Sequence[tuple[int, SequenceGap]],
    now: datetime,
) -> None:
    """Keep of devices that count anew how far they have come and since when; what they forgot is blind time.

    `counts` is device -> (seq, since).
    """
    if counts:
        connection.execute(
            _GAPS["reset"],
            {
                "device": list(counts),
                "seq": [seq for seq, _ in counts.values()],
                "since": [since for _, since in counts.values()],
            },
        )
    for device, span in forgotten:
        record_blind_time(connection, device, span, now)


def slowest_worker(connection: Connection, since: datetime) -> datetime | None:
    """Return how far the slowest of the workers has come that reported since then."""
    row = connection.execute(_GAPS["slowest_worker"], {"since": since}).fetchone()
    return row[0] if row else None


def write_gaps(connection: Connection, spans: Mapping[int, Sequence[SequenceGap]], now: datetime) -> None:
    """Replace the missing spans of some devices."""
    if not spans:
        return
    connection.execute(_GAPS["drop_gaps"], {"devices": list(spans)})
    rows = [(device, span) for device, several in spans.items() for span in several]
    if rows:
        connection.execute(
            _GAPS["put_gaps"],
            {
                "device": [device for device, _ in rows],
                "first_seq": [span.first_seq for _, span in rows],
                "last_seq": [span.last_seq for _, span in rows],
                "began_at": [span.began_at for _, span in rows],
                "ended_at": [span.ended_at for _, span in rows],
                "now": now,
            },
        )


def record_blind_time(connection: Connection, device: int, span: SequenceGap, now: datetime) -> None:
    """Record that what a device would have reported in a span is not known."""
    connection.execute(
        _GAPS["put_blind_time"],
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
    connection.execute(_GAPS["drop_blind_time"], {"device": device, "began_at": began_at, "cause": _CAUSE})


def _gap(*, device: int, **columns: Any) -> tuple[int, SequenceGap]:
    return device, SequenceGap(**columns)
