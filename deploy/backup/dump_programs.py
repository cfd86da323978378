"""PostgreSQL's own programs that dump and restore: which of them fits a server, and running it with its progress."""

import os
import re
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.backup.manifest import BackupError
from deploy.local.programs import program

_LAST_LINES = 5


def fitting(name: str, major: int) -> Path:
    """Return the oldest program of this name that is not older than the release `major` of PostgreSQL.

    Raises
    ------
    BackupError
        None is installed.
    """
    found = {path: release for path in _installed(name) if (release := _major(path)) >= major}
    if not found:
        raise BackupError(
            f"{name} of PostgreSQL {major} or newer is not installed here; install it: apt-get install"
            f" postgresql-client-{major}, or run this on the database's machine"
        )
    return min(found, key=lambda path: found[path])


def _installed(name: str) -> list[Path]:
    in_path = program(name)
    # Debian's program in PATH is a script that chooses by itself; the real ones stand behind it.
    return [*Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), *([in_path] if in_path else [])]


def _major(path: Path) -> int:
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"\) (\d+)", answer)
    return int(match[1]) if match else 0


def run_counted(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    sign: str,
    advance: Callable[[int], None],
) -> None:
    """Run a program to its end and advance by one with each line of its report that holds `sign`.

    Raises
    ------
    BackupError
        It failed; with the last lines in which it says why.
    """
    errors: deque[str] = deque(maxlen=_LAST_LINES)
    with subprocess.Popen(
        command,
        env={**os.environ, "LC_ALL": "C", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as running:
        for line in running.stderr or []:
            if sign in line:
                advance(1)
            elif "error:" in line or "FATAL" in line:
                errors.append(line.strip())
    if running.returncode != 0:
        reason = "\n  ".join(errors) or f"exit code {running.returncode}"
        raise BackupError(f"{Path(command[0]).name} failed:\n  {reason}")
