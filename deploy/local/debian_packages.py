"""Debian's packages: which release this is, and installing what is missing when we may."""

import os
import platform
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.errors import MimamoriError
from deploy.local.programs import run_to_end

WITHOUT_PACKAGES = "or use the container: docker compose -f deploy/compose.yaml up demo"
# The releases that we can complete by ourselves.
_RELEASES = ("12", "13")

Report = Callable[[str], None]


class MissingPackageError(MimamoriError):
    """A program that we need is not installed."""

    exit_code = 69  # EX_UNAVAILABLE


def debian_release() -> str | None:
    """Return the release of Debian that this is, None on other systems and releases."""
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        return None
    release = system.get("VERSION_ID", "")
    return release if system.get("ID") == "debian" and release in _RELEASES else None


def install(what: str, packages: Sequence[str], report: Report) -> None:
    """Install packages.

    Raises
    ------
    MissingPackageError
        We may not or do not know how; the message says what to do.
    """
    by_hand = f"apt-get install {' '.join(packages)}"
    if debian_release() is None:
        raise MissingPackageError(
            f"{what} is missing; on Debian 12 or 13 it is `{by_hand}`, elsewhere install the same from the system's"
            f" packages, {WITHOUT_PACKAGES}"
        )
    if os.geteuid() != 0:
        raise MissingPackageError(f"{what} is missing; install it with: sudo {by_hand}")
    report(f"Installing {what} ({by_hand})")
    with _services_kept_off():
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", *packages)


@contextmanager
def _services_kept_off() -> Generator[None]:
    """Keep Debian from starting a system-wide broker and database beside ours while packages are installed."""
    policy = Path("/usr/sbin/policy-rc.d")
    clusters = Path("/etc/postgresql-common/createcluster.d/mimamori.conf")
    written: list[Path] = []
    try:
        if not policy.exists():
            policy.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
            policy.chmod(0o755)
            written.append(policy)
        if not clusters.exists():
            clusters.parent.mkdir(parents=True, exist_ok=True)
            clusters.write_text("create_main_cluster = false\n", encoding="ascii")
            written.append(clusters)
        yield
    finally:
        for path in written:
            path.unlink(missing_ok=True)


def _apt_get(*arguments: str) -> None:
    run_to_end(
        ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq", *arguments],
        lambda reason: MissingPackageError(f"apt-get {' '.join(arguments)} failed:\n  {reason}"),
        {"DEBIAN_FRONTEND": "noninteractive"},
    )
