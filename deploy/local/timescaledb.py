"""Builds TimescaleDB's Apache edition for Debian 12, which has no package of it, from Debian 13's source package.

The result is a private copy of the PostgreSQL server with the extension in it: the system's own stays as it is, and
PostgreSQL finds its files relative to its programs, so the copy works from any folder.
"""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from core.errors import MimamoriError
from deploy.local.programs import run_to_end

VERSION = "2.19.3"
BUILD_PACKAGES = ("build-essential", "cmake")
_SOURCE = "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main\n"
# As Debian builds its own package, plus the speed of a release build; the regression tests need more packages.
_OPTIONS = (
    "-DAPACHE_ONLY=1",
    "-DCMAKE_BUILD_TYPE=Release",
    "-DREGRESS_CHECKS=OFF",
    "-DWARNINGS_AS_ERRORS=OFF",
    "-DUSE_TELEMETRY=OFF",
    "-DSEND_TELEMETRY_DEFAULT=OFF",
)


class BuildError(MimamoriError):
    """TimescaleDB could not be built."""

    exit_code = 69  # EX_UNAVAILABLE


def can_build() -> bool:
    """Return whether the compiler, cmake and PostgreSQL's headers are installed."""
    tools = ("cmake", "gcc", "make", "dpkg-source", "apt-get")
    return all(map(shutil.which, tools)) and Path("/usr/include/postgresql/15/server/postgres.h").exists()


def build(programs: Path, prefix: Path, cache: Path) -> None:
    """Put a copy of the PostgreSQL server in `programs` with TimescaleDB under `prefix`.

    Parameters
    ----------
    programs : Path
        The folder with the server's programs, in Debian's layout (`/usr/lib/postgresql/15/bin`).
    prefix : Path
        Appears only when complete.
    cache : Path
        Where to work; on the same file system as `prefix`.

    Raises
    ------
    BuildError
        A step failed; the message has its last lines.
    """
    with tempfile.TemporaryDirectory(prefix="timescaledb-", dir=cache) as folder:
        work = Path(folder)
        source = _fetch(work)
        _run(
            "configure",
            ["cmake", "-S", source, "-B", work / "build", f"-DPG_CONFIG={programs / 'pg_config'}", *_OPTIONS],
        )
        _run("compile", ["make", "-C", work / "build", "-j", str(os.cpu_count() or 1)])
        fresh = work / "prefix"
        _copy_server(programs, fresh)
        _run("install", ["make", "-C", work / "build", "install", f"DESTDIR={fresh}"])
        fresh.chmod(0o755)  # the service's account must get in
        fresh.rename(prefix)


def _fetch(work: Path) -> Path:
    """Download and unpack the source with an apt configuration of our own; apt checks Debian's signatures."""
    (work / "sources.list").write_text(_SOURCE, encoding="ascii")
    for name in ("lists/partial", "cache/archives/partial"):
        (work / name).mkdir(parents=True)
    apt = [
        "apt-get",
        "-o", f"Dir::Etc::SourceList={work / 'sources.list'}",
        "-o", "Dir::Etc::SourceParts=/dev/null",
        "-o", f"Dir::State::Lists={work / 'lists'}",
        "-o", f"Dir::Cache={work / 'cache'}",
        "-o", "APT::Sandbox::User=",
        "-qq",
    ]  # fmt: skip
    _run("fetch the package list of Debian 13", [*apt, "update"], work)
    _run("fetch the source", [*apt, "source", "--only-source", "timescaledb"], work)
    return next(path for path in work.glob("timescaledb-*") if path.is_dir())


def _copy_server(programs: Path, prefix: Path) -> None:
    lib = programs.parent
    share = lib.parents[1].parent / "share/postgresql" / lib.name
    for tree in (lib, share):
        shutil.copytree(tree, prefix / tree.relative_to("/"), symlinks=False, ignore_dangling_symlinks=True)


def _run(what: str, command: Sequence[str | Path], folder: Path | None = None) -> None:
    run_to_end(
        command,
        lambda reason: BuildError(f"building TimescaleDB {VERSION}: could not {what}:\n  {reason}"),
        {"LC_ALL": "C"},
        folder,
    )
