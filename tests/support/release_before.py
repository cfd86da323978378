"""The release before this one, as it stands in the history: its version, and its files in a folder of their own."""

import io
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.support.paths import REPOSITORY

_HEADING = re.compile(r"^## \[(\d+\.\d+\.\d+)\]", re.MULTILINE)


def _git(*arguments: str) -> bytes:
    run = subprocess.run(["git", "-C", REPOSITORY, *arguments], capture_output=True, check=False)
    return run.stdout if run.returncode == 0 else b""


def release_before() -> tuple[str, str]:
    """Return the version of the newest release in the changelog that is in the history and not this very commit, and its commit."""
    here = _git("rev-parse", "HEAD").decode().strip()
    for version in _HEADING.findall((REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")):
        tagged = _git("rev-parse", "--verify", "--quiet", f"v{version}^{{commit}}").decode().strip()
        named = _git("log", "--format=%H", f"--grep=^Release {re.escape(version)}$", "-1").decode().strip()
        commit = tagged or named
        if commit and commit != here:
            return version, commit
    pytest.skip("no release is in the history of this copy: an archive without git, or a shallow clone")


def files_of(commit: str, folder: Path, *paths: str) -> Path:
    """Put the files of a commit (below some paths, or all) into a folder, and return it."""
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", commit, *paths))) as archive:
        archive.extractall(folder, filter="data")
    return folder
