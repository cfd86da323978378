"""The programs that we run but do not ship: Mosquitto, PostgreSQL with TimescaleDB, and a browser for the tests.

What is there is used. What is missing is installed when we may and know how (root on Debian 12 or 13); otherwise the
error says what to install.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.errors import MimamoriError
from deploy import timescaledb
from deploy.locks import held_lock

OLDEST_POSTGRESQL = 15
# The packages of each Debian release that we can complete by ourselves.
_POSTGRESQL = {
    "12": ("postgresql-15", "postgresql-server-dev-15", *timescaledb.BUILD_PACKAGES),
    "13": ("postgresql-17-timescaledb",),
}
_BROWSER = ("chromium", "fonts-noto-cjk")
_WITHOUT_PACKAGES = "or use the container: docker compose -f deploy/compose.yaml up demo"

Report = Callable[[str], None]


class MissingPackageError(MimamoriError):
    """A program that we need is not installed."""

    exit_code = 69  # EX_UNAVAILABLE


@dataclass(frozen=True)
class PostgresServer:
    """Server programs of one PostgreSQL installation, with TimescaleDB in reach.

    Attributes
    ----------
    programs : Path
        The folder with `initdb`, `postgres` and the client programs.
    version : str
        For example 15.20.
    """

    programs: Path
    version: str

    @property
    def label(self) -> str:
        """For headers: versions and edition."""
        control = (_share(self) / "extension/timescaledb.control").read_text(encoding="utf-8")
        extension = re.search(r"default_version\s*=\s*'([^']+)'", control)
        # The part under Timescale's own licence is a library of its own; the Apache edition lacks it.
        is_community = any(self.programs.parent.glob("lib/timescaledb-tsl-*.so"))
        return (
            f"PostgreSQL {self.version}, TimescaleDB {extension[1] if extension else 'of unknown version'}"
            f" ({'Community' if is_community else 'Apache'} edition)"
        )

    @property
    def major(self) -> int:
        """The release whose data folders this server reads."""
        return int(self.version.split(".", 1)[0])


def cache_folder() -> Path:
    """Return where built programs are kept between clones; as root a place that the services' accounts can read."""
    if os.geteuid() == 0:
        return Path("/var/cache/mimamori")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mimamori"


def installed_mosquitto() -> Path | None:
    """Return the Mosquitto broker if it is here."""
    return _program("mosquitto")


def mosquitto(report: Report) -> Path:
    """Return the Mosquitto broker, installing it if needed.

    Raises
    ------
    MissingPackageError
        It is not there and cannot be installed.
    """
    if (found := installed_mosquitto()) is None:
        _install("the MQTT broker Mosquitto", ("mosquitto",), report)
        found = installed_mosquitto()
    if found is None:
        raise MissingPackageError(
            "the package mosquitto is installed, but the program mosquitto is not in PATH"
        )
    return found


