"""A backup is restored on an empty server by exactly the commands of the runbook."""

import os
import re
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from core.store.migrate import migrate
from deploy.local import required_programs
from deploy.local.postgres_cluster import SUPERUSER, Cluster
from deploy.local.postgres_server import PostgresServer
from tests.support.paths import REPOSITORY

_OWNER, _PASSWORD, _NAME = "mimamori_app", "for-the-test", "mimamori"


@contextmanager
def _server(folder: Path, programs: PostgresServer) -> Generator[Cluster]:
    running = Cluster(folder, programs, for_tests=True)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def _commands(name: str) -> str:
    page = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name}: [^\n]*-->\n```\n(.*?)```", page, re.DOTALL)
    assert found, f"the runbook has no commands called {name}"
    return found[1]


def _as_superuser(cluster: Cluster, programs: PostgresServer, folder: Path, commands: str) -> str:
    password = conninfo_to_dict(cluster.url(_NAME))["password"]
    run = subprocess.run(
        ["bash", "-eu", "-c", commands],
        cwd=folder,
        env={
            "PATH": f"{programs.programs}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(cluster.port),
            "PGUSER": SUPERUSER,
            "PGPASSWORD": str(password),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def _as_owner(cluster: Cluster) -> str:
    return f"postgresql://{_OWNER}:{_PASSWORD}@127.0.0.1:{cluster.port}/{_NAME}"


def _rows(url: str) -> dict[str, int]:
    """Count the rows of every table of ours."""
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        ).fetchall()
        found: dict[str, int] = {}
        for (name,) in names:
            row = connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier(name))).fetchone()
            assert row
            found[name] = row[0]
        return found


def _store_readings(url: str, day: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO reading (time, received_at, value, device_number, metric, flags)"
            " SELECT at, at, 1, 1, 1, 1"
            " FROM generate_series(%s::timestamptz, %s::timestamptz + interval '30 days', interval '1 hour') AS at",
            (day, day),
        )


@pytest.mark.timeout(240)
def test_the_runbooks_commands_bring_every_row_back_on_an_empty_server(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    programs = required_programs.postgres(print)
    with _server(tmp_path / "old", programs) as old:
        old.create_database(_NAME)
        _as_superuser(
            old,
            programs,
            tmp_path,
            f"createuser {_OWNER}\n"
            f"psql --dbname={_NAME} --command=\"ALTER ROLE {_OWNER} PASSWORD '{_PASSWORD}'\"\n"
            f'psql --dbname={_NAME} --command="ALTER DATABASE {_NAME} OWNER TO {_OWNER}"\n',
        )
        migrate(_as_owner(old))
        _store_readings(_as_owner(old), "2026-06-01T00:00Z")
        before = _rows(_as_owner(old))
        _as_superuser(old, programs, tmp_path, _commands("backup"))
    assert before["reading"] == 721

    with _server(tmp_path / "new", programs) as new:
        result = _as_superuser(new, programs, tmp_path, _commands("restore"))
        assert "721" in result.splitlines()[-3]
        _as_superuser(
            new,
            programs,
            tmp_path,
            f"psql --dbname={_NAME} --command=\"ALTER ROLE {_OWNER} PASSWORD '{_PASSWORD}'\"",
        )
        assert _rows(_as_owner(new)) == before
        # And it goes on: nothing to migrate, and new rows find their chunks.
        assert migrate(_as_owner(new)) == []
        _store_readings(_as_owner(new), "2026-08-01T00:00Z")
        assert _rows(_as_owner(new))["reading"] == 2 * 721
