"""A real application with a seeded ward behind a real Chromium, one of each for the whole session."""

import secrets
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from threading import Thread
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from api.access import sessions
from api.app import create_app
from core.clock import AcceleratedClock
from core.credentials.push_key import new_push_key
from core.settings import Settings
from core.store.database import Database
from core.store.people import users
from deploy.local import browser_assets
from deploy.local.ports import free_port
from deploy.local.postgres_cluster import Cluster
from tests.browser import town
from tests.browser.four_weeks import NOW
from tests.browser.town import Town
from tests.support.wait import wait_until

_TEMPLATE = "template_mimamori"
# Before it a page is still loading; nothing here takes a fraction of it.
_TIMEOUT_MS = 20_000


@dataclass(frozen=True)
class Site:
    """The running application: its address, its database, and what is in it."""

    address: str
    database_url: str
    town: Town
    push_key: str = ""
    is_shared: bool = False

    def to_change(self) -> Database:
        """Open its database for a change; refused where other tests look at the same one, in whatever order they run."""
        assert not self.is_shared, (
            "a site that tests only look at was about to be changed: ask for `own_site`"
        )
        return Database(self.database_url, size=1)

    def session(self, login: str) -> str:
        """Start a session as a sign-in does, without the slow check of the password, and return its token."""
        token = secrets.token_urlsafe(32)
        now = datetime.now(UTC)
        with Database(self.database_url, size=1) as database, database.transaction() as connection:
            user = users.by_login(connection, login)
            expires_at = now + sessions.LASTS[user.role]
            users.start_session(
                connection, sessions.token_hash(token), user.number, now, expires_at, proved_at=now
            )
        return token


@pytest.fixture(scope="session", autouse=True)
def _assets() -> None:
    browser_assets.build(print)


@pytest.fixture(scope="session")
def seeded(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Town]]:
    """Give the name of a database that holds the town, to be cloned, and the town."""
    cluster.create_database("browser_town", _TEMPLATE)
    made = town.build(cluster.url("browser_town"), tmp_path_factory.mktemp("town"))
    yield "browser_town", made
    cluster.drop_database("browser_town")


@pytest.fixture(scope="session")
def site(cluster: Cluster, seeded: tuple[str, Town]) -> Iterator[Site]:
    """Give a site that tests only look at."""
    with _running(cluster, "browser_shared", seeded) as running:
        yield replace(running, is_shared=True)


@pytest.fixture
def own_site(cluster: Cluster, seeded: tuple[str, Town]) -> Iterator[Site]:
    """Give a site of the test's own, to change."""
    with _running(cluster, f"browser_{secrets.token_hex(4)}", seeded) as running:
        yield running


@pytest.fixture
def own_push_site(cluster: Cluster, seeded: tuple[str, Town]) -> Iterator[Site]:
    """Give a site of the test's own that can notify browsers."""
    key = new_push_key()
    with _running(cluster, f"browser_{secrets.token_hex(4)}", seeded, key) as running:
        yield running


@contextmanager
def _running(cluster: Cluster, name: str, seeded: tuple[str, Town], push_key: str = "") -> Generator[Site]:
    cluster.create_database(name, seeded[0])
    address = f"http://127.0.0.1:{free_port()}"
    settings = Settings.model_validate(
        {
            "environment": "test",
            "database_url": cluster.url(name),
            "base_url": address,
            "centre_phone": "03-0000-0001",
            "push_key": push_key,
            "ward_name": "みなと見守り区",
        }
    )
    app = create_app(settings, AcceleratedClock(NOW, 1.0, time.time()))
    host, port = address.removeprefix("http://").split(":")
    config = uvicorn.Config(app, host=host, port=int(port), log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, name="site", daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, 20, "the site")
        yield Site(address, cluster.url(name), seeded[1], push_key)
    finally:
        # As `python -m api` does: streams end first, or the server would wait for them.
        app.state.change_feed.end_streams()
        server.should_exit = True
        thread.join(10)
        cluster.drop_database(name)


Opener = Callable[..., Page]


def opened(
    browser: Browser,
    site: Site,
    path: str,
    *,
    login: str | None = None,
    width: int = 1280,
    language: str = "ja",
    console: list[str] | None = None,
    **options: Any,
) -> Page:
    """Open a path of a site in a context of its own, which the caller closes; see `open_page`."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale=language, **options)
    context.add_cookies([{"name": "mimamori_language", "value": language, "url": site.address}])
    if login is not None:
        token = site.session(login)
        context.add_cookies([{"name": "mimamori_session", "value": token, "url": site.address}])
    context.set_default_timeout(_TIMEOUT_MS)
    page = context.new_page()
    if console is not None:
        page.on("console", lambda message: console.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: console.append(str(error)))
    page.goto(site.address + path)
    return page


@pytest.fixture
def open_page(browser: Browser) -> Generator[Opener]:
    """Give a function that opens a path of a site: `open_page(site, "/board", login="care", width=320, language="en")`.

    Errors of scripts and refusals of the content security policy are added to the list `console`, if one is given.
    """
    before = list(browser.contexts)
    yield partial(opened, browser)
    for context in browser.contexts:
        if context not in before:
            context.close()