def installed_browser() -> Path | None:
    """Return Chromium, or a browser that is the same inside, if one is here."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := _program(name))), None)


def browser(report: Report) -> Path:
    """Return Chromium (with a Japanese font), installing both if needed.

    Raises
    ------
    MissingPackageError
        It is not there and cannot be installed.
    """
    found = installed_browser()
    if found is None or not _has_japanese_font():
        _install("Chromium and a Japanese font for the browser tests", _BROWSER, report)
        found = installed_browser()
    if found is None:
        raise MissingPackageError(
            "the package chromium is installed, but the program chromium is not in PATH"
        )
    return found


def installed_postgres() -> PostgresServer | None:
    """Return a PostgreSQL server with TimescaleDB if one is here."""
    servers = _servers()
    return next((server for server in servers if _has_timescaledb(server)), None) or _built_for(servers)


def postgres(report: Report) -> PostgresServer:
    """Return a PostgreSQL server with TimescaleDB, installing or building what is missing.

    Raises
    ------
    MissingPackageError
        It is not there and cannot be installed.
    """
    if (ready := installed_postgres()) is not None:
        return ready
    servers = _servers()
    release = _debian_release()
    if release is None:
        raise MissingPackageError(
            f"PostgreSQL {OLDEST_POSTGRESQL} or newer with TimescaleDB is missing, and this is not Debian 12 or 13;"
            f" install both with this system's packages, {_WITHOUT_PACKAGES}"
        )
    if release == "13" or not any(server.major == 15 for server in servers) or not timescaledb.can_build():
        _install("PostgreSQL with TimescaleDB", _POSTGRESQL[release], report)
    if release == "12":
        _build(next(server for server in _servers() if server.major == 15), report)
    if (found := installed_postgres()) is None:
        raise MissingPackageError(
            "the packages are installed, but no PostgreSQL server with TimescaleDB was found"
        )
    return found


def _program(name: str) -> Path | None:
    # Servers live in sbin, which is not in an ordinary user's PATH.
    found = shutil.which(
        name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    )
    return Path(found) if found else None


def _servers() -> list[PostgresServer]:
    folders = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/usr").glob("pgsql-*/bin"),
        Path("/usr/local/pgsql/bin"),
    ]
    if (in_path := _program("postgres")) is not None:
        folders.append(in_path.resolve().parent)
    found = {folder: server for folder in folders if (server := _server_in(folder)) is not None}
    return sorted(found.values(), key=lambda server: server.major, reverse=True)


def _server_in(folder: Path) -> PostgresServer | None:
    if not all((folder / name).exists() for name in ("postgres", "initdb", "createdb", "dropdb")):
        return None
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\) (\d+[.\w]*)", answer.stdout)
    if match is None or int(re.split(r"\D", match[1])[0]) < OLDEST_POSTGRESQL:
        return None
    return PostgresServer(folder, match[1])


def _has_timescaledb(server: PostgresServer) -> bool:
    return (_share(server) / "extension/timescaledb.control").exists()


def _share(server: PostgresServer) -> Path:
    share = server.programs.parents[3] / "share/postgresql" / str(server.major)
    if not share.exists() and (server.programs / "pg_config").exists():
        answer = subprocess.run(
            [server.programs / "pg_config", "--sharedir"], capture_output=True, text=True, check=False
        )
        share = Path(answer.stdout.strip())
    return share


def _private_prefix(server: PostgresServer) -> Path:
    # A server with a security fix has another version, and so a fresh copy.
    return cache_folder() / f"postgresql-{server.version}-timescaledb-{timescaledb.VERSION}"


def _built_for(servers: Sequence[PostgresServer]) -> PostgresServer | None:
    for server in servers:
        programs = _private_prefix(server) / server.programs.relative_to("/")
        if (built := _server_in(programs)) is not None and _has_timescaledb(built):
            return built
    return None


def _build(server: PostgresServer, report: Report) -> None:
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    with held_lock(cache / "build.lock", wait=True):
        if _built_for([server]) is None:
            report(
                f"Building TimescaleDB {timescaledb.VERSION} for PostgreSQL {server.version}, once (about 15 s)"
            )
            timescaledb.build(server.programs, _private_prefix(server), cache)


def _debian_release() -> str | None:
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        return None
    release = system.get("VERSION_ID", "")
    return release if system.get("ID") == "debian" and release in _POSTGRESQL else None


def _has_japanese_font() -> bool:
    lister = _program("fc-list")
    if lister is None:
        return False
    return bool(subprocess.run([lister, ":lang=ja"], capture_output=True, check=False).stdout.strip())


def _install(what: str, packages: Sequence[str], report: Report) -> None:
    by_hand = f"apt-get install {' '.join(packages)}"
    if _debian_release() is None:
        raise MissingPackageError(
            f"{what} is missing; on Debian 12 or 13 it is `{by_hand}`, elsewhere install the same from the system's"
            f" packages, {_WITHOUT_PACKAGES}"
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
    run = subprocess.run(
        ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq", *arguments],
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        reason = "\n  ".join((run.stderr or run.stdout).strip().splitlines()[-5:])
        raise MissingPackageError(f"apt-get {' '.join(arguments)} failed:\n  {reason}")


def version_line(program: Path) -> str:
    """Return how a program names its version."""
    flag = "-h" if program.name == "mosquitto" else "--version"
    answer = subprocess.run([program, flag], capture_output=True, text=True, check=False)
    return (
        answer.stdout.strip().splitlines()[0]
        if answer.stdout.strip()
        else f"{program.name} of unknown version"
    )


def main() -> None:
    """Install what the demo and the tests need, and say what is there."""
    try:
        print(version_line(mosquitto(print)))
        print(postgres(print).label)
        if "--browser" in sys.argv:
            print(version_line(browser(print)))
    except MimamoriError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    main()
