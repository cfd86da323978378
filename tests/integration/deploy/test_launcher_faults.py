"""What the launcher says when something is in its way: one clear line, an exit code, and nothing left running."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import psycopg
import pytest

from deploy.local import required_programs
from deploy.local.file_lock import held_lock
from deploy.local.mosquitto import Broker
from deploy.local.mosquitto_files import BrokerError
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.postgres_cluster import Cluster, ClusterError
from tests.support.paths import REPOSITORY
from tests.support.services.folders import service_folder
from tests.support.services.left_over_processes import left_over
from tests.support.wait import wait_until


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def almost_full(_path: object) -> Usage:
    return Usage(100 * 2**20, 90 * 2**20, 10 * 2**20)


@pytest.fixture
def folder() -> Iterator[Path]:
    with service_folder() as made:
        yield made
        assert wait_until(lambda: not left_over(made), what="everything to end") is True


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server((LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from deploy.cli import main; main()",
            "demo",
            "--folder",
            str(folder),
            *arguments,
        ],
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if not name.startswith("MIMAMORI_")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def cluster_in(folder: Path) -> Cluster:
    return Cluster(folder / "postgresql", required_programs.postgres(print), for_tests=True)


def test_a_taken_port_is_named_before_anything_starts(folder: Path, taken_port: int) -> None:
    for option, name in (("--port", "PORT"), ("--inbox-port", "INBOX_PORT")):
        other = "--inbox-port" if option == "--port" else "--port"
        run = demo(folder / "var", option, str(taken_port), other, str(free_port()))
        assert run.returncode == 69
        assert f"port {taken_port} for" in run.stderr
        assert f"make demo {name}={taken_port + 1}" in run.stderr
        assert run.stderr.count("\n") == 1
        assert not (folder / "var" / "postgresql").exists()


def test_a_second_launcher_on_the_same_folder_is_refused(folder: Path) -> None:
    (folder / "var").mkdir()
    with held_lock(folder / "var" / "lock", wait=False):
        run = demo(folder / "var", "--port", str(free_port()))
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert f"is in use by another start (process {os.getpid()})" in run.stderr


def test_a_database_that_was_killed_starts_again_once_the_last_of_its_processes_has_noticed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = cluster_in(folder)
    cluster.start()
    with psycopg.connect(cluster.url("postgres")) as connection:
        slow = connection.info.backend_pid
        # The machine is busy: this one gets its turn only while the next start waits for it.
        os.kill(slow, signal.SIGSTOP)
        cluster.kill()

    def waits(_seconds: float) -> None:
        if not cluster.is_running:
            os.kill(slow, signal.SIGKILL)

    monkeypatch.setattr(
        "deploy.local.postgres_cluster.time", SimpleNamespace(monotonic=time.monotonic, sleep=waits)
    )
    cluster.start()
    assert cluster.is_running
    cluster.stop()


def test_a_first_start_that_was_cut_off_during_initdb_is_no_obstacle(folder: Path) -> None:
    cluster = cluster_in(folder)
    (cluster.folder / "data.new").mkdir()
    (cluster.folder / "data.new" / "half").touch()
    cluster.start()
    cluster.stop()
    assert not (cluster.folder / "data.new").exists()


def test_a_stale_pid_file_is_no_obstacle(folder: Path) -> None:
    cluster = cluster_in(folder)
    cluster.start()
    cluster.kill()
    # The killed server's file names a process that is gone, or by now another program.
    pid_file = cluster.folder / "data" / "postmaster.pid"
    assert pid_file.exists()
    lines = pid_file.read_text(encoding="ascii").splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n", encoding="ascii")
    again = cluster_in(folder)
    again.start()
    again.stop()


def test_data_of_another_postgresql_release_is_refused(folder: Path) -> None:
    cluster = cluster_in(folder)
    cluster.start()
    cluster.stop()
    (cluster.folder / "data" / "PG_VERSION").write_text("9\n", encoding="ascii")
    with pytest.raises(ClusterError, match=r"written by PostgreSQL 9, but \d+ is installed"):
        cluster_in(folder).start()


def test_a_damaged_data_folder_is_reported_with_the_log(folder: Path) -> None:
    cluster = cluster_in(folder)
    cluster.start()
    cluster.stop()
    (cluster.folder / "data" / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(ClusterError, match=r"did not start: .*pg_control.*postgresql\.log"):
        cluster_in(folder).start()


def test_a_folder_of_something_else_is_not_touched(folder: Path) -> None:
    cluster = cluster_in(folder)
    precious = cluster.folder / "data" / "precious.txt"
    precious.parent.mkdir()
    precious.touch()
    with pytest.raises(ClusterError, match="holds no database; remove it if nothing in it is needed"):
        cluster.start()
    assert precious.exists()


def test_a_full_disk_is_reported_before_the_database_is_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = cluster_in(folder)
    monkeypatch.setattr(shutil, "disk_usage", almost_full)
    with pytest.raises(ClusterError, match="has only 10 MB free; the database needs at least 512 MB"):
        cluster.start()
    assert not (cluster.folder / "data").exists()


def test_a_broker_on_a_taken_port_is_reported(folder: Path, taken_port: int) -> None:
    broker = Broker(folder / "broker", required_programs.mosquitto(print))
    with pytest.raises(BrokerError, match=f"port {taken_port} for the broker is in use by another program"):
        broker.start(taken_port)


def test_services_end_when_their_launcher_is_killed(folder: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from deploy.local import required_programs;"
        "from deploy.local.postgres_cluster import Cluster; from deploy.local.mosquitto import Broker;"
        "folder = Path(sys.argv[1]);"
        "Cluster(folder / 'postgresql', required_programs.postgres(print), for_tests=True).start();"
        "Broker(folder / 'broker', required_programs.mosquitto(print)).start();"
        "print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline() == "up\n"
        assert len(left_over(folder, besides=launcher.pid)) >= 2
        launcher.send_signal(signal.SIGKILL)
    wait_until(lambda: not left_over(folder), what="database and broker to end")
