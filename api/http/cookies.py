"""The session cookie, and the address that a request came from."""

from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import Request, Response

from api.access import sessions
from api.access.viewer import Asker
from api.http.browsers import browser_words
from core.settings import Settings


def cookie_name(settings: Settings) -> str:
    """Return the session cookie's name; over https browsers hold `__Host-` to this one host."""
    return "__Host-mimamori" if _is_https(settings) else "mimamori_session"


def set_cookie(response: Response, settings: Settings, session: sessions.SignedIn) -> None:
    """Give the browser its session."""
    response.set_cookie(
        cookie_name(settings),
        session.token,
        max_age=int(sessions.LASTS[session.user.role].total_seconds()),
        path="/",
        secure=_is_https(settings),
        httponly=True,
        samesite="lax",
    )


def clear_cookie(response: Response, settings: Settings) -> None:
    """Take the session from the browser."""
    response.delete_cookie(
        cookie_name(settings), path="/", secure=_is_https(settings), httponly=True, samesite="lax"
    )


def token_of(request: Request) -> str | None:
    """Return the session token that a request carries."""
    return request.cookies.get(cookie_name(request.app.state.settings))


def set_awaited(response: Response, settings: Settings, token: str, lasts: timedelta) -> None:
    """Let the browser remember whose password was right, until the code comes."""
    response.set_cookie(
        _awaited_name(settings),
        token,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=_is_https(settings),
        httponly=True,
        samesite="lax",
    )


def clear_awaited(response: Response, settings: Settings) -> None:
    """Let the browser forget whose password was right."""
    response.delete_cookie(
        _awaited_name(settings), path="/", secure=_is_https(settings), httponly=True, samesite="lax"
    )


def awaited_token_of(request: Request) -> str | None:
    """Return the token of whose password was right."""
    return request.cookies.get(_awaited_name(request.app.state.settings))


def peer_of(request: Request) -> str:
    """Return the address a request came from."""
    return request.client.host if request.client is not None else ""


def asker_of(request: Request) -> Asker:
    """Return from where a request came, and from which browser."""
    return Asker(peer_of(request), browser_words(request.headers.get("user-agent", "")))


def _awaited_name(settings: Settings) -> str:
    return "__Host-mimamori-code" if _is_https(settings) else "mimamori_code"


def _is_https(settings: Settings) -> bool:
    return urlsplit(settings.base_url).scheme == "https"
