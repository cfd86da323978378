"""The login of the web process adds to the ledger, and neither changes nor deletes what is there."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from core.store.database import Database
from core.store.ledger import checking, sealing, web_login
from core.store.people import access_log
from core.store.people.access_log import Viewed
from tests.support.alerting import NOW
from tests.support.command_line import CommandLine
from tests.support.services.web_login import WEB_LOGIN
from tests.support.wards.api_ward import RESIDENT_A, RESIDENT_B, as_web, register_two_offices
from tests.support.wards.whole_person import fill


@pytest.fixture
def web(database_url: str, tmp_path: Path) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Give a connection of the web process to a ward in whose ledger something stands, sealed and waiting."""
    with Database(database_url, size=2) as database:
        register_two_offices(database, tmp_path)
        fill(database, RESIDENT_A, "a")
        with database.dedicated_connection() as connection:
            sealing.seal(connection)
        fill(database, RESIDENT_B, "b")
    with psycopg.connect(as_web(database_url), autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access_log SET reason = ''",
        "DELETE FROM access_log",
        "TRUNCATE access_log",
        "UPDATE watch_change SET after = '{}'",
        "DELETE FROM watch_change",
        "TRUNCATE watch_change",
        "UPDATE office_change SET after = '{}'",
        "DELETE FROM office_change",
        "UPDATE ledger_seal SET seal = ''",
        "DELETE FROM ledger_seal",
        "INSERT INTO ledger_seal SELECT * FROM ledger_seal",
        "TRUNCATE ledger_seal",
        "DELETE FROM ledger_pending",
        "INSERT INTO ledger_pending (source, row_number, at, cause) VALUES ('access_log', 1, '2026-08-01Z', 'erasure')",
        "UPDATE ledger_pending SET row_number = 1",
        "INSERT INTO ledger_cut (at, before, through, entries, seal) VALUES ('2026-08-01Z', '2026-08-01Z', 1, 1, '')",
        "DROP TABLE access_log",
        "ALTER TABLE access_log DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION guard_ledger() RETURNS trigger LANGUAGE sql AS ''",
        "SET ROLE mimamori",
        # A table of its own, of the same name, would let it write what waits.
        "CREATE TEMPORARY TABLE watch_change (watch_change_id bigint, at timestamptz, salt uuid);"
        " CREATE TRIGGER own BEFORE DELETE ON pg_temp.watch_change FOR EACH ROW EXECUTE FUNCTION public.guard_ledger()",
    ],
)
def test_it_can_take_nothing_out_of_the_ledger_whatever_it_says(
    web: psycopg.Connection[tuple[object, ...]], statement: str
) -> None:
    web.execute("SELECT set_config('mimamori.ledger_cause', 'erasure 1', false)")

    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction)):
        web.execute(statement.encode())


def test_it_takes_no_change_along_with_the_contact_whom_it_is_about(
    web: psycopg.Connection[tuple[object, ...]],
) -> None:
    web.execute("SELECT set_config('mimamori.ledger_cause', 'erasure 1', false)")
    made = web.execute(
        "INSERT INTO contact (resident_id, name, step) VALUES (1, 'passing', 9) RETURNING contact_id"
    ).fetchone()
    assert made is not None
    web.execute(
        "INSERT INTO watch_change (contact_id, at, user_id, what, after) VALUES (%s, '2026-08-01Z', 1, 'contact', '{}')",
        made,
    )

    with pytest.raises(psycopg.errors.RestrictViolation):
        web.execute("DELETE FROM contact WHERE contact_id = %s", made)


def test_what_it_writes_is_sealed(database_url: str, tmp_path: Path) -> None:
    with Database(database_url, size=2) as database, Database(as_web(database_url), size=1) as web:
        register_two_offices(database, tmp_path)
        with web.transaction() as connection:
            access_log.record(connection, user=2, resident=RESIDENT_A, what=Viewed.RECORD, now=NOW)
        with database.dedicated_connection() as connection:
            assert sealing.seal(connection) is not None

        found = checking.check(database)

    assert (found.entries, found.broken) == (1, None)


def test_the_command_makes_it_and_the_doctor_says_where_pages_do_without(
    database_url: str, tmp_path: Path, mimamori: CommandLine
) -> None:
    mimamori.settings = {"MIMAMORI_ENVIRONMENT": "test", "MIMAMORI_DATABASE_URL": database_url}
    password = tmp_path / "password"
    password.write_text(f"{WEB_LOGIN}\n", encoding="ascii")
    again = mimamori("web-login", WEB_LOGIN, "--password-file", str(password))
    assert (again.code, again.out.startswith(f"the login {WEB_LOGIN} is up to date")) == (0, True)
    owner = mimamori("web-login", "mimamori", "--password-file", str(password))
    assert owner.code != 0
    assert "mimamori owns the tables" in owner.err

    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE another_superuser SUPERUSER")
        try:
            superuser = mimamori("web-login", "another_superuser", "--password-file", str(password))
        finally:
            connection.execute("DROP ROLE another_superuser")
    assert superuser.code != 0
    assert "another_superuser is a superuser" in superuser.err

    with Database(database_url, size=1) as database:

        def found() -> list[str]:
            with database.transaction() as connection:
                return web_login.logins_that_may_change(connection)

        with psycopg.connect(as_web(database_url), application_name=web_login.WEB_APPLICATION):
            assert found() == []
        with psycopg.connect(database_url, application_name=web_login.WEB_APPLICATION):
            assert found() == ["mimamori"]


def test_a_table_of_a_later_migration_is_its_own_to_use(
    database_url: str, web: psycopg.Connection[tuple[object, ...]]
) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE later (n integer)")
    web.execute("INSERT INTO later VALUES (1)")
    assert web.execute("SELECT n FROM later").fetchall() == [(1,)]
