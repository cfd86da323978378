"""Refuses changes that another site's page asks for in the name of whoever is signed in."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.tokens import token_in
from api.http.errors import ErrorPage, Problem, answer

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# What providers report is signed, and no browser's.
_SIGNED = "/provider/"
_OWN_SITE = frozenset({"same-origin", "none"})


class CsrfMiddleware:
    """Lets a changing request through only if the browser says that it comes from this site.

    Browsers say so in `Sec-Fetch-Site`; older ones, and programs, in `Origin`. A request with neither is refused.

    Parameters
    ----------
    app : ASGIApp
        What comes next.
    base_url : str
        Our own address; behind a proxy that changes `Host` it is the only one that counts.
    error_page : callable
        Words the refusal for people.
    """

    def __init__(self, app: ASGIApp, base_url: str, error_page: ErrorPage) -> None:
        self._app = app
        self._base = _origin(base_url)
        self._error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        is_signed = scope["type"] == "http" and (scope["path"].startswith(_SIGNED) or _is_of_program(scope))
        if scope["type"] == "http" and scope["method"] not in _SAFE and not is_signed:
            headers = Headers(scope=scope)
            if not comes_from_here(headers, {self._base, f"{scope['scheme']}://{headers.get('host', '')}"}):
                request = Request(scope, receive)
                await answer(request, _refusal(headers), self._error_page)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_of_program(scope: Scope) -> bool:
    """Return whether a request bears a token, which no other site can make a browser send; its cookie is not looked at."""
    is_asked = scope["path"].startswith("/api/")
    return is_asked and token_in(Headers(scope=scope).get("authorization", "")) is not None


def comes_from_here(headers: Headers, own: set[str]) -> bool:
    """Return whether a changing request comes from one of our `own` origins."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in _OWN_SITE
    origin = headers.get("origin")
    return origin is not None and origin.lower() in {one.lower() for one in own}


def _refusal(headers: Headers) -> Problem:
    if "sec-fetch-site" in headers or "origin" in headers:
        return Problem(403, "cross_site", "another site asked for this change", "do it on our own pages")
    return Problem(
        403,
        "cross_site",
        "the request says neither Sec-Fetch-Site nor Origin",
        "programs send the header Origin with our own address",
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
