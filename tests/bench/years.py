"""What five years of stored weeks cost: evaluation, a call for help, the board and a resident's page, against three weeks."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.clock import SystemClock
from core.domain.access_scope import AccessScope
from core.domain.metrics import SOS
from core.store.database import Connection, Database
from core.store.migrate import migrate
from core.store.people import residents
from core.store.telemetry import readings, rule_windows
from detectors.engine.scheduler import Scheduler
from tests.bench.ingest import Effort, Say
from tests.bench.large_ward import LargeWard
from tests.bench.result import Results, median, ratios
from tests.bench.stand import Stand

_WEEKS = {"weeks": 3, "years": 260}
_RESIDENTS = 100
_LOOKS = 200


def measure(stand: Stand, effort: Effort, say: Say) -> Results:
    """Measure each on both databases in turn; 1 means that the years cost nothing."""
    runs: dict[str, dict[str, list[float]]] = {}
    databases = {name: _made(stand, name, weeks, say) for name, weeks in _WEEKS.items()}
    try:
        for run in range(effort.runs):
            for what, work in _WORK.items():
                for name, database in databases.items():
                    say(f"years: {what}, run {run + 1} of {effort.runs}")
                    runs.setdefault(what, {}).setdefault(name, []).append(work(database))
    finally:
        for database in databases.values():
            database.close()
    against = f"{_WEEKS['weeks']} weeks of chunks, the same {_RESIDENTS} residents with a day and a half of life signs"
    return {
        f"years_{what}": median(ratios(found["weeks"], found["years"]), "ratio", f"five years over {against}")
        for what, found in runs.items()
    }


def _made(stand: Stand, name: str, weeks: int, say: Say) -> Database:
    say(f"years: making {weeks} weeks")
    stand.cluster.create_database(name)
    migrate(stand.cluster.url(name))
    now = datetime.now(UTC)
    with stand.connect(name) as connection:
        LargeWard(_RESIDENTS).make(connection, now)
        for statement in _PAST:
            connection.execute(
                statement, {"since": now - timedelta(weeks=weeks), "until": now - timedelta(weeks=1)}
            )
        connection.execute("ANALYZE")
    database = Database(stand.cluster.url(name), size=4)
    database.open()
    return database


_PAST = (
    """
    INSERT INTO reading (time, received_at, device_number, metric, seq, value, flags)
    SELECT at, at, device_number, 1, 0, 1, 1
    FROM generate_series(%(since)s::timestamptz, %(until)s, interval '7 days') AS at, device
    """,
    """
    INSERT INTO fix (time, received_at, device_number, seq, lat, lon)
    SELECT at, at, device_number, 0, 35.7, 139.7
    FROM generate_series(%(since)s::timestamptz, %(until)s, interval '7 days') AS at, device WHERE kind = 'tracker'
    """,
)


def _evaluation(database: Database) -> float:
    """Return how long it takes to evaluate everybody."""
    now = datetime.now(UTC)
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO ingest_progress (worker, watermark, reported_at) VALUES ('bench', %(now)s, %(now)s)"
            " ON CONFLICT (worker) DO UPDATE SET watermark = excluded.watermark, reported_at = excluded.reported_at",
            {"now": now},
        )
        connection.execute(
            "INSERT INTO home_change (home_id, earliest, urgent) SELECT home_id, %s, false FROM home", (now,)
        )
        connection.execute("UPDATE evaluation SET due_at = %s, on_any_reading = true", (now,))
    scheduler = Scheduler(database, SystemClock(), ZoneInfo("Asia/Tokyo"))
    began = time.perf_counter()
    if scheduler.cycle() < _RESIDENTS:
        raise RuntimeError("not everybody was evaluated")
    return time.perf_counter() - began


def _repeated(look: Callable[[Connection, int, datetime], object]) -> Callable[[Database], float]:
    def work(database: Database) -> float:
        now = datetime.now(UTC)
        with database.transaction() as connection:
            look(connection, 1, now)
            began = time.perf_counter()
            for place in range(_LOOKS):
                look(connection, place % _RESIDENTS + 1, now)
            return time.perf_counter() - began

    return work


def _call(connection: Connection, number: int, now: datetime) -> None:
    since = now - timedelta(days=1)
    rule_windows.presses(
        connection, number, number, since, began_from=since - timedelta(days=7), is_lead=True, metric=SOS.name
    )


def _board(connection: Connection, number: int, now: datetime) -> None:
    if number % 10 == 0:
        residents.overviews(connection, AccessScope(everything=True))
        residents.life_signs_known_by(connection, range(1, _RESIDENTS + 1), now)


def _page(connection: Connection, number: int, now: datetime) -> None:
    residents.overview(connection, AccessScope(everything=True), number)
    residents.life_signs_known_by(connection, [number], now)
    readings.rhythm(connection, number, now - timedelta(days=7), now, timedelta(minutes=10))
    readings.away(connection, number, now - timedelta(days=7), now, timedelta(minutes=10))
    readings.latest_fix(connection, number, now)


_WORK: dict[str, Callable[[Database], float]] = {
    "evaluation": _evaluation,
    "call": _repeated(_call),
    "board": _repeated(_board),
    "page": _repeated(_page),
}
