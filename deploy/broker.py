"""A private Mosquitto broker on a free loopback port, with passwords and access rules, for the demo and the tests."""

import base64
import hashlib
import os
import re
import secrets
import shutil
import signal
import time
from pathlib import Path
from string import Template

from core.errors import MimamoriError
from deploy.child import Child, service_account
from deploy.cluster import service_folder
from deploy.ports import LOOPBACK, answers, free_port, is_free

INGEST = "ingest"
SIMULATOR = "simulator"
_TEMPLATES = Path(__file__).parent / "mosquitto"
_START_PATIENCE_S = 10.0
_POLL_S = 0.01
_PORT_TRIES = 3
# A name becomes one level of a topic: no separator, no wildcard, nothing that ends a line of the password file.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Mosquitto's own "$7$" form: PBKDF2 with SHA-512. Passwords are random and long, so few rounds are enough, and a
# thousand phones that come back together do not hold up the broker, which hashes in its only thread.
_HASH_ROUNDS = 101


class BrokerError(MimamoriError):
    """The private broker could not be started."""

    exit_code = 69  # EX_UNAVAILABLE


def password_line(name: str, password: str) -> str:
    """Return the line of Mosquitto's password file for a name and its password.

    Raises
    ------
    BrokerError
        The name cannot be one level of a topic.
    """
    if not _NAME.fullmatch(name):
        raise BrokerError(
            f"{name!r} cannot be a broker name: use 1 to 64 letters, digits, dots, hyphens or underscores, the first"
            " a letter or digit"
        )
    salt = os.urandom(12)  # the length that Mosquitto 2.0 insists on
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _HASH_ROUNDS)
    return f"{name}:$7${_HASH_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def add_password(folder: Path, name: str, password: str) -> None:
    """Put a name and its password into the password file of the broker in `folder`, in place of a former one."""
    line = password_line(name, password)
    path = folder / "passwords"
    known = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    _replace(path, "\n".join([*(other for other in known if not other.startswith(f"{name}:")), line]) + "\n")


def write_configuration(target: Path, *, address: str, port: int, folder: Path) -> None:
    """Write `mosquitto.conf` and `acl` into `target`, for a broker that sees that folder as `folder`."""
    template = Template((_TEMPLATES / "mosquitto.conf").read_text(encoding="utf-8"))
    # Only our words: the file of rules has $share and $SYS.
    _replace(target / "mosquitto.conf", template.safe_substitute(address=address, port=port, folder=folder))
    _replace(target / "acl", (_TEMPLATES / "acl").read_text(encoding="utf-8"))


def _taken(port: int) -> str:
    return f"port {port} for the broker is in use by another program; stop that, or choose another"


def _replace(path: Path, text: str) -> None:
    """Write a file of the broker's in one step, since it may read it at any moment; it belongs to the folder's owner."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o600)
    owner = path.parent.stat()
    os.chown(fresh, owner.st_uid, owner.st_gid)
    fresh.replace(path)


class Broker:
    """One Mosquitto of our own; stops only what it started.

    Parameters
    ----------
    asked : Path
        Where configuration, passwords, log and stored sessions live; made when missing.
    program : Path
        The `mosquitto` program.
    """

    def __init__(self, asked: Path, program: Path) -> None:
        self._program = program
        self._account = service_account("mosquitto")
        self.folder = service_folder(asked, self._account)
        self.host = LOOPBACK
        self.port = 0
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
        self.password(INGEST)
        self.password(SIMULATOR)
        for attempt in range(1, _PORT_TRIES + 1):
            self.port = port or free_port()
            if not is_free(self.port):
                # Looked at first: whoever has the port would answer in the broker's place.
                raise BrokerError(_taken(self.port))
            write_configuration(self.folder, address=self.host, port=self.port, folder=self.folder.resolve())
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

    def _own(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _wait_ready(self, child: Child) -> str | None:
        """Return None when the broker answers, else what went wrong."""
        deadline = time.monotonic() + _START_PATIENCE_S
        while time.monotonic() < deadline:
            if not child.is_running:
                return self._why(child)
            if answers(self.port) and child.is_running:
                return None
            time.sleep(_POLL_S)
        self.stop()
        return f"the broker in {self.folder} was not ready after {_START_PATIENCE_S:.0f} s; see {self.log}"

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
