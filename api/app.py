"""The web application: the JSON interface, the pages and the live stream over one database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from api import pages
from api.actions.answer_links import AnswerLimits
from api.actions.device_credentials import wrong_code_limit
from api.http import errors
from api.http.counting import CountingMiddleware
from api.http.csrf import CsrfMiddleware
from api.http.headers import HeadersMiddleware
from api.http.permissions import refuse_undeclared
from api.http.request_size import LARGEST_BODY, SizeMiddleware
from api.locale import words_of
from api.routes import DESCRIPTION, TAGS, health, provider_reports, v1
from api.views.outside_watch import OutsideWatch
from api.views.service_figures import ServiceFigures
from api.views.stream import ChangeFeed
from core.clock import Clock, SystemClock
from core.credentials.breached_passwords import BreachedPasswords
from core.domain.people import Language
from core.monitoring.tally import Tally
from core.settings import Settings
from core.store.database import Database
from core.store.ledger.web_login import WEB_APPLICATION

# Of the JSON interface; it changes when clients have to.
INTERFACE_VERSION = "1.0"
_STATIC = Path(__file__).parent / "static"


def _all_routes() -> APIRouter:
    routes = APIRouter(max_body_size=LARGEST_BODY)
    for part in (health, v1, provider_reports, pages):
        routes.include_router(part.router)
    refuse_undeclared(routes.routes)
    return routes


# Read from their handlers once for all applications of a process: it takes longer than everything else of a start.
_ROUTES = _all_routes()


class _App(FastAPI):
    """Puts our headers and refusals around everything, also around the framework's own last answers."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the framework's stack with ours around it."""
        settings: Settings = self.state.settings
        is_https = urlsplit(settings.base_url).scheme == "https"
        sized = SizeMiddleware(super().build_middleware_stack(), pages.error_page)
        tiles = urlsplit(settings.map_tiles)
        headed = HeadersMiddleware(
            sized, is_https, f"{tiles.scheme}://{tiles.netloc}" if tiles.netloc else ""
        )
        return CountingMiddleware(headed, self.state.tally)


def create_app(settings: Settings, clock: Clock | None = None, machine_clock: Clock | None = None) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    settings : Settings
        Where the database is, and how people reach us.
    clock : Clock, optional
        The service's clock; by default the one that the settings describe.
    machine_clock : Clock, optional
        The time in which people sign in; by default the machine's.

    Returns
    -------
    FastAPI
        Its `state` holds `database`, `settings`, `clock`, `machine_clock`, `change_feed`, `tally`, `figures`, `answer_limits`, `wrong_codes` and `breached_passwords`. The database is opened when it starts.
    """
    database = Database(
        settings.database_url.get_secret_value(),
        size=settings.database_pool_size,
        application=WEB_APPLICATION,
    )
    clock = clock or settings.make_clock()
    machine_clock = machine_clock or SystemClock()
    change_feed = ChangeFeed(database, clock, machine_clock)
    outside_watch = OutsideWatch(database, settings, clock)
    tally = Tally("api")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        await run_in_threadpool(database.open)
        change_feed.start()
        outside_watch.start()
        try:
            yield
        finally:
            await run_in_threadpool(outside_watch.stop)
            await run_in_threadpool(change_feed.stop)
            await run_in_threadpool(database.close)

    app = _App(
        title="Mimamori",
        summary="Watch-over service for elderly residents: who is as usual, who needs somebody, and who goes.",
        description=DESCRIPTION,
        routes=_ROUTES.routes,
        version=INTERFACE_VERSION,
        openapi_tags=TAGS,
        # The description is a route of our own, and the usual viewers load scripts from other sites.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # Spans may hold what people sent.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        max_body_size=LARGEST_BODY,
    )
    for language in Language:
        words_of(language)  # a text that is missing or wrong ends the start, not a page
    app.state.database = database
    app.state.settings = settings
    app.state.clock = clock
    app.state.machine_clock = machine_clock
    app.state.change_feed = change_feed
    app.state.tally = tally
    app.state.figures = ServiceFigures(database, settings, clock, change_feed, tally)
    app.state.answer_limits = AnswerLimits()
    app.state.wrong_codes = wrong_code_limit()
    app.state.breached_passwords = BreachedPasswords(settings.breached_passwords_file)

    errors.install(app, pages.error_page)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")

    app.add_middleware(CsrfMiddleware, base_url=settings.base_url, error_page=pages.error_page)
    return app
