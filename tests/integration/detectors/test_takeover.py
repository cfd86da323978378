"""A detector process that is killed in the middle of a home: another takes the home over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from core.store.database import Database
from core.store.telemetry import batches
from deploy.local.mosquitto import Broker
from tests.support.services.processes import Processes, service_settings
from tests.support.wait import wait_until
from tests.support.wards import ward_files
from tests.support.wards.evaluated_ward import home


def test_what_a_killed_process_held_is_evaluated_by_another_within_ten_seconds(
    database_url: str, broker: Broker, processes: Processes, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    ward = {
        "offices": [{"name": "中央地域包括支援センター"}],
        "homes": [home(1, watched_from=now - timedelta(hours=1))],
    }
    settings = service_settings(database_url, broker)
    with Database(database_url) as database, psycopg.connect(database_url, autocommit=True) as looking:
        with database.transaction() as connection:
            ward_files.register(connection, ward_files.write_ward(tmp_path, ward))
            batches.report_progress(connection, "test", now, 0, now)

        def backends_at_a_lock() -> int:
            row = looking.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE application_name = 'mimamori-detectors' AND wait_event_type = 'Lock'"
                " AND datname = current_database()"
            ).fetchone()
            return row[0] if row else 0

        def has_evaluated() -> bool:
            row = looking.execute("SELECT evaluated_through FROM evaluation WHERE resident_id = 1").fetchone()
            return row is not None and row[0] >= now

        with psycopg.connect(database_url) as obstacle:
            # Whoever evaluates the home asks for its safe areas, and waits.
            obstacle.execute("LOCK TABLE geofence IN ACCESS EXCLUSIVE MODE")
            victim = processes.start("detectors", settings)
            wait_until(lambda: backends_at_a_lock() == 1, 30, "a process that evaluates the home")
            victim.kill()
            # The database notices by itself, though the query of the dead never ends.
            wait_until(lambda: backends_at_a_lock() == 0, 10, "the end of its claim")
            assert not has_evaluated()
        processes.start("detectors", settings)
        wait_until(has_evaluated, 10, "the other process")
