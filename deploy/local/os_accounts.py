"""The accounts that services run as when we are root, and folders that are theirs."""

import hashlib
import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import MimamoriError

# Where the data goes when we are root and the asked folder lies under one that services cannot enter, such as /root.
_OPEN_TO_SERVICES = Path("/var/lib/mimamori")


@dataclass(frozen=True)
class OsAccount:
    """An unprivileged account of this machine that a service runs as when we are root."""

    name: str
    uid: int
    gid: int


def service_account(*names: str) -> OsAccount | None:
    """Return the first account that exists among `names` and `nobody`; None when we are an ordinary user.

    Raises
    ------
    MimamoriError
        We are root and none of the accounts exists.
    """
    if os.geteuid() != 0:
        return None
    for name in (*names, "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return OsAccount(name, entry.pw_uid, entry.pw_gid)
    raise MimamoriError(
        f"none of the accounts {', '.join(names)}, nobody exists; add one with adduser --system"
    )


def as_account(account: OsAccount | None, command: Sequence[str]) -> list[str]:
    """Return `command` so that it runs as `account`, or unchanged for None."""
    if account is None:
        return list(command)
    return ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", "--", *command]


def can_enter(account: OsAccount | None, folder: Path) -> bool:
    """Return whether `account` can reach `folder`, which may have parents closed to it, such as /root."""
    test = subprocess.run(as_account(account, ["test", "-x", str(folder)]), check=False, capture_output=True)
    return test.returncode == 0


def service_path(asked: Path, account: OsAccount | None) -> Path:
    """Return the folder that stands for `asked`: itself, or always the same one elsewhere that `account` can enter."""
    if can_enter(account, asked.parent):
        return asked
    name = hashlib.sha256(str(asked.resolve()).encode()).hexdigest()[:12]
    return _OPEN_TO_SERVICES / f"{asked.name}-{name}"


def service_folder(asked: Path, account: OsAccount | None) -> Path:
    """Make the folder that stands for `asked`, belonging to `account` and closed to others, and return it."""
    asked.parent.mkdir(parents=True, exist_ok=True)
    folder = service_path(asked.absolute(), account)
    folder.mkdir(parents=True, exist_ok=True)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)
    return folder
