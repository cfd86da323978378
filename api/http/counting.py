"""Counts the answers of this process, by what was asked for and how it went; nothing of who asked, or for whom."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.monitoring.tally import Tally

_KINDS = (
    ("/static/", "static"),
    ("/api/", "json"),
    ("/healthz", "monitor"),
    ("/readyz", "monitor"),
    ("/provider/", "provider"),
)
_FAILED = 500


class CountingMiddleware:
    """Counts every answer, also those of the layers inside that refuse.

    Parameters
    ----------
    app : ASGIApp
        What comes next.
    tally : Tally
        Takes the figures.
    """

    def __init__(self, app: ASGIApp, tally: Tally) -> None:
        self._app = app
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kind = kind_of(scope["path"])
        began = time.monotonic()
        status = _FAILED
        is_stream = False

        async def note(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = message["status"]
                is_stream = (b"content-type", b"text/event-stream") in {
                    (name.lower(), value.partition(b";")[0]) for name, value in message["headers"]
                }
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            self._tally.add("api_requests", kind, f"{status // 100}xx")
            if not is_stream:
                self._tally.add("api_request_seconds", kind, by=time.monotonic() - began)


def kind_of(path: str) -> str:
    """Return what a path asks for.

    Examples
    --------
    >>> kind_of("/api/v1/alerts"), kind_of("/residents/7"), kind_of("/readyz")
    ('json', 'page', 'monitor')
    """
    return next((kind for begin, kind in _KINDS if path.startswith(begin)), "page")
