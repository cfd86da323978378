"""How fast ingest is, measured against the fastest use of its client library and against what one writes at first."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.store.database import Database
from core.store.edition import edition
from tests.bench.messages import READINGS_EACH
from tests.bench.result import Result, Results, median, ratios
from tests.bench.stand import MAIN, Stand

_FEW = 4_000
_NO_OP = "a paho client that does nothing and acknowledges in batches of 500, same broker, same messages"
_COPIED = "copied"
_COPY = "binary COPY of the same readings into the same hypertable with the same index"
# What a row takes by itself: 40 bytes of columns and 24 of header.
_TUPLE_BYTES = 64


@dataclass(frozen=True)
class Effort:
    """How much is done: how often, and with how many messages."""

    runs: int
    messages: int
    seconds: int
    few_rows: int
    many_rows: int


FULL = Effort(runs=5, messages=100_000, seconds=300, few_rows=300_000, many_rows=30_000_000)
QUICK = Effort(runs=3, messages=30_000, seconds=20, few_rows=30_000, many_rows=1_000_000)

Say = Callable[[str], None]


def rates(stand: Stand, effort: Effort, say: Say) -> Results:
    """Measure one worker."""
    found: list[tuple[float, float, float, float]] = []
    stand.add_database(_COPIED)
    for run in range(effort.runs):
        say(f"ingest: run {run + 1} of {effort.runs}")
        no_op_rate, began = stand.drained("no_op", effort.messages), datetime.now(UTC)
        ours_rate = stand.ingest_rate(effort.messages)
        copied = _copy_rate(stand, began)
        plain_rate = stand.drained("executemany", _FEW, stand.cluster.url(MAIN))
        found.append((no_op_rate, ours_rate, plain_rate, copied))
    no_op, ours, plain, copies = (list(column) for column in zip(*found, strict=True))
    stored = [READINGS_EACH * rate for rate in ours]
    return {
        "copy_ratio": median(ratios(stored, copies), "ratio", _COPY),
        "copy_rate": median(
            copies, "readings/s", "binary COPY of what ingest stored, into an empty database"
        ),
        "ingest_ratio": median(ratios(ours, no_op), "ratio", _NO_OP),
        "executemany_ratio": median(ratios(plain, no_op), "ratio", _NO_OP),
        "ingest_rate": median(ours, "messages/s", "committed, three readings each"),
        "no_op_rate": median(no_op, "messages/s", "received and acknowledged"),
        "executemany_rate": median(plain, "messages/s", "one executemany and commit per message"),
        **_bytes_per_reading(stand),
    }


def _copy_rate(stand: Stand, since: datetime) -> float:
    """Return how many readings a second the database takes when it is only given those that ingest just stored."""
    with stand.connect() as source, stand.connect(_COPIED) as target:
        with source.cursor().copy(
            "COPY (SELECT * FROM reading WHERE received_at >= %s) TO STDOUT (FORMAT binary)", (since,)
        ) as reading:
            rows = b"".join(reading)
        cursor = target.cursor()
        began = time.monotonic()
        with cursor.copy("COPY reading FROM STDIN (FORMAT binary)") as writing:
            writing.write(rows)
        return cursor.rowcount / (time.monotonic() - began)


def two_workers(stand: Stand, effort: Effort, say: Say) -> Results:
    """Measure two workers that share the messages against one, in turn."""
    one: list[float] = []
    two: list[float] = []
    for run in range(effort.runs):
        say(f"two workers: run {run + 1} of {effort.runs}")
        one.append(stand.ingest_rate(effort.messages))
        two.append(stand.group_rate(effort.messages, 2))
    return {
        "ingest_two_workers": median(
            ratios(two, one),
            "ratio",
            "one worker; the broker, the database and all workers share this machine",
        )
    }


def growth(stand: Stand, effort: Effort, say: Say) -> Results:
    """Measure with many rows in the hypertable against few, in turn."""
    for name, rows in (("few", effort.few_rows), ("many", effort.many_rows)):
        say(f"growth: filling {rows:,} readings")
        stand.add_database(name)
        fill(stand, name, rows, say)
    few: list[float] = []
    many: list[float] = []
    for run in range(effort.runs):
        say(f"growth: run {run + 1} of {effort.runs}")
        few.append(stand.ingest_rate(effort.messages, "few"))
        many.append(stand.ingest_rate(effort.messages, "many"))
    against = f"the rate with {effort.few_rows:,} readings stored; with {effort.many_rows:,} of the same thirty days"
    return {"growth_ratio": median(ratios(many, few), "ratio", against)}


def fill(stand: Stand, database: str, rows: int, say: Say) -> None:
    """Store readings of all devices, spread evenly over the thirty days in which the messages lie."""
    with stand.connect(database) as connection:
        for day in range(30):
            connection.execute(
                "INSERT INTO reading (device_number, time, metric, seq, value, received_at)"
                " SELECT device_number, at, metric, 0, 20, at"
                " FROM device, unnest('{1,20,21}'::smallint[]) AS metric, generate_series("
                "  now() - make_interval(days => 30 - %(day)s), now() - make_interval(days => 29 - %(day)s)"
                "  - interval '1 second', make_interval(secs => 86400.0 / %(each)s)) AS at",
                {"day": day, "each": max(1, rows // 30 // 3000)},
            )
            if rows > 1_000_000:
                say(f"growth: filled day {day + 1} of 30")
        connection.execute("VACUUM (ANALYZE) reading")
        connection.execute("CHECKPOINT")


def _bytes_per_reading(stand: Stand) -> Results:
    """Return what a reading stored by ingest takes on the disk, index and all."""
    size = "SELECT hypertable_size('reading')::float8 / (SELECT count(*) FROM reading)"
    against = f"a row by itself, of {_TUPLE_BYTES} bytes"
    with stand.connect() as connection:
        connection.execute("VACUUM reading")
        taken = float(str((connection.execute(size).fetchone() or (0,))[0]))
        found = {
            "bytes_per_reading": median([taken], "B", f"on the disk with the index; {against}"),
            "bytes_per_reading_ratio": median([taken / _TUPLE_BYTES], "ratio", against),
        }
        with Database(stand.cluster.url(MAIN)) as database, database.transaction() as own:
            server = edition(own)
        if not server.is_community:
            reason = f"not measured: {server.label} has no compression"
            return found | {"bytes_per_reading_compressed": Result(None, "B", [], reason)}
        connection.execute(
            "SELECT compress_chunk(chunk, if_not_compressed => true) FROM show_chunks('reading') AS chunk"
        )
        taken = float(str((connection.execute(size).fetchone() or (0,))[0]))
        return found | {"bytes_per_reading_compressed": median([taken], "B", against)}
