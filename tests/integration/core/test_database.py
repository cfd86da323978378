"""Connections to the database: what holds when machines or lines vanish without a word."""

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from core.errors import StoreUnavailableError
from core.store.database import Connection, Database


def shown(connection: Connection, *names: str) -> list[str]:
    found = [
        connection.execute("SELECT current_setting(%s)", (name,)).fetchone() or ("missing",) for name in names
    ]
    return [row[0] for row in found]


def test_the_server_notices_a_client_that_vanished_and_frees_what_it_had_locked(database_url: str) -> None:
    names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
    with Database(database_url, size=1) as database:
        with database.transaction() as connection:
            assert shown(connection, *names) == ["10", "5", "3"]
            assert shown(connection, "idle_in_transaction_session_timeout", "TimeZone") == ["2min", "UTC"]
        with database.dedicated_connection() as lock_holder:
            assert shown(lock_holder, *names) == ["10", "5", "3"]


def test_a_client_notices_a_server_that_vanished(database_url: str) -> None:
    with Database(database_url, size=1) as database, database.transaction() as connection:
        ours = conninfo_to_dict(connection.info.dsn)
    assert (ours["keepalives_idle"], ours["tcp_user_timeout"], ours["connect_timeout"]) == (
        "10",
        "20000",
        "5",
    )


def test_a_transaction_that_was_forgotten_is_ended_by_the_server(database_url: str) -> None:
    with Database(database_url, size=1) as database:
        with pytest.raises(StoreUnavailableError), database.transaction() as connection:
            connection.execute("SET idle_in_transaction_session_timeout = '50ms'")
            # The server ends it, and says so at the next word.
            connection.execute("SELECT 1")
            with psycopg.connect(database_url) as other:
                other.execute("SELECT pg_sleep(0.3)")
            connection.execute("SELECT 1")
        with database.transaction() as connection:
            assert shown(connection, "idle_in_transaction_session_timeout") == ["2min"]
