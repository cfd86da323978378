"""A private PostgreSQL cluster with TimescaleDB on a free loopback port, for the demo and the tests."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from core.errors import MimamoriError
from deploy.local.child_process import Child
from deploy.local.os_accounts import as_account, service_account, service_folder
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.postgres_server import PostgresServer

SUPERUSER = "mimamori"
_START_TIMEOUT_S = 60.0
_POLL_S = 0.02
_PORT_TRIES = 3
# Below this PostgreSQL stops in the middle of work; better not to begin.
_LEAST_DISK_B = 512 * 1024 * 1024


class ClusterError(MimamoriError):
    """The private database could not be started."""

    exit_code = 69  # EX_UNAVAILABLE


class Cluster:
    """One PostgreSQL server of our own; stops only what it started.

    Parameters
    ----------
    asked : Path
        Where data, log and password live; made when missing.
    server : PostgresServer
        Which programs to use.
    for_tests : bool
        Give up durability for speed: no fsync, and no background workers that would hold a template database.
    """

    def __init__(self, asked: Path, server: PostgresServer, *, for_tests: bool = False) -> None:
        self._server = server
        self._for_tests = for_tests
        self._account = service_account("postgres")
        self.folder = service_folder(asked, self._account)
        self._data = self.folder / "data"
        self._password_file = self.folder / "password"
        self.port = 0
        self._child: Child | None = None

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.folder / "postgresql.log"

    @property
    def is_running(self) -> bool:
        """Whether the server that we started still runs."""
        return self._child is not None and self._child.is_running

    def url(self, database: str) -> str:
        """Return the libpq URL of a database, with the password in it."""
        password = quote(self._password_file.read_text(encoding="ascii").strip())
        return f"postgresql://{SUPERUSER}:{password}@{LOOPBACK}:{self.port}/{database}"

    def start(self, port: int | None = None) -> None:
        """Create the data folder if it is new, start the server and wait until it answers.

        Parameters
        ----------
        port : int, optional
            Which port to take; a free one by default.

        Raises
        ------
        ClusterError
            Disk full, a server still at work on the same folder, data of another PostgreSQL release, damaged data.
        """
        self._check_disk()
        if not (self._data / "PG_VERSION").exists():
            self._create()
        self._check_version()
        self._wait_for_former_server()
        for attempt in range(1, _PORT_TRIES + 1):
            self.port = port or free_port()
            self._write_configuration()
            self._child = Child(
                "postgresql",
                [str(self._server.programs / "postgres"), "-D", str(self._data)],
                self.log,
                environment=_environment(),
                account=self._account,
                stop_signal=signal.SIGINT,  # "fast": rolls back open transactions and stops cleanly
            )
            problem = self._wait_ready(self._child)
            if problem is None:
                return
            if port is not None or "could not bind" not in problem or attempt == _PORT_TRIES:
                raise ClusterError(problem)

    def stop(self) -> None:
        """Stop the server that `start` started; nothing happens when there is none."""
        if self._child is not None:
            self._child.stop(timeout_s=30.0)
            self._child = None

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create a database, as a copy of `template` if given."""
        self._administer("createdb", *(["--template", template] if template else []), name)

    def drop_database(self, name: str) -> None:
        """Drop a database, even while somebody is connected; nothing happens when there is none."""
        self._administer("dropdb", "--force", "--if-exists", name)

    def _administer(self, program: str, *arguments: str) -> None:
        run = self._program(program, *arguments)
        if run.returncode != 0:
            raise ClusterError(f"{program} {' '.join(arguments)} failed: {run.stderr.strip()}")

    def _program(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        password = self._password_file.read_text(encoding="ascii").strip()
        return subprocess.run(
            [
                self._server.programs / program,
                "--host", LOOPBACK, "--port", str(self.port), "--username", SUPERUSER, "--no-password",
                *arguments,
            ],
            env=_environment() | {"PGPASSWORD": password},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip

    def _check_disk(self) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < _LEAST_DISK_B:
            raise ClusterError(
                f"the disk under {self.folder} has only {free // 2**20} MB free; the database needs at least"
                f" {_LEAST_DISK_B // 2**20} MB: make room, or choose another folder with --folder"
            )

    def _create(self) -> None:
        # Made beside and renamed, so that an interrupted first start leaves nothing half made.
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._password_file.write_text(secrets.token_urlsafe(24), encoding="ascii")
        self._password_file.chmod(0o600)
        if self._account is not None:
            os.chown(self._password_file, self._account.uid, self._account.gid)
        command = [
            str(self._server.programs / "initdb"),
            "--pgdata", str(fresh),
            "--username", SUPERUSER,
            "--pwfile", str(self._password_file),
            "--auth", "scram-sha-256",
            "--encoding", "UTF8",
            "--locale", "C.UTF-8",
            *(["--no-sync"] if self._for_tests else ["--data-checksums"]),
        ]  # fmt: skip
        run = subprocess.run(
            as_account(self._account, command),
            env=_environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            raise ClusterError(f"could not create a database in {self.folder}: {_reason(run.stderr)}")
        with (fresh / "postgresql.conf").open("a", encoding="ascii") as configuration:
            configuration.write("\ninclude 'mimamori.conf'\n")
        if self._data.exists():
            raise ClusterError(
                f"{self._data} is there but holds no database; remove it if nothing in it is needed, then start again"
            )
        fresh.rename(self._data)

    def _check_version(self) -> None:
        release = (self._data / "PG_VERSION").read_text(encoding="ascii").strip()
        if release != str(self._server.major):
            raise ClusterError(
                f"{self._data} was written by PostgreSQL {release}, but {self._server.major} is installed; install"
                f" PostgreSQL {release} again, or give up the demo's data with: make demo-reset"
            )

    def _wait_for_former_server(self) -> None:
        """Let a server whose launcher was killed finish its shutdown, and one that was killed itself let go of its memory.

        A stale file of a dead one is no obstacle.
        """
        deadline = time.monotonic() + 15.0
        while (former := self._former_server()) is not None:
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"another PostgreSQL server (process {former}) is at work on {self._data}; stop the start that it"
                    f" belongs to, or end it with: kill -INT {former}"
                )
            time.sleep(_POLL_S)

    def _former_server(self) -> int | None:
        """Return the server at work in the folder; after it was killed, one of its processes that have yet to notice."""
        try:
            server = int((self._data / "postmaster.pid").read_text(encoding="ascii").split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        folder = self._data.resolve()
        every = [server, *(int(one.name) for one in Path("/proc").glob("[0-9]*"))]
        return next((process for process in every if _is_postgres_in(process, folder)), None)

    def _write_configuration(self) -> None:
        lines = [
            "# Written at every start by deploy/local/postgres_cluster.py.",
            f"listen_addresses = '{LOOPBACK}'",
            f"port = {self.port}",
            "unix_socket_directories = ''  # a socket file would need a short path that others may not take",
            "shared_preload_libraries = 'timescaledb'",
            "timescaledb.telemetry_level = off",
            "max_connections = 100",
            "shared_buffers = 256MB",
            "timezone = 'UTC'",
            "log_timezone = 'UTC'",
            "log_min_messages = warning",
            "log_checkpoints = off  # of interest only to those who tune",
            "log_min_error_statement = panic  # statements carry personal data; logs must not",
            "log_error_verbosity = terse",
            "lc_messages = 'C'",
        ]
        if self._for_tests:
            lines += [
                "fsync = off",
                "synchronous_commit = off",
                "full_page_writes = off",
                "timescaledb.max_background_workers = 0  # they would hold the template database",
                "max_worker_processes = 8",
            ]
        path = self._data / "mimamori.conf"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        if self._account is not None:
            os.chown(path, self._account.uid, self._account.gid)

    def _wait_ready(self, child: Child) -> str | None:
        """Return None when the server answers, else what went wrong."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            if not child.is_running:
                return f"the database in {self.folder} did not start: {_reason(child.output())} (log: {self.log})"
            if self._says_ready():
                return None
            time.sleep(_POLL_S)
        self.stop()
        return f"the database in {self.folder} was not ready after {_START_TIMEOUT_S:.0f} s; see {self.log}"

    def _says_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text(encoding="ascii").split("\n")
        except OSError:
            return False
        # The eighth line is the server's state, the fourth its port (PostgreSQL, miscadmin.h).
        return len(lines) > 7 and lines[3] == str(self.port) and lines[7].strip() == "ready"


def _is_postgres_in(process: int, folder: Path) -> bool:
    # Process ids are used again, and a shell may stand in the folder.
    place = Path(f"/proc/{process}")
    try:
        return (place / "cwd").readlink() == folder and (place / "comm").read_text().startswith("postgres")
    except OSError:
        return False


def _environment() -> dict[str, str]:
    # PG* variables of the person who started us must not reach the server or its tools.
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _reason(output: str) -> str:
    """Return the line of a server's output that says why."""
    if "No space left on device" in output:
        return "the disk is full; make room and start again"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    reasons = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:", "ERROR"))]
    return (reasons or lines or ["no output"])[0]
