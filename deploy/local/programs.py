"""Programs of this machine: where they are, which version they have, and running one to its end."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.errors import MimamoriError

# The reason why a program failed stands at the end of what it wrote.
_REASON_LINES = 5
# By which flag those say their version that do not know `--version`.
_VERSION_FLAGS = {"mosquitto": "-h", "nginx": "-v", "caddy": "version", "pgbackrest": "version"}


def program(name: str) -> Path | None:
    """Return a program by its name, None if it is not here."""
    # Servers live in sbin, which is not in an ordinary user's PATH.
    found = shutil.which(
        name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    )
    return Path(found) if found else None


def version_line(program: Path) -> str:
    """Return how a program names its version."""
    flag = _VERSION_FLAGS.get(program.name, "--version")
    answer = subprocess.run([program, flag], capture_output=True, text=True, check=False)
    said = (answer.stdout.strip() or answer.stderr.strip()).splitlines()
    return said[0] if said else f"{program.name} of unknown version"


def run_to_end(
    command: Sequence[str | Path],
    failed: Callable[[str], MimamoriError],
    environment: Mapping[str, str],
    folder: Path | None = None,
) -> None:
    """Run a program that asks nothing, beside our environment with this one; `failed` makes an error of its last lines."""
    run = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise failed("\n  ".join((run.stderr or run.stdout).strip().splitlines()[-_REASON_LINES:]))
