"""Behind a real PgBouncer: what breaks us is said at the start, with what to change, and what may stand between works."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from core.errors import MigrationError, PoolerError, StoreUnavailableError
from core.store.database import Database
from core.store.migrate import migrate, migrations
from core.store.readiness import prove_ready
from deploy.local.mosquitto import Broker
from tests.support.services.pooler import pooler
from tests.support.services.processes import Processes, service_settings
from tests.support.wait import wait_until

# What an operator adds after the first refusal, and with which everything looks as if it worked.
_ALL_IGNORED = "extra_float_digits,options"


def _listens(database: Database, seconds: float) -> list[tuple[str, str]]:
    with database.listen("alert") as listener:
        return listener.wait(seconds)


def test_a_pooler_that_takes_no_options_is_named_as_one(tmp_path: Path, database_url: str) -> None:
    with (
        pooler(tmp_path / "pool", database_url, mode="transaction") as url,
        pytest.raises(StoreUnavailableError, match="this is a pooler"),
        Database(url, timeout_s=2),
    ):
        pass


def test_sessions_that_are_handed_on_are_refused_with_what_to_change(
    tmp_path: Path, database_url: str
) -> None:
    with (
        pooler(tmp_path / "pool", database_url, mode="transaction", ignored=_ALL_IGNORED) as url,
        Database(url) as database,
        pytest.raises(
            PoolerError, match="point MIMAMORI_DATABASE_URL at PostgreSQL itself, or set pool_mode = session"
        ),
    ):
        prove_ready(database)


def test_a_pooler_that_leaves_sessions_alone_will_do(tmp_path: Path, database_url: str) -> None:
    with (
        pooler(tmp_path / "pool", database_url, mode="session", ignored=_ALL_IGNORED) as url,
        Database(url) as database,
    ):
        prove_ready(database)
        with ThreadPoolExecutor(1) as waiting:
            received = waiting.submit(_listens, database, 20)

            def has_come() -> bool:
                with database.transaction() as connection:
                    connection.execute("SELECT pg_notify('alert', '7')")
                return received.done()

            wait_until(has_come, what="the notification")
        assert received.result() == [("alert", "7")]


def test_notifications_that_do_not_arrive_are_noticed_within_seconds(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.store.database.PROOF_S", 0.5)
    with (
        pooler(tmp_path / "pool", database_url, mode="transaction", ignored=_ALL_IGNORED) as url,
        Database(url) as database,
        pytest.raises(StoreUnavailableError, match="our own notification did not come back"),
    ):
        _listens(database, 20)


def test_who_was_busy_for_long_is_not_taken_for_one_without_notifications(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.store.database.PROOF_S", 0.0)
    with database.listen("alert") as listener:
        for number in range(5):
            with database.transaction() as connection:
                connection.execute("SELECT pg_notify('alert', %s)", (str(number),))
        received: list[tuple[str, str]] = []
        wait_until(lambda: received.extend(listener.wait(0.05)) or len(received) >= 5, what="all of them")
    assert received == [("alert", str(number)) for number in range(5)]


def test_no_process_begins_behind_such_a_pooler(
    tmp_path: Path, database_url: str, broker: Broker, processes: Processes
) -> None:
    with pooler(tmp_path / "pool", database_url, mode="transaction", ignored=_ALL_IGNORED) as url:
        process = processes.start("detectors", service_settings(url, broker, api_port=0), ready=None)
        assert process.wait() == 78
    assert "set pool_mode = session" in process.output


def test_two_that_migrate_through_a_pooler_apply_each_migration_once(
    tmp_path: Path, empty_database_url: str
) -> None:
    with (
        pooler(tmp_path / "pool", empty_database_url, mode="transaction") as url,
        ThreadPoolExecutor(2) as pool,
    ):
        first, second = pool.map(migrate, [url] * 2)
    assert sorted(first + second) == [migration.name for migration in migrations()]


def _older(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM schema_migration WHERE name LIKE '0012%'")


def _newer(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO schema_migration (name, checksum) VALUES ('9999_future.sql', 'x')")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (_older, StoreUnavailableError, r"lacks 0012_late_data\.sql; run: mimamori migrate\. Waiting"),
        (_newer, MigrationError, r"9999_future\.sql, which this program does not know: it is of an older"),
    ],
    ids=["older", "newer"],
)
def test_a_schema_that_does_not_fit_is_said_at_the_start(
    database_url: str, change: Callable[[str], None], error: type[Exception], words: str
) -> None:
    change(database_url)
    with Database(database_url) as database, pytest.raises(error, match=words):
        prove_ready(database)


@pytest.mark.parametrize("module", ["ingest", "detectors", "api"])
def test_a_process_waits_for_the_migration_and_then_begins(
    empty_database_url: str, broker: Broker, processes: Processes, module: str
) -> None:
    process = processes.start(module, service_settings(empty_database_url, broker, api_port=0), ready=None)
    assert "run: mimamori migrate" in process.wait_for("store_unavailable")["error"]
    migrate(empty_database_url)
    process.wait_for("ready")


def test_a_process_that_is_older_than_the_database_refuses_to_begin(
    database_url: str, broker: Broker, processes: Processes
) -> None:
    _newer(database_url)
    process = processes.start("ingest", service_settings(database_url, broker, api_port=0), ready=None)
    assert process.wait() == 74
    assert "install the release that migrated the database" in process.output
