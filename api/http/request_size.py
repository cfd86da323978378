"""Refuses requests that say themselves that they are too large, in the same form as every other refusal."""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.errors import TOO_LARGE, ErrorPage, answer
from core.formats.sheet_file import LARGEST_FILE

LARGEST_BODY = 64 * 1024
# A table of residents, with what a form adds around it.
LARGEST_TABLE = LARGEST_FILE + LARGEST_BODY
_TABLES = frozenset({"/import", "/api/v1/imports"})


class SizeMiddleware:
    """Looks at `Content-Length`; a request without it is cut off while it is read, by the framework's own limit.

    Parameters
    ----------
    app : ASGIApp
        What comes next.
    error_page : callable
        Words the refusal for people.
    """

    def __init__(self, app: ASGIApp, error_page: ErrorPage) -> None:
        self._app = app
        self._error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http":
            length = Headers(scope=scope).get("content-length", "0")
            if length.isascii() and length.isdigit() and int(length[:19]) > _largest(scope):
                request = Request(scope, receive)
                await answer(request, TOO_LARGE, self._error_page)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _largest(scope: Scope) -> int:
    return LARGEST_TABLE if scope.get("path") in _TABLES else LARGEST_BODY
