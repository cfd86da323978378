"""Backups come back whole, by the runbook's own commands; what did not is refused in words, and so is what does not fit."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from core.store.migrate import migrate
from core.store.operation import backups
from deploy.backup.dump_programs import run_counted
from deploy.backup.manifest import Manifest, read_manifest
from deploy.backup.removing import only_in
from deploy.local import required_programs
from deploy.local.postgres_cluster import SUPERUSER, Cluster
from deploy.local.postgres_server import PostgresServer
from tests.support.command_line import CommandLine, CommandResult
from tests.support.paths import REPOSITORY

_OWNER, _PASSWORD = "mimamori_app", "for-the-test"
_READINGS = 721


@pytest.fixture(scope="module")
def _owned(cluster: Cluster) -> Iterator[str]:
    """Give a database as an operator has it: it belongs to a login that is no superuser, and holds a month."""
    cluster.create_database("kept")
    with psycopg.connect(cluster.url("kept"), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {_OWNER} LOGIN PASSWORD '{_PASSWORD}'")
        connection.execute(f"ALTER DATABASE kept OWNER TO {_OWNER}")
    url = make_conninfo(cluster.url("kept"), user=_OWNER, password=_PASSWORD)
    migrate(url)
    _fill(url, "2026-06-01T00:00Z")
    yield url
    cluster.drop_database("kept")
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP ROLE {_OWNER}")


@pytest.fixture
def _backup(mimamori: CommandLine, _owned: str, tmp_path: Path) -> Path:
    _use(mimamori, _owned)
    made = mimamori("backup", "kept")
    assert made.code == 0, made.err
    return tmp_path / made.out.splitlines()[-1]


def _use(mimamori: CommandLine, url: str, **more: str) -> None:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": url, "MIMAMORI_ENVIRONMENT": "test", **more}


def _fill(url: str, day: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO reading (time, received_at, value, device_number, metric, flags)"
            " SELECT at, at, 1, 1, 1, 1"
            " FROM generate_series(%s::timestamptz, %s::timestamptz + interval '30 days', interval '1 hour') AS at",
            (day, day),
        )
        connection.execute(
            "INSERT INTO alert (rule, subject_kind, severity, condition, handling, began_at, raised_at, opened_at, reason)"
            " VALUES ('ward_silent', 'ward', 1, 'active', 'open', %s, %s, %s, '{}')",
            (day, day, day),
        )


def _one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


def _manifest_of(connection: psycopg.Connection[Any]) -> Manifest:
    return Manifest(
        made_at=datetime.now(UTC),
        program="",
        origin=backups.origin(connection),
        holds=backups.holdings(connection),
        size=0,
        sha256="",
    )


def _restored(mimamori: CommandLine, url: str, backup: Path) -> CommandResult:
    _use(mimamori, url)
    return mimamori("restore", str(backup))


def test_everything_comes_back_and_the_record_says_that_it_was_proven(
    mimamori: CommandLine, _owned: str, _backup: Path, cluster: Cluster, empty_database_url: str
) -> None:
    answer = _restored(mimamori, empty_database_url, _backup)
    assert answer.code == 0, answer.err
    assert "5 chunks, 1 open alerts, newest reading 2026-07-01T00:00:00+00:00" in answer.out
    assert _one(empty_database_url, "SELECT count(*) FROM reading") == _READINGS
    assert _one(empty_database_url, "SELECT count(*) FROM backup WHERE proven_at IS NOT NULL") == 1
    # It goes on under the login that owned it: nothing to migrate, and new rows find their chunks.
    database = conninfo_to_dict(empty_database_url)["dbname"]
    owner = make_conninfo(cluster.url(str(database)), user=_OWNER, password=_PASSWORD)
    assert migrate(owner) == []
    _use(mimamori, owner)
    assert mimamori("restore-check", "--here", str(_backup)).code == 0
    # Its own backups replace those of before.
    with psycopg.connect(owner) as connection:
        assert list(only_in(read_manifest(_backup), _manifest_of(connection))) == []
    with psycopg.connect(owner) as connection:
        connection.execute("UPDATE alert SET handling = 'closed', closed_at = now(), outcome = 'checked'")
    _fill(owner, "2026-08-01T00:00Z")
    assert _one(owner, "SELECT count(*) FROM reading") == 2 * _READINGS


def test_what_is_stored_after_the_counting_is_not_in_the_dump_either(
    mimamori: CommandLine,
    _owned: str,
    empty_database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def meanwhile(*arguments: Any) -> None:
        with psycopg.connect(_owned) as connection:
            connection.execute("INSERT INTO office (name) VALUES ('later')")
        run_counted(*arguments)

    monkeypatch.setattr("deploy.backup.making.run_counted", meanwhile)
    _use(mimamori, _owned)
    try:
        made = mimamori("backup", "kept")
        assert _restored(mimamori, empty_database_url, tmp_path / made.out.splitlines()[-1]).code == 0
        assert _one(empty_database_url, "SELECT count(*) FROM office") == 0
    finally:
        with psycopg.connect(_owned) as connection:
            connection.execute("DELETE FROM office")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("DELETE FROM reading WHERE time > '2026-06-30'", "reading: 24 of 721 rows are missing"),
        ("DELETE FROM reading WHERE time > '2026-06-30'", "newest reading was of 2026-07-01T00:00:00+00:00"),
        ("SELECT drop_chunks('reading', timestamptz '2026-06-12')", "reading: 2 of 5 chunks are missing"),
        (
            "UPDATE alert SET handling = 'closed', closed_at = now(), outcome = 'checked'",
            "1 of 1 open alerts",
        ),
        ("DROP TABLE backtest", "backtest: the table is missing"),
    ],
    ids=["rows", "newest", "chunks", "alerts", "table"],
)
def test_a_database_that_lacks_anything_of_its_backup_is_refused_in_words(
    mimamori: CommandLine, _backup: Path, empty_database_url: str, damage: str, words: str
) -> None:
    assert _restored(mimamori, empty_database_url, _backup).code == 0
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(damage.encode())
    answer = mimamori("restore-check", "--here", str(_backup))
    assert answer.code == 65
    assert words in answer.err


def test_a_backup_is_proven_on_a_server_and_the_doctor_says_when(
    mimamori: CommandLine, _owned: str, _backup: Path, cluster: Cluster
) -> None:
    _use(mimamori, _owned)
    assert "MIMAMORI_RESTORE_CHECK_URL: set it" in mimamori("restore-check", str(_backup)).err
    doctor = mimamori("doctor").out
    assert re.search(r"│ backup +│ good +│ 0 hours ago", doctor), doctor
    assert re.search(r"│ proven restore +│ look +│ never", doctor), doctor
    _use(mimamori, _owned, MIMAMORI_RESTORE_CHECK_URL="postgresql://nobody@127.0.0.1:1/postgres")
    unreachable = mimamori("restore-check", str(_backup)).err
    assert "check MIMAMORI_RESTORE_CHECK_URL and that PostgreSQL runs" in unreachable
    _use(mimamori, _owned, MIMAMORI_RESTORE_CHECK_URL=cluster.url("postgres"))
    answer = mimamori("restore-check", str(_backup))
    assert (answer.code, "proven: restored and compared" in answer.out) == (0, True), answer.err
    assert re.search(r"│ proven restore +│ good +│ 0 hours ago", mimamori("doctor").out)
    # Nothing of the trial is left.
    left = "SELECT count(*) FROM pg_database WHERE datname LIKE 'mimamori_restore_check%'"
    assert _one(cluster.url("postgres"), left) == 0
    with psycopg.connect(_owned) as connection:
        connection.execute("DELETE FROM backup")


def test_a_file_that_was_cut_off_or_damaged_is_refused_before_anything_is_written(
    mimamori: CommandLine, _backup: Path, empty_database_url: str
) -> None:
    dump = _backup / "database.dump"
    whole = dump.read_bytes()
    dump.write_bytes(whole[:-1000])
    answer = _restored(mimamori, empty_database_url, _backup)
    assert answer.code == 65
    assert "it was cut off or exchanged. Take another copy" in answer.err
    dump.write_bytes(whole[:-1000] + b"\0" * 1000)
    assert (
        "is damaged: its content is not what was written"
        in _restored(mimamori, empty_database_url, _backup).err
    )
    dump.unlink()
    assert "is missing" in _restored(mimamori, empty_database_url, _backup).err
    (_backup / "manifest.json").unlink()
    assert "is no backup: there is no manifest.json" in _restored(mimamori, empty_database_url, _backup).err
    assert _one(empty_database_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_a_restore_over_a_database_that_is_not_empty_is_refused(
    mimamori: CommandLine, _backup: Path, database_url: str
) -> None:
    answer = _restored(mimamori, database_url, _backup)
    assert answer.code == 65
    assert "is not empty" in answer.err
    assert "createdb NAME" in answer.err
    assert _one(database_url, "SELECT count(*) FROM reading") == 0


def test_a_restore_by_a_login_that_is_no_superuser_is_refused(
    mimamori: CommandLine, _owned: str, _backup: Path, cluster: Cluster, empty_database_url: str
) -> None:
    name = str(conninfo_to_dict(empty_database_url)["dbname"])
    answer = _restored(mimamori, make_conninfo(_owned, dbname=name), _backup)
    assert answer.code == 65
    assert f"the login {_OWNER} may not restore: only a superuser" in answer.err
    assert "postgresql://postgres@HOST/" in answer.err


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"timescaledb": "2.18.0"}, "the backup is of 2.18.0: install that version"),
        ({"postgresql": "99.1"}, "restore it on PostgreSQL 99 or newer"),
        (
            {"migrations": ["9999_future.sql"]},
            "has migration 9999_future.sql, which this program does not know",
        ),
    ],
    ids=["timescaledb", "postgresql", "program"],
)
def test_a_backup_of_versions_that_do_not_fit_is_refused_with_what_to_install(
    mimamori: CommandLine, _backup: Path, empty_database_url: str, changes: dict[str, object], words: str
) -> None:
    path = _backup / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["origin"] |= changes
    path.write_text(json.dumps(manifest))
    answer = _restored(mimamori, empty_database_url, _backup)
    assert answer.code == 65
    assert words in answer.err


def test_a_database_with_another_timescaledb_already_in_it_is_refused(
    mimamori: CommandLine, _backup: Path, empty_database_url: str
) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION timescaledb")
    path = _backup / "manifest.json"
    manifest = json.loads(path.read_text())
    here, manifest["origin"]["timescaledb"] = manifest["origin"]["timescaledb"], "2.18.0"
    path.write_text(json.dumps(manifest))
    answer = _restored(mimamori, empty_database_url, _backup)
    assert f"this database has TimescaleDB {here}, the backup is of 2.18.0" in answer.err


def test_a_backup_that_fails_leaves_nothing_that_looks_like_one(
    mimamori: CommandLine, _owned: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(mimamori, _owned)
    # As a full disk does: the program ends with an error after a part was written.
    failing = tmp_path / "pg_dump"
    failing.write_text(
        "#!/bin/sh\necho 'pg_dump: error: could not write to output file: No space left on device' >&2\nexit 1\n"
    )
    failing.chmod(0o755)

    def found(_name: str, _major: int) -> Path:
        return failing

    monkeypatch.setattr("deploy.backup.making.fitting", found)
    answer = mimamori("backup", "kept")
    assert answer.code == 65
    assert "No space left on device" in answer.err
    assert list((tmp_path / "kept").iterdir()) == []


def test_only_the_newest_backups_are_kept(mimamori: CommandLine, _owned: str, tmp_path: Path) -> None:
    _use(mimamori, _owned)
    day = datetime.now(UTC)
    for ago in (3, 2, 1):
        clock = {"MIMAMORI_CLOCK": f"{(day - timedelta(days=ago)).isoformat()}@1x"}
        _use(mimamori, _owned, **clock, MIMAMORI_CLOCK_ANCHOR=str(day.timestamp()))
        assert mimamori("backup", "kept", "--keep", "2").code == 0
    names = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert names == [
        f"mimamori-{day - timedelta(days=ago):%Y%m%d}" + names[place][17:] for place, ago in enumerate((2, 1))
    ]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "kept").iterdir()} == {0o700}


def test_backups_of_a_lost_database_outlive_those_of_the_one_set_up_after_it(
    mimamori: CommandLine, _owned: str, _backup: Path, empty_database_url: str
) -> None:
    migrate(empty_database_url)
    later = datetime.now(UTC)
    for days in (1, 2, 3):
        clock = {"MIMAMORI_CLOCK": f"{(later + timedelta(days=days)).isoformat()}@1x"}
        _use(mimamori, empty_database_url, **clock, MIMAMORI_CLOCK_ANCHOR=str(later.timestamp()))
        answer = mimamori("backup", "kept", "--keep", "1")
        assert answer.code == 0
        assert f"{_backup.name}: it is of another database" in answer.err
        assert "reading: it holds 721 rows, the newest 0" in answer.err
        assert "docs/runbook.md#backup-and-restore" in answer.err
        # One of its own, as was asked, and the good one.
        assert len(list(_backup.parent.iterdir())) == 2
    assert _backup.is_dir()


def test_a_backup_is_on_the_disk_itself_before_older_ones_go(
    mimamori: CommandLine, _owned: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[Path] = []

    def note(descriptor: int) -> None:
        flushed.append(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "fsync", note)
    _use(mimamori, _owned)
    made = tmp_path / mimamori("backup", "kept").out.splitlines()[-1]
    unfinished = made.with_name(made.name + ".part")
    files = [unfinished / name for name in ("erasures.json", "database.dump", "manifest.json")]
    assert flushed == [*files, unfinished, made.parent]


def test_the_doctor_finds_what_is_missing_of_what_was_stored(
    mimamori: CommandLine, _backup: Path, empty_database_url: str
) -> None:
    assert _restored(mimamori, empty_database_url, _backup).code == 0
    assert "all chunks are there, without a hole" in mimamori("doctor").out
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(
            "SELECT drop_chunks('reading', timestamptz '2026-06-19', timestamptz '2026-06-10')"
        )
    assert re.search(
        r"│ look │ none from 2026-06-\d\d to 2026-06-\d\d, though there are", mimamori("doctor").out
    )
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(
            "INSERT INTO blind_time (subject_kind, began_at, ended_at, cause)"
            " VALUES ('ward', '2026-06-09', '2026-06-20', 'no_data')"
        )
    assert "all chunks are there, without a hole" in mimamori("doctor").out
    # A catalogue that names a chunk that is gone.
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE _timescaledb_catalog.chunk SET table_name = 'gone'"
            " WHERE id = (SELECT max(id) FROM _timescaledb_catalog.chunk)"
        )
    answer = mimamori("doctor")
    assert answer.code == 1
    assert "1 of 4 chunks of reading are not there" in answer.out or "1 of 3 chunks" in answer.out


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


def _run(cluster: Cluster, programs: PostgresServer, folder: Path, commands: str, **settings: str) -> str:
    run = subprocess.run(
        ["bash", "-eu", "-c", commands],
        cwd=folder,
        env={
            "PATH": f"{programs.programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(REPOSITORY),
            "PGHOST": "127.0.0.1",
            "PGPORT": str(cluster.port),
            "PGUSER": SUPERUSER,
            "PGPASSWORD": str(conninfo_to_dict(cluster.url("postgres"))["password"]),
            "MIMAMORI_ENVIRONMENT": "test",
            **settings,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.timeout(240)
def test_the_runbooks_commands_bring_every_row_back_on_another_server(
    _owned: str, cluster: Cluster, tmp_path: Path
) -> None:
    programs = required_programs.postgres(print)
    tmp_path.chmod(0o755)
    here = cluster.url(str(conninfo_to_dict(_owned)["dbname"]))
    with psycopg.connect(here, autocommit=True) as connection:
        # As the login of the pages, which is not there yet where everything is restored.
        connection.execute("CREATE ROLE of_this_server_only")
        try:
            connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO of_this_server_only")
            _run(cluster, programs, tmp_path, _commands("backup"), MIMAMORI_DATABASE_URL=_owned)
        finally:
            connection.execute("DROP OWNED BY of_this_server_only")
            connection.execute("DROP ROLE of_this_server_only")
    with _server(tmp_path / "new", programs) as new:
        said = _run(new, programs, tmp_path, _commands("restore"))
        assert f"the login {_OWNER} was made; set its password" in said
        assert _one(new.url("mimamori"), "SELECT count(*) FROM reading") == _READINGS
