"""What the demo remembers between starts, in its folder: the time it shows, ports, passwords and settings."""

import json
import os
import shutil
import tomllib
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from core.errors import MimamoriError
from deploy.local.os_accounts import service_account, service_path

ZONE = ZoneInfo("Asia/Tokyo")
_START_HOUR = (6, 55)


class DemoStateError(MimamoriError):
    """The demo's folder cannot be used."""

    exit_code = 73  # EX_CANTCREAT


@dataclass(frozen=True)
class DemoState:
    """One line of memory, written every few seconds.

    Attributes
    ----------
    shown : datetime
        The demo's time when it was last written; the next start goes on from there.
    is_seeded : bool
        Whether the first start came to its end; if not, the next one begins anew.
    inbox_port : int
        Contacts' webhooks point there, so it stays.
    broker_folder : str
        Where the broker keeps its passwords, for `mimamori device add`.
    seed : int
        Which ward plays.
    scenarios : tuple of str
        What happens in it, by names of the library and paths of files; the demo's own if there are none. The past that was
        published at the first start belongs to them, so they stay.
    """

    shown: datetime
    is_seeded: bool
    inbox_port: int
    broker_folder: str
    seed: int
    scenarios: tuple[str, ...] = ()

    def at(self, now: datetime) -> "DemoState":
        """Return this memory with another time."""
        return replace(self, shown=now)


def first_morning(today: datetime) -> datetime:
    """Return 06:55 in Japan on the day that it is there now."""
    hour, minute = _START_HOUR
    return today.astimezone(ZONE).replace(hour=hour, minute=minute, second=0, microsecond=0)


class DemoFolder:
    """The folder of one demo, `./var` unless another is chosen."""

    _FILES = ("demo.json", "settings.toml", "passwords.json", "ward.json", "lock")
    _FOLDERS = ("inbox", "logs")
    # Each belongs to the account it runs as, and lies elsewhere where that account cannot enter our folder.
    _SERVICES = (("postgresql", "postgres"), ("broker", "mosquitto"))

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            self.inbox.mkdir(exist_ok=True)
        except OSError as error:
            raise DemoStateError(
                f"cannot write in {self.path}: {error.strerror}; make room or choose another folder with --folder"
            ) from error

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.path / "logs"

    @property
    def inbox(self) -> Path:
        """Messages that the demo's families got."""
        return self.path / "inbox"

    @property
    def settings(self) -> Path:
        """What all processes read."""
        return self.path / "settings.toml"

    @property
    def ward(self) -> Path:
        """The ward file."""
        return self.path / "ward.json"

    @property
    def lock(self) -> Path:
        """Held while the demo runs."""
        return self.path / "lock"

    def service(self, name: str) -> Path:
        """Return where a private service is asked to live."""
        return self.path / name

    def read(self) -> DemoState | None:
        """Return what the last start left, or None when there was none or it is not readable."""
        try:
            values = json.loads((self.path / "demo.json").read_text(encoding="utf-8"))
            values["shown"] = datetime.fromisoformat(values["shown"])
            values["scenarios"] = tuple(values.get("scenarios", ()))
            return DemoState(**values)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, state: DemoState) -> None:
        """Remember `state`."""
        values = asdict(state) | {"shown": state.shown.isoformat()}
        write_private(self.path / "demo.json", json.dumps(values))

    def passwords(self) -> dict[str, str]:
        """Return the password of each role."""
        try:
            return dict(json.loads((self.path / "passwords.json").read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def write_passwords(self, passwords: dict[str, str]) -> None:
        """Remember the passwords, for this user's eyes only."""
        write_private(self.path / "passwords.json", json.dumps(passwords, indent=1))

    def write_settings(self, values: dict[str, object]) -> None:
        """Write the settings of all processes, with secrets, for this user's eyes only."""
        lines = [f"{name} = {_toml(value)}" for name, value in values.items()]
        text = "# Written at every start of the demo.\n" + "\n".join(lines) + "\n"
        write_private(self.settings, text)

    def setting(self, name: str) -> str:
        """Return a setting as the last start wrote it; empty where none did."""
        if not self.settings.exists():
            return ""
        return str(tomllib.loads(self.settings.read_text(encoding="utf-8")).get(name, ""))

    def forget(self) -> None:
        """Drop everything that the demo wrote, and nothing else."""
        for name in self._FOLDERS:
            shutil.rmtree(self.path / name, ignore_errors=True)
        for name, account in self._SERVICES:
            asked = self.service(name)
            shutil.rmtree(service_path(asked, service_account(account)), ignore_errors=True)
            shutil.rmtree(asked, ignore_errors=True)
        for name in self._FILES:
            (self.path / name).unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file in one step, readable for this user only."""
    fresh = path.with_name(f"{path.name}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    # JSON's strings are TOML's basic strings.
    return json.dumps(str(value), ensure_ascii=False)


# How far before the demo's start the clock stands while the history is published: nothing of it lies in the future,
# and time that the preparation takes is not missing from the demo.
PREPARATION = timedelta(minutes=5)
