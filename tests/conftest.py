"""Real parts for the tests: a private PostgreSQL with TimescaleDB, a private Mosquitto, and our own processes."""

import itertools
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from playwright.sync_api import Browser, expect, sync_playwright

from core.store.database import Database
from core.store.ledger import web_login
from core.store.migrate import migrate
from deploy.local import required_programs
from deploy.local.mosquitto import Broker
from deploy.local.postgres_cluster import Cluster
from deploy.local.postgres_server import installed_postgres
from deploy.local.programs import version_line
from tests.support.command_line import CommandLine
from tests.support.services.folders import service_folder
from tests.support.services.processes import Processes
from tests.support.services.quick_cluster import QuickCluster
from tests.support.services.web_login import WEB_LOGIN

_TEMPLATE = "template_mimamori"
_TIMEOUT_MS = 20_000
_counter = itertools.count(1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that were given more time than others, so that all processes finish together."""
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


def pytest_report_header() -> list[str]:
    """Say which real parts the tests will meet."""
    server = installed_postgres()
    programs = [required_programs.installed_mosquitto(), required_programs.installed_browser()]
    versions = [version_line(path) for path in programs if path]
    return [
        f"services: {', '.join([server.label if server else 'PostgreSQL with TimescaleDB to be installed', *versions])}"
    ]


@pytest.fixture(autouse=True)
def _log_set_up_restored() -> Iterator[None]:
    """Undo what a command run inside the test process set up: the next test reads logs as if it were alone."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    if structlog.get_config() != before:
        structlog.reset_defaults()
    root.handlers, root.level = handlers, level


@pytest.fixture(scope="session")
def _services_folder() -> Iterator[Path]:
    with service_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def cluster(_services_folder: Path) -> Iterator[Cluster]:
    """Give the session's PostgreSQL cluster, with the migrated template database."""
    running = QuickCluster(_services_folder / "postgresql", required_programs.postgres(print), for_tests=True)
    running.start()
    try:
        running.create_database(_TEMPLATE)
        migrate(running.url(_TEMPLATE))
        with Database(running.url(_TEMPLATE), size=1) as made, made.transaction() as connection:
            web_login.set_up(connection, WEB_LOGIN, WEB_LOGIN)
        yield running
    finally:
        running.stop()


@pytest.fixture
def database_url(cluster: Cluster) -> Iterator[str]:
    """Give the URL of a fresh, migrated database of the test's own."""
    name = f"test_{next(_counter)}"
    cluster.create_database(name, _TEMPLATE)
    try:
        yield cluster.url(name)
    finally:
        cluster.drop_database(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give that database, opened."""
    with Database(database_url) as opened:
        yield opened


@pytest.fixture
def empty_database_url(cluster: Cluster) -> Iterator[str]:
    """Give the URL of a fresh database without any schema, for tests of migrations."""
    name = f"empty_{next(_counter)}"
    cluster.create_database(name)
    try:
        yield cluster.url(name)
    finally:
        cluster.drop_database(name)


@pytest.fixture
def broker(_services_folder: Path) -> Iterator[Broker]:
    """Give a Mosquitto of the test's own, without sessions or retained messages of others.

    `broker.host`, `broker.port` and `broker.password("ingest" | "simulator" | <device>)` are what a client needs;
    `broker.stop()`, `broker.kill()` and `broker.start(broker.port)` are for tests of faults.
    """
    running = Broker(_services_folder / f"broker-{next(_counter)}", required_programs.mosquitto(print))
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give a Chromium without a window."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "Chromium is not installed; run `apt-get install chromium fonts-noto-cjk`"
    # Chromium refuses its sandbox under root, as in a container.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    # Long, since the machine may be busy; what comes sooner is not waited for.
    expect.set_options(timeout=_TIMEOUT_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=arguments)
        yield running
        running.close()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Give a starter of our own processes, which stops them after the test."""
    starter = Processes(tmp_path)
    try:
        yield starter
    finally:
        starter.stop_all()


@pytest.fixture
def mimamori(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> CommandLine:
    """Give the command line, in an empty folder; set `mimamori.settings` and call it with the words of a command."""
    monkeypatch.chdir(tmp_path)
    return CommandLine(monkeypatch, capsys)
