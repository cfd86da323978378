"""What is too old goes in parts of a week, each in a transaction with its record; whoever takes a run up goes on where it was cut off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from psycopg.errors import DeadlockDetected, LockNotAvailable
from psycopg.rows import class_row, kwargs_row
from psycopg.types.json import Jsonb

from core.credentials.report_seals import ReportSealer
from core.domain.records.retention import (
    EVERY,
    FIRST_AFTER,
    FIXES,
    MOST_PARTS,
    READINGS,
    SOON,
    Dropped,
    KeptFor,
    RetentionRun,
    RetentionState,
)
from core.domain.rules import RULES
from core.errors import StoreError
from core.store.database import Connection, Database
from core.store.queries import load

_RETENTION = load("operation/retention")
# Any constant will do as long as nobody else locks it in this database.
_WORKING = 7_240_615
# A service's clock that is anchored to the machine's may be read a little later.
_CLOCKS_DIFFER = timedelta(hours=1)
_COUNT = {READINGS: "count_reading", FIXES: "count_fix"}
_EVIDENCE = {READINGS: "evidence_reading", FIXES: "evidence_fix"}
_PLACE_RULES = sorted(one.name for one in RULES.values() if one.shows_location)


@dataclass(frozen=True)
class _Part:
    """A part of time of a hypertable, and the table it stands in."""

    what: str
    since: datetime
    until: datetime
    table_name: str


def state(connection: Connection) -> RetentionState:
    """Return how the runs go."""
    values = {"soon": SOON, "every": EVERY, "first_after": FIRST_AFTER}
    cursor = connection.cursor(row_factory=class_row(RetentionState))
    (found,) = cursor.execute(_RETENTION["state"], values).fetchall()
    return found


def dropped_until(connection: Connection) -> dict[str, datetime]:
    """Return until when everything of a hypertable went, for each of which something did."""
    return dict(connection.execute(_RETENTION["dropped_until"]).fetchall())


def is_work_left(connection: Connection, now: datetime) -> bool:
    """Return whether a run is due, or was cut off, and nobody works."""
    values = {"is_due": now >= state(connection).due_at, "key": _WORKING}
    row = connection.execute(_RETENTION["try_work"], values).fetchone()
    return bool(row and row[0])


def hold(connection: Connection) -> bool:
    """Become the one that works; it stays so until the connection ends."""
    row = connection.execute(_RETENTION["hold"], {"key": _WORKING}).fetchone()
    return bool(row and row[0])


def runs(connection: Connection, limit: int | None = None) -> list[RetentionRun]:
    """Return the latest runs, the newest first; all of them without a limit."""
    cursor = connection.cursor(row_factory=kwargs_row(_run))
    return cursor.execute(_RETENTION["runs"], {"limit": limit}).fetchall()


def oldest_kept(
    connection: Connection, kept_for: KeptFor, now: datetime, machine_now: datetime
) -> dict[str, datetime]:
    """Return the moment before which readings and fixes are too old; nobody's is that has yet to be evaluated.

    It is counted from the machine's time at the latest: a service's clock that was set years ahead must not make everything too old.
    """
    row = connection.execute(_RETENTION["evaluated_through"]).fetchone()
    latest = min(now, machine_now + _CLOCKS_DIFFER)
    known = latest if row is None or row[0] is None else min(latest, row[0])
    return {what: known - kept_for.of(what) for what in (READINGS, FIXES)}


def parts_over_age(connection: Connection, oldest: Mapping[str, datetime]) -> dict[str, int]:
    """Return how many parts of each hypertable are older than the oldest that is kept of it."""
    found = _parts(connection, oldest)
    return {what: sum(one.what == what for one in found) for what in oldest}


def run(
    database: Database,
    kept_for: KeptFor,
    sealer: ReportSealer,
    now: datetime,
    machine_now: datetime,
    must_end: Callable[[], bool] = lambda: False,
    most: int = MOST_PARTS,
) -> RetentionRun | None:
    """Let go what is too old, and return the sealed record; None if it had to end before, and goes on from there next time.

    Parameters
    ----------
    database : Database
        Each part is a transaction of its own.
    kept_for : KeptFor
        How long what is kept.
    sealer : ReportSealer
        Seals the record.
    now, machine_now : datetime
        The service's time, and the machine's.
    must_end : callable
        Whether to leave the rest.
    most : int
        How many parts may go at most.
    """
    with database.transaction() as connection:
        number = _begin(connection, kept_for, now)
        ahead = _parts(connection, oldest_kept(connection, kept_for, now, machine_now))
    left = max(0, len(ahead) - most)
    for part in ahead[:most]:
        if must_end():
            return None
        try:
            with database.transaction() as connection:
                _let_go(connection, number, part)
        except StoreError as error:
            # Somebody reads it, such as a backup, or stores into it what came late.
            if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
                raise
            left += 1
    with database.transaction() as connection:
        return _finish(connection, number, sealer, now, left)


def faults(found: list[RetentionRun], sealer: ReportSealer) -> dict[int, str]:
    """Return what is wrong with which of all runs, the newest first: changed, taken out, or sealed with a key that is not here."""
    wrong: dict[int, str] = {}
    before = ""
    for one in reversed(found):
        if one.seal is None or one.key_number is None:
            continue
        if one.seal_before != before:
            wrong[one.number] = "what came before it was changed or taken out"
        elif not sealer.has(one.key_number):
            wrong[one.number] = f"key {one.key_number} of MIMAMORI_SECRET_KEYS is not here"
        elif sealer.seal(one.content, one.key_number) != one.seal:
            wrong[one.number] = "it was changed"
        before = one.seal
    return wrong


def _parts(connection: Connection, oldest: Mapping[str, datetime]) -> list[_Part]:
    """Return the parts that are older than the oldest that is kept, those of each hypertable from the oldest on."""
    cursor = connection.cursor(row_factory=class_row(_Part))
    return [
        part
        for what, before in oldest.items()
        for part in cursor.execute(_RETENTION["parts"], {"what": what, "before": before}).fetchall()
    ]


def _begin(connection: Connection, kept_for: KeptFor, now: datetime) -> int:
    """Return the run that was cut off, or begin one."""
    values: dict[str, Any] = {"now": now, "kept_for": Jsonb(msgspec.to_builtins(kept_for))}
    row = connection.execute(_RETENTION["unfinished"]).fetchone()
    if row is not None:
        connection.execute(_RETENTION["keep_for"], values | {"run": row[0]})
        return int(row[0])
    ((number,),) = connection.execute(_RETENTION["begin"], values)
    return int(number)


def _let_go(connection: Connection, number: int, part: _Part) -> None:
    """Set evidence apart, drop one part, and note it: all of it or nothing."""
    span = {"what": part.what, "since": part.since, "until": part.until, "part": part.table_name}
    connection.execute(_RETENTION["patience"])
    # The name comes from TimescaleDB's catalogue, quoted by the server.
    connection.execute(_RETENTION["lock"].replace(b"[part]", part.table_name.encode()))
    size = _one(connection, "size", span)
    rows = _one(connection, _COUNT[part.what], span)
    evidence = _one(connection, _EVIDENCE[part.what], span | {"rules": _PLACE_RULES})
    gone = connection.execute(_RETENTION["drop"], span).fetchall()
    if len(gone) != 1:
        raise StoreError(f"{len(gone)} parts of {part.what} would go in place of {part.table_name}")
    dropped = Dropped(part.what, part.since, part.until, rows, size, evidence)
    connection.execute(_RETENTION["note"], {"run": number, "dropped": Jsonb([msgspec.to_builtins(dropped)])})


def _finish(
    connection: Connection, number: int, sealer: ReportSealer, now: datetime, parts_left: int
) -> RetentionRun:
    cursor = connection.cursor(row_factory=kwargs_row(_run))
    (found,) = cursor.execute(_RETENTION["run"], {"run": number}).fetchall()
    done = replace(found, done_at=now, parts_left=parts_left, key_number=sealer.key_number)
    sealed = replace(done, seal=sealer.seal(done.content, sealer.key_number))
    values = {
        "run": number,
        "now": now,
        "parts_left": parts_left,
        "key_number": sealed.key_number,
        "seal": sealed.seal,
    }
    connection.execute(_RETENTION["finish"], values)
    return sealed


def _one(connection: Connection, query: str, values: Mapping[str, object]) -> int:
    row = connection.execute(_RETENTION[query], values).fetchone()
    return int(row[0]) if row else 0


def _run(*, kept_for: object, dropped: object, **columns: Any) -> RetentionRun:
    return RetentionRun(
        kept_for=msgspec.convert(kept_for, KeptFor),
        dropped=tuple(msgspec.convert(dropped, list[Dropped])),
        **columns,
    )
