"""How long it takes to give out, and to erase, everything about one resident with a year of data, in a ward with others."""

import time
from datetime import UTC, datetime, timedelta

from api.actions.people.personal_data import AskedExport
from api.views.person_archive import in_words
from core.domain.people import Language
from core.formats.person_archive import archive_of
from core.store.database import Database
from core.store.migrate import migrate
from core.store.people.personal import erasing, erasures, keys
from tests.bench.ingest import Effort, Say
from tests.bench.large_ward import LargeWard
from tests.bench.result import Results, median
from tests.bench.stand import Stand

_OTHERS = 1_000
_DEVICES, _EVERY = 20, timedelta(minutes=5)
_YEAR = timedelta(days=365)
_RESIDENT = 1


def measure(stand: Stand, _effort: Effort, say: Say) -> Results:
    """Write the ZIP of one resident, then erase them: each once, since making the year takes longer than both."""
    say("one person: making a year of data")
    stand.cluster.create_database("one_person")
    url = stand.cluster.url("one_person")
    migrate(url)
    now = datetime.now(UTC)
    with stand.connect("one_person") as connection:
        LargeWard(_OTHERS).make(connection, now)
        for statement in _A_YEAR:
            connection.execute(
                statement, {"now": now, "since": now - _YEAR, "devices": _DEVICES, "every": _EVERY}
            )
        connection.execute("VACUUM ANALYZE")
    with Database(url, size=1) as database:
        say("one person: giving out")
        exported_s, size = _export(database, now)
        say("one person: erasing")
        erased_s, rows = _erase(database, now)
    against = f"60 s; {_DEVICES} devices at one reading in five minutes and a tracker, {rows} rows, {_OTHERS} others"
    return {
        "export_year_s": median([exported_s], "s", f"{against}; a ZIP of {size / 2**20:.0f} MB"),
        "erasure_year_s": median([erased_s], "s", f"{against}; without the broker's part"),
    }


# Every tenth reading is a life sign; half of the alerts have somebody's answer.
_A_YEAR = (
    """
    INSERT INTO device (device_id, sender, kind, place, registered_at)
    SELECT 'year-' || number, 'native:year-' || number, 'motion', 'room ' || number, %(since)s
    FROM generate_series(1, %(devices)s) AS number
    """,
    """
    INSERT INTO device_assignment (device_number, home_id, during)
    SELECT device_number, (SELECT home_id FROM resident WHERE resident_id = 1), tstzrange(%(since)s, NULL)
    FROM device WHERE device_id LIKE 'year-%%'
    """,
    """
    UPDATE device_assignment SET during = tstzrange(%(since)s, NULL)
    WHERE device_number IN (SELECT device_number FROM device WHERE device_id IN ('m-1', 'b-1', 't-1'))
    """,
    """
    INSERT INTO reading (time, received_at, value, seq, device_number, metric, flags)
    SELECT at, at, extract(minute FROM at), 0, device_number, 1, (extract(minute FROM at)::int %% 10 = 0)::int
    FROM device, generate_series(%(since)s::timestamptz, %(now)s, %(every)s) AS at WHERE device_id LIKE 'year-%%'
    """,
    """
    INSERT INTO fix (time, received_at, lat, lon, seq, device_number, accuracy_m)
    SELECT at, at, 35.7 + extract(minute FROM at) / 1e4, 139.7, 0, device_number, 12
    FROM device, generate_series(%(since)s::timestamptz, %(now)s, %(every)s) AS at WHERE device_id = 't-1'
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO alert (rule, subject_kind, resident_id, office_id, severity, condition, handling, began_at, raised_at, opened_at,
        cleared_at, closed_at, outcome, reason)
    SELECT 'inactivity', 'resident', 1, office_id, 2, 'cleared', 'closed', at, at, at, at, at, 'false_alarm', '{"silent_min": 300}'
    FROM resident, generate_series(%(since)s::timestamptz, %(now)s, interval '1 day') AS at WHERE resident_id = 1
    """,
    """
    INSERT INTO alert_event (alert_id, at, kind, detail)
    SELECT alert_id, began_at, 'note', '{"note": "was asleep"}' FROM alert, generate_series(1, 4) WHERE resident_id = 1
    """,
    "UPDATE resident SET ended_at = %(now)s, end_reason = 'left' WHERE resident_id = 1",
)


def _export(database: Database, now: datetime) -> tuple[float, int]:
    began = time.perf_counter()
    with database.transaction() as connection:
        found = keys.person(connection, _RESIDENT, with_home=True)
    asked = AskedExport(found.name, found.keys)
    parts = archive_of(asked.whose, asked.tables(database), now, Language.JA, in_words(Language.JA))
    size = sum(len(part) for part in parts)
    return time.perf_counter() - began, size


def _erase(database: Database, now: datetime) -> tuple[float, int]:
    began = time.perf_counter()
    with database.transaction() as connection:
        number = erasures.ask(connection, _RESIDENT, user=None, now=now)
    report = erasing.erase(database, number, now, None)
    if report is None or not report.is_proven:
        raise RuntimeError(f"not erased: {report}")
    return time.perf_counter() - began, sum(report.deleted.values())
