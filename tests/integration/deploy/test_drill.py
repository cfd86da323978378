"""The drill: a database is lost with its disk and brought back by pgBackRest, with the two files of `deploy/pgbackrest/`.

The long form, with `LONG_FAULTS=1` in the environment, runs under `make drill`. Each test prints one line.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier, Literal

from deploy.local import required_programs
from deploy.local.os_accounts import as_account, service_account
from deploy.local.postgres_cluster import SUPERUSER, Cluster
from tests.support.ingest import registered_ward
from tests.support.paths import REPOSITORY
from tests.support.services.faulty_services import DATABASE, Fleet, Parts
from tests.support.services.processes import Processes
from tests.support.wait import wait_until

_FILES = REPOSITORY / "deploy/pgbackrest"
_LONG = bool(os.environ.get("LONG_FAULTS"))
_MESSAGES, _PER_SECOND = (9000, 300) if _LONG else (600, 150)
_DEVICES = 3

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


class Repository:
    """pgBackRest with the configuration that we ship, in a folder of the test's own."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self._account = service_account("postgres")
        self._password = str(conninfo_to_dict(cluster.url(DATABASE))["password"])
        self._program = str(required_programs.backup_program(print))
        self._config = folder / "pgbackrest.conf"
        self.sockets = folder / "sockets"
        for place in (folder / "repository", folder / "log", folder / "lock", self.sockets):
            self.give(place)
        shipped = (_FILES / "pgbackrest.conf").read_text(encoding="utf-8")
        assert "repo1-path=/var/lib/pgbackrest" in shipped
        text = shipped.replace("/var/lib/pgbackrest", str(folder / "repository"))
        text = re.sub(r"^pg1-path=.*$", f"pg1-path={cluster.folder / 'data'}", text, flags=re.MULTILINE)
        text += f"pg1-port={cluster.port}\npg1-user={SUPERUSER}\npg1-socket-path={self.sockets}\n"
        text = text.replace(
            "[global]\n", f"[global]\nlog-path={folder / 'log'}\nlock-path={folder / 'lock'}\n"
        )
        self._config.write_text(text, encoding="utf-8")
        self._config.chmod(0o644)

    def give(self, place: Path) -> None:
        """Make a folder that the server's account may write."""
        place.mkdir(mode=0o700)
        if self._account is not None:
            os.chown(place, self._account.uid, self._account.gid)

    def settings(self) -> dict[str, str]:
        """Return what the shipped file asks of PostgreSQL, with where this repository is."""
        lines = (_FILES / "postgresql.conf").read_text(encoding="utf-8").splitlines()
        found = dict(re.findall(r"^(\w+) = '?([^'#]*?)'?$", "\n".join(lines), re.MULTILINE))
        assert set(found) == {"wal_level", "archive_mode", "archive_command", "archive_timeout"}
        found["archive_command"] = found["archive_command"].replace(
            "pgbackrest ", f"{self._program} --config={self._config} ", 1
        )
        return {**found, "unix_socket_directories": str(self.sockets)}

    def run(self, *arguments: str) -> str:
        """Run it as the server's account; fail with what it says."""
        run = subprocess.run(
            as_account(
                self._account, [self._program, f"--config={self._config}", "--stanza=mimamori", *arguments]
            ),
            cwd="/",
            env={"PATH": os.environ["PATH"], "PGPASSWORD": self._password},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, f"{arguments}: {run.stdout}{run.stderr}"
        return run.stdout


@pytest.fixture
def parts(processes: Processes) -> Iterator[Parts]:
    with tempfile.TemporaryDirectory(prefix="mimamori-drill-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        running = Parts(folder, processes)
        try:
            with running.network:
                yield running
        finally:
            running.stop()


def _ask(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def _archive(cluster: Cluster, repository: Repository) -> None:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        for name, value in repository.settings().items():
            connection.execute(SQL("ALTER SYSTEM SET {} = {}").format(Identifier(name), Literal(value)))
    port = cluster.port
    cluster.stop()
    cluster.start(port)


def _stored(url: str) -> set[tuple[object, ...]]:
    return set(_ask(url, "SELECT device_number, metric, time, seq FROM reading"))


def _open_alerts(url: str) -> set[object]:
    return {rule for (rule,) in _ask(url, "SELECT rule FROM alert WHERE handling = 'open'")}


def _now(url: str) -> datetime:
    ((at,),) = _ask(url, "SELECT clock_timestamp()")
    assert isinstance(at, datetime)
    return at


def _wait_for_stated_point(url: str) -> None:
    """Wait until everything so far has been archived: what is lost with the machine is younger."""
    ((segment,),) = _ask(url, "SELECT pg_walfile_name(pg_switch_wal())")
    archived = "SELECT last_archived_wal FROM pg_stat_archiver"
    wait_until(lambda: str(_ask(url, archived)[0][0] or "") >= str(segment), 30, "the archive")


def test_a_database_that_was_lost_with_its_disk_comes_back_to_the_stated_point(
    parts: Parts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster, url = parts.cluster, parts.url
    repository = _repository(cluster)
    _archive(cluster, repository)
    repository.run("stanza-create")
    repository.run("check")
    repository.run("--type=full", "backup")
    ingest = parts.start_ingest(ready="ready")
    with registered_ward(url, tmp_path, homes=_DEVICES):
        fleet = Fleet(parts.broker, url, _DEVICES)
    with fleet.at_work(_MESSAGES, _PER_SECOND):
        fleet.wait_for(0.2, _MESSAGES)
        _ask_nothing(
            url,
            "INSERT INTO alert (rule, subject_kind, severity, condition, handling, began_at, raised_at, opened_at, reason)"
            " SELECT rule, 'ward', 1, 'active', 'open', now(), now(), now(), '{}'"
            " FROM unnest('{sos,ward_silent}'::text[]) AS rule",
        )
        early = _stored(url)
        moment = _now(url)
        fleet.wait_for(0.4, _MESSAGES)
        # Somebody closes what they should not.
        _ask_nothing(
            url,
            "UPDATE alert SET handling = 'closed', closed_at = now(), outcome = 'checked' WHERE rule = 'sos'",
        )
        before = _stored(url)
        _wait_for_stated_point(url)
        fleet.wait_for(0.7, _MESSAGES)
        after = _stored(url)
        # The machine is gone, with all that ran on it.
        ingest.kill()
        cluster.kill()
        port = cluster.port
        shutil.rmtree(cluster.folder / "data")
        repository.give(cluster.folder / "data")
        repository.run("restore")
        _start_recovered(cluster, port)
        restored, open_alerts = _stored(url), _open_alerts(url)
        parts.start_ingest()
    outcome = fleet.settle(60, lambda found: found.missing == 0)
    lost = after - _stored(url)
    with capsys.disabled():
        sys.stdout.write(
            f"\ndrill: {outcome}; stored before the stated point {len(before)}, of these lost {len(before - restored)};"
            f" younger ones lost at first {len(after - restored)}, in the end {len(lost)}\n"
        )
        sys.stdout.flush()
    assert len(before) > 0
    assert before - restored == set()
    assert open_alerts == {"ward_silent"}
    assert (outcome.duplicated, outcome.unrecorded) == (0, 0)
    _bring_back(parts, repository, moment, early)


def _bring_back(
    parts: Parts, repository: Repository, moment: datetime, early: set[tuple[object, ...]]
) -> None:
    """Restore the state at a moment beside the living server: what was done afterwards is undone there."""
    beside = Cluster(parts.cluster.folder.parent / "beside", required_programs.postgres(print))
    repository.give(beside.folder / "data")
    shutil.copy2(parts.cluster.folder / "password", beside.folder / "password")
    repository.run(
        f"--pg1-path={beside.folder / 'data'}", "--type=time", f"--target={moment.isoformat(sep=' ')}",
        "--target-action=promote", "--archive-mode=off", "restore",
    )  # fmt: skip
    _start_recovered(beside)
    try:
        url = beside.url(DATABASE)
        assert early <= _stored(url)
        assert _open_alerts(url) == {"sos", "ward_silent"}
    finally:
        beside.stop()


def _start_recovered(cluster: Cluster, port: int | None = None) -> None:
    """Start a restored server and wait until it has read all of its archive: it answers before."""
    cluster.start(port)
    recovers = "SELECT pg_is_in_recovery()"
    wait_until(lambda: _ask(cluster.url(DATABASE), recovers) == [(False,)], 120, "the end of the recovery")


def _repository(cluster: Cluster) -> Repository:
    folder = cluster.folder.parent / "drill"
    folder.mkdir(mode=0o711)
    return Repository(folder, cluster)


def _ask_nothing(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
