"""The programs that we run but do not ship: Mosquitto, PostgreSQL with TimescaleDB, and a browser for the tests.

What is there is used. What is missing is installed when we may and know how (root on Debian 12 or 13); otherwise the
error says what to install.
"""

import subprocess
import sys
from pathlib import Path

from core.process import exit_code_of
from deploy.local import timescaledb
from deploy.local.debian_packages import (
    WITHOUT_PACKAGES,
    MissingPackageError,
    Report,
    debian_release,
    install,
)
from deploy.local.file_lock import held_lock
from deploy.local.postgres_server import (
    OLDEST_POSTGRESQL,
    PostgresServer,
    built_for,
    cache_folder,
    installed_postgres,
    private_prefix,
    servers,
)
from deploy.local.programs import program, version_line

# The packages of each Debian release that we can complete by ourselves.
_POSTGRESQL = {
    "12": ("postgresql-15", "postgresql-server-dev-15", *timescaledb.BUILD_PACKAGES),
    "13": ("postgresql-17-timescaledb",),
}
_BROWSER = ("chromium", "fonts-noto-cjk")


def installed_mosquitto() -> Path | None:
    """Return the Mosquitto broker if it is here."""
    return program("mosquitto")


def mosquitto(report: Report) -> Path:
    """Return the Mosquitto broker, installing it if needed.

    Raises
    ------
    MissingPackageError
        It is not there and cannot be installed.
    """
    if (found := installed_mosquitto()) is None:
        install("the MQTT broker Mosquitto", ("mosquitto",), report)
        found = installed_mosquitto()
    if found is None:
        raise MissingPackageError(
            "the package mosquitto is installed, but the program mosquitto is not in PATH"
        )
    return found


def pooler(report: Report) -> Path:
    """Return PgBouncer, which the tests stand between us and PostgreSQL, installing it if needed.

    Raises
    ------
    MissingPackageError
        It is not there and cannot be installed.
    """
    return _for_tests("pgbouncer", "the connection pooler PgBouncer for the tests", report)


def backup_program(report: Report) -> Path:
    """Return pgBackRest, which the drill brings a database back with, installing it if needed.

    Raises
    ------
    MissingPackageError
        It is not there and cannot be installed.
    """
    return _for_tests("pgbackrest", "pgBackRest for the drill", report)


def rule_checker(report: Report) -> Path:
    """Return promtool, which tries our alert rules, installing Prometheus if needed; nothing of it is started.

    Raises
    ------
    MissingPackageError
        It is not there and cannot be installed.
    """
    return _for_tests("promtool", "Prometheus, whose promtool tries the alert rules", report, "prometheus")


def route_checker(report: Report) -> Path:
    """Return amtool, which tries whom an alert wakes, installing Alertmanager if needed; nothing of it is started.

    Raises
    ------
    MissingPackageError
        It is not there and cannot be installed.
    """
    return _for_tests(
        "amtool", "Alertmanager, whose amtool tries its routes", report, "prometheus-alertmanager"
    )


def web_server(report: Report) -> Path:
    """Return nginx, which the tests stand before the pages, installing it if needed; no service of it is left running.

    Raises
    ------
    MissingPackageError
        It is not there and cannot be installed.
    """
    return _for_tests("nginx", "nginx, which stands before the pages in the tests", report, "nginx-light")


def web_proxy(report: Report) -> Path:
    """Return Caddy, which the tests stand before the pages too, installing it if needed.

    Raises
    ------
    MissingPackageError
        It is not there and cannot be installed.
    """
    return _for_tests("caddy", "Caddy, which stands before the pages in the tests", report)


def unit_checker(report: Report) -> Path:
    """Return systemd-analyze, which says how far our units are locked in, installing it if needed.

    Raises
    ------
    MissingPackageError
        It is not there and cannot be installed.
    """
    return _for_tests("systemd-analyze", "systemd-analyze, which tries our units", report, "systemd")


def _for_tests(name: str, what: str, report: Report, package: str = "") -> Path:
    if (found := program(name)) is None:
        install(what, (package or name,), report)
        found = program(name)
    if found is None:
        raise MissingPackageError(
            f"the package {package or name} is installed, but the program {name} is not in PATH"
        )
    return found


def installed_browser() -> Path | None:
    """Return Chromium, or a browser that is the same inside, if one is here."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := program(name))), None)


def browser(report: Report) -> Path:
    """Return Chromium (with a Japanese font), installing both if needed.

    Raises
    ------
    MissingPackageError
        It is not there and cannot be installed.
    """
    found = installed_browser()
    if found is None or not _has_japanese_font():
        install("Chromium and a Japanese font for the browser tests", _BROWSER, report)
        found = installed_browser()
    if found is None:
        raise MissingPackageError(
            "the package chromium is installed, but the program chromium is not in PATH"
        )
    return found


def postgres(report: Report) -> PostgresServer:
    """Return a PostgreSQL server with TimescaleDB, installing or building what is missing.

    Raises
    ------
    MissingPackageError
        It is not there and cannot be installed.
    """
    if (ready := installed_postgres()) is not None:
        return ready
    known = servers()
    release = debian_release()
    if release is None:
        raise MissingPackageError(
            f"PostgreSQL {OLDEST_POSTGRESQL} or newer with TimescaleDB is missing, and this is not Debian 12 or 13;"
            f" install both with this system's packages, {WITHOUT_PACKAGES}"
        )
    if release == "13" or not any(server.major == 15 for server in known) or not timescaledb.can_build():
        install("PostgreSQL with TimescaleDB", _POSTGRESQL[release], report)
    if release == "12":
        _build(next(server for server in servers() if server.major == 15), report)
    if (found := installed_postgres()) is None:
        raise MissingPackageError(
            "the packages are installed, but no PostgreSQL server with TimescaleDB was found"
        )
    return found


def _build(server: PostgresServer, report: Report) -> None:
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    with held_lock(cache / "build.lock", wait=True):
        if built_for([server]) is None:
            report(
                f"Building TimescaleDB {timescaledb.VERSION} for PostgreSQL {server.version}, once (about 15 s)"
            )
            timescaledb.build(server.programs, private_prefix(server), cache)


def _has_japanese_font() -> bool:
    lister = program("fc-list")
    if lister is None:
        return False
    return bool(subprocess.run([lister, ":lang=ja"], capture_output=True, check=False).stdout.strip())


def main() -> None:
    """Install what the demo and the tests need, and say what is there."""
    print(version_line(mosquitto(print)))
    print(postgres(print).label)
    if "--tests" in sys.argv:
        needed = (
            browser,
            pooler,
            backup_program,
            rule_checker,
            route_checker,
            web_server,
            web_proxy,
            unit_checker,
        )
        for found in (one(print) for one in needed):
            print(version_line(found))


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
