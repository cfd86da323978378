"""The headers of every answer: what a browser may load, and that nothing personal is kept in a cache."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
_EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Same-origin, not none: with none, browsers send "Origin: null" with forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
_STATIC = "/static/"


class HeadersMiddleware:
    """Adds the headers that every answer carries.

    Parameters
    ----------
    app : ASGIApp
        What comes next.
    is_https : bool
        Families reach us over https, and shall never do otherwise.
    tiles : str
        The only other site from which pages may load anything, and only pictures: that of the map tiles, if there is one.
    """

    def __init__(self, app: ASGIApp, is_https: bool, tiles: str = "") -> None:
        self._app = app
        self._is_https = is_https
        images = f"img-src 'self' data: {tiles}".strip()
        self._headers = {"Content-Security-Policy": "; ".join((*_POLICY, images)), **_EVERY_ANSWER}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_static = scope["path"].startswith(_STATIC)

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if self._is_https:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
                headers.setdefault("Cache-Control", "no-cache" if is_static else "no-store")
            await send(message)

        await self._app(scope, receive, complete)
