"""`python -m api`: serve the interface and the pages."""

import signal
import socket
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from api.app import create_app
from api.views.stream import ChangeFeed
from core.errors import SettingsError, StoreUnavailableError
from core.logs import get_logger, set_up_logs
from core.monitoring.process_port import serve_metrics
from core.process import exit_code_of
from core.settings import Settings, load_settings
from core.store.database import Database
from core.store.readiness import prove_ready

_log = get_logger(__name__)
_GRACE_S = 5
_BACKLOG = 2048
_RETRY_S = 1.0


class _Server(uvicorn.Server):
    """Ends the live streams as soon as it is asked to stop, for it would wait for them."""

    def __init__(self, config: uvicorn.Config, change_feed: ChangeFeed, address: str) -> None:
        super().__init__(config)
        self._change_feed = change_feed
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            _log.info("ready", address=self._address)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Stop on the usual signals and then go on to a clean exit, in place of dying of the signal after all."""
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the streams, then stop."""
        self._change_feed.end_streams()
        super().handle_exit(sig, frame)


def main() -> int:
    """Serve until asked to stop; return the exit code."""
    return exit_code_of(_run)


def _run() -> int:
    settings = load_settings()
    set_up_logs("api", settings.log_level, settings.log_format)
    return serve(settings)


def serve(settings: Settings) -> int:
    """Serve with these settings until asked to stop; return the exit code.

    Raises
    ------
    SettingsError
        The port is taken or may not be used.
    StoreUnavailableError
        The database cannot be reached.
    """
    with listening_socket(settings.api_host, settings.api_port) as listening:
        port = listening.getsockname()[1]
        app = create_app(settings)
        # The pool would otherwise report a missing database from inside the server's start, as a traceback.
        app.state.database.open()
        _wait_until_ready(app.state.database)
        serve_metrics(settings, "api", app.state.figures.samples, app.state.figures.health)
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=_GRACE_S,
        )
        server = _Server(config, app.state.change_feed, f"http://{_host(settings.api_host)}:{port}")
        server.run([listening])
        return 0 if server.started else 1


def _wait_until_ready(database: Database) -> None:
    """Wait while the database has yet to be migrated; what cannot become right by waiting ends the start."""
    last = ""
    while True:
        try:
            prove_ready(database)
        except StoreUnavailableError as error:
            if str(error) != last:
                last = str(error)
                _log.warning("store_unavailable", error=last)
            time.sleep(_RETRY_S)
        else:
            return


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes any free one.

    Raises
    ------
    SettingsError
        The port is taken or may not be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends small answers at once (TCP_NODELAY); without it each takes 40 ms longer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"cannot serve on {host} port {port}: {error.strerror}; stop what uses it, or set MIMAMORI_API_PORT"
        ) from error
    return listening


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    sys.exit(main())
