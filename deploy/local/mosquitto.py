"""A private Mosquitto broker on a free loopback port, with passwords and access rules, for the demo and the tests."""

import os
import secrets
import shutil
import signal
import time
from pathlib import Path

from deploy.local.child_process import Child
from deploy.local.mosquitto_files import BrokerError, Certificates, add_password, write_configuration
from deploy.local.os_accounts import service_account, service_folder
from deploy.local.ports import LOOPBACK, answers, free_port, is_free

INGEST = "ingest"
ERASURE = "erasure"
SIMULATOR = "simulator"
PUBLISHER = "mimamori-out"
READER = "mimamori-reader"
_START_TIMEOUT_S = 10.0
_POLL_S = 0.01
_DEVICES_PORT = "devices-port"
_PORT_TRIES = 3


def _taken(port: int) -> str:
    return f"port {port} for the broker is in use by another program; stop that, or choose another"


class Broker:
    """One Mosquitto of our own; stops only what it started.

    Parameters
    ----------
    asked : Path
        Where configuration, passwords, log and stored sessions live; made when missing.
    program : Path
        The `mosquitto` program.
    certificates : Certificates, optional
        With them the broker speaks TLS only.
    """

    def __init__(self, asked: Path, program: Path, certificates: Certificates | None = None) -> None:
        self._program = program
        self._certificates = certificates
        self._account = service_account("mosquitto")
        self.folder = service_folder(asked, self._account)
        self.host = LOOPBACK
        self.port = 0
        self.devices_port = 0
        self._child: Child | None = None
        self._passwords_read = 0

    @property
    def log(self) -> Path:
        """The broker's log."""
        return self.folder / "mosquitto.log"

    @property
    def is_running(self) -> bool:
        """Whether the broker that we started still runs."""
        return self._child is not None and self._child.is_running

    def password(self, name: str) -> str:
        """Return the password of `name`; the first call makes one, which is good from the next start or reload on."""
        secret = self._own("credentials") / name
        if not secret.exists():
            self.set_password(name, secrets.token_urlsafe(24))
        return secret.read_text(encoding="utf-8")

    def set_password(self, name: str, password: str) -> None:
        """Let `name` sign in with `password`, at once when the broker runs."""
        secret = self._own("credentials") / name
        add_password(self.folder, name, password)
        secret.write_text(password, encoding="utf-8")
        secret.chmod(0o600)
        self.reload_if_changed()

    def reload_if_changed(self) -> None:
        """Let the running broker read its passwords again when somebody added one; nobody is disconnected."""
        changed = (self.folder / "passwords").stat().st_mtime_ns
        if changed != self._passwords_read and self._child is not None and self._child.is_running:
            self._child.send(signal.SIGHUP)
            self._passwords_read = changed

    def start(self, port: int | None = None) -> None:
        """Start the broker and wait until it answers.

        Parameters
        ----------
        port : int, optional
            Which port to take; a free one by default.

        Raises
        ------
        BrokerError
            The port is taken, the disk is full, or the stored sessions are damaged.
        """
        for name in (INGEST, ERASURE, SIMULATOR):
            self.password(name)
        self.devices_port = self.devices_port or self._devices_port_before()
        for attempt in range(1, _PORT_TRIES + 1):
            self.port = port or free_port()
            if not is_free(self.port):
                # Looked at first: whoever has the port would answer in the broker's place.
                raise BrokerError(_taken(self.port))
            if not self.devices_port or not is_free(self.devices_port):
                self.devices_port = free_port()
            write_configuration(
                self.folder,
                address=self.host,
                port=self.port,
                folder=self.folder.resolve(),
                devices_address=self.host,
                devices_port=self.devices_port,
                certificates=self._certificates,
            )
            self._passwords_read = (self.folder / "passwords").stat().st_mtime_ns
            self._child = Child(
                "mosquitto",
                [str(self._program), "-c", str(self.folder / "mosquitto.conf")],
                self.log,
                environment={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "TZ": "UTC"},
                account=self._account,
            )
            problem = self._wait_ready(self._child)
            if problem is None:
                # Sensors that somebody pointed at it are not pointed anew after each start.
                (self.folder / _DEVICES_PORT).write_text(str(self.devices_port), encoding="ascii")
                return
            if port is not None or "is in use" not in problem or attempt == _PORT_TRIES:
                raise BrokerError(problem)

    def stop(self) -> None:
        """Stop the broker that `start` started, after it has stored its sessions."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def kill(self) -> None:
        """End the broker at once, as a crash would."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def forget_messages(self) -> None:
        """Drop stored sessions, queued and retained messages, with a restart on the same port."""
        port = self.port
        self.stop()
        (self.folder / "mosquitto.db").unlink(missing_ok=True)
        self.start(port)

    def _devices_port_before(self) -> int:
        """Return the port that devices were given at the last start; 0 if there was none."""
        try:
            port = int((self.folder / _DEVICES_PORT).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0
        return port if 0 < port < 65536 else 0

    def _own(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _wait_ready(self, child: Child) -> str | None:
        """Return None when the broker answers, else what went wrong."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            if not child.is_running:
                return self._why(child)
            if answers(self.port) and answers(self.devices_port) and child.is_running:
                return None
            time.sleep(_POLL_S)
        self.stop()
        return f"the broker in {self.folder} was not ready after {_START_TIMEOUT_S:.0f} s; see {self.log}"

    def _why(self, child: Child) -> str:
        output = child.output()
        if "Address already in use" in output:
            return _taken(self.port)
        if "persist" in output.lower() or "db" in output.lower():
            return (
                f"the broker cannot read its stored sessions in {self.folder / 'mosquitto.db'}; if what devices sent"
                f" while nobody listened may go, remove that file and start again (log: {self.log})"
            )
        lines = [line.strip() for line in output.splitlines() if "Error" in line] or ["no output"]
        if shutil.disk_usage(self.folder).free == 0:
            lines = ["the disk is full; make room and start again"]
        return f"the broker in {self.folder} did not start: {lines[0]} (log: {self.log})"
