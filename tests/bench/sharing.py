"""Two detector processes over one: how much faster they evaluate together, and how soon one takes over what a killed one held."""

import time
from datetime import UTC, datetime

import psycopg

from core.store.migrate import migrate
from tests.bench.ingest import Effort, Say
from tests.bench.large_ward import LargeWard
from tests.bench.result import Results, median, ratios
from tests.bench.stand import Stand
from tests.support.services.processes import Process, Processes
from tests.support.wait import wait_until

_FULL_RESIDENTS, _QUICK_RESIDENTS = 2_000, 400
_TIMEOUT_S = 300.0
_DATABASE = "sharing"
_Connection = psycopg.Connection[tuple[object, ...]]


def measure(stand: Stand, effort: Effort, say: Say) -> Results:
    """Measure both with a backlog of residents whose deadline has passed."""
    is_quick = effort.seconds < 60
    residents = _QUICK_RESIDENTS if is_quick else _FULL_RESIDENTS
    stand.cluster.create_database(_DATABASE)
    migrate(stand.cluster.url(_DATABASE))
    one: list[float] = []
    two: list[float] = []
    takeovers: list[float] = []
    with stand.connect(_DATABASE) as connection:
        LargeWard(residents).make(connection, datetime.now(UTC))
        for run in range(effort.runs):
            for workers, rates in ((1, one), (2, two)):
                say(f"sharing: run {run + 1} of {effort.runs}, {workers} at work")
                rates.append(residents / _backlog_s(stand, connection, workers))
            say(f"sharing: run {run + 1} of {effort.runs}, one is killed")
            takeovers.append(_takeover_s(stand, connection))
    against = f"a backlog of {residents:,} residents, database and all on this machine"
    return {
        "detectors_rate": median(one, "residents/s", f"one process; {against}"),
        "detectors_two_processes": median(ratios(two, one), "ratio", f"one process; {against}"),
        "detectors_takeover_s": median(
            takeovers, "s", "from killing one that evaluates a home until another has evaluated it"
        ),
    }


def _backlog_s(stand: Stand, connection: _Connection, workers: int) -> float:
    """Return how long some processes take for a backlog."""
    starter = Processes(stand.folder)
    try:
        for _ in range(workers):
            starter.start("detectors", stand.settings(_DATABASE))
        began = time.monotonic()
        until = _make_due(connection, everybody=True)
        wait_until(lambda: _left(connection, until) == 0, _TIMEOUT_S, "the backlog")
        return time.monotonic() - began
    finally:
        starter.stop_all()


def _takeover_s(stand: Stand, connection: _Connection) -> float:
    """Return how long a home stays unjudged whose process is killed while it evaluates it."""
    starter = Processes(stand.folder)
    try:
        with stand.connect(_DATABASE) as obstacle, obstacle.transaction():
            # Whoever evaluates the home asks for its safe areas, and waits.
            obstacle.execute("LOCK TABLE geofence IN ACCESS EXCLUSIVE MODE")
            victim = starter.start("detectors", stand.settings(_DATABASE))
            until = _make_due(connection, everybody=False)
            wait_until(lambda: _is_held_up(connection), what="a process that evaluates the home")
            starter.start("detectors", stand.settings(_DATABASE))
            began = _kill(victim)
        wait_until(lambda: _left(connection, until) == 0, _TIMEOUT_S, "the other process")
        return time.monotonic() - began
    finally:
        starter.stop_all()


def _kill(victim: Process) -> float:
    began = time.monotonic()
    victim.kill()
    return began


def _make_due(connection: _Connection, *, everybody: bool) -> datetime:
    """Let the deadlines of everybody or of the first resident pass just now, and say that all is stored up to then."""
    until = datetime.now(UTC)
    with connection.transaction():
        connection.execute(
            "UPDATE evaluation SET due_at = %(until)s WHERE resident_id <= %(last)s",
            {"until": until, "last": 2_000_000_000 if everybody else 1},
        )
        connection.execute(
            "INSERT INTO ingest_progress (worker, watermark, reported_at) VALUES ('bench', %(until)s, %(until)s)"
            " ON CONFLICT (worker) DO UPDATE SET watermark = excluded.watermark,"
            " reported_at = excluded.reported_at",
            {"until": until},
        )
        connection.execute("SELECT pg_notify('home_change', '')")
    return until


def _left(connection: _Connection, until: datetime) -> int:
    row = connection.execute(
        "SELECT count(*) FROM evaluation WHERE resident_id IS NOT NULL AND due_at <= %s", [until]
    ).fetchone()
    return int(str(row[0])) if row else 0


def _is_held_up(connection: _Connection) -> bool:
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = 'mimamori-detectors' AND wait_event_type = 'Lock'"
    ).fetchone()
    return row is not None and row[0] != 0
