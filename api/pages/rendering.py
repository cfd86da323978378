"""Makes HTML pages: one environment, one language per request, and what every page shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.access.viewer import Viewer
from api.locale import Words, words_of
from api.views.status import silent_after
from api.wording.times import LocalTimes
from core.clock import Clock
from core.domain.people import Language, Role
from core.settings import Settings

_FOLDER = Path(__file__).resolve().parent.parent
LANGUAGE_COOKIE = "mimamori_language"
LIVE_ADDRESS = "/api/v1/live"


@dataclass(frozen=True)
class NavItem:
    """One link of the main navigation."""

    address: str
    name: str
    is_current: bool


_STAFF_NAV = (
    ("/board", "nav.board"),
    ("/residents", "nav.residents"),
    ("/alerts", "nav.alerts"),
    ("/devices", "nav.devices"),
    ("/offices", "nav.offices"),
)
# Only where people are made up.
_SIMULATION = "/sim"
_STATISTICS = "/statistics"
_DEVICES = "/devices"
_NAV = {
    Role.ADMIN: (
        *_STAFF_NAV,
        ("/admin/users", "nav.users"),
        (_STATISTICS, "nav.statistics"),
        (_SIMULATION, "sim.nav"),
    ),
    Role.CARE: _STAFF_NAV,
    Role.FAMILY: (("/family", "nav.family"), ("/alerts", "nav.alerts")),
    Role.TECHNICIAN: ((_DEVICES, "nav.devices"),),
    Role.OFFICIAL: ((_STATISTICS, "nav.statistics"),),
    Role.TESTER: ((_SIMULATION, "sim.nav"),),
}
# Where each begins; the others on the board.
_HOME = {
    Role.FAMILY: "/family",
    Role.TECHNICIAN: _DEVICES,
    Role.OFFICIAL: _STATISTICS,
    Role.TESTER: _SIMULATION,
}


class HtmlPage:
    """What one request's page is made with: its language, its clock and who looks."""

    def __init__(
        self,
        request: Request,
        viewer: Viewer | None,
        zone: ZoneInfo | None = None,
        language: Language | None = None,
    ) -> None:
        self.request = request
        self.viewer = viewer
        self.language = chosen_language(request) or language or preferred_language(request, viewer)
        self.words: Words = words_of(self.language)
        self._settings: Settings = request.app.state.settings
        self._clock: Clock = request.app.state.clock
        self.now = self._clock.now()
        self.clock_factor = self._clock.factor
        self.known_since = self.now - silent_after(self.clock_factor)
        self.times = LocalTimes(self.now, zone or ZoneInfo(self._settings.time_zone), self.words)

    def render(
        self, template: str, context: Mapping[str, object] | None = None, *, status: int = 200, said: str = ""
    ) -> HTMLResponse:
        """Return the page; `said` is a message shown once on top, as after a form was sent."""
        said = said or self._said()
        body = (
            _environment()
            .get_template(template)
            .render(self._common() | {"said": said} | dict(context or {}))
        )
        return HTMLResponse(body, status)

    def in_zone(self, zone: ZoneInfo) -> "HtmlPage":
        """Return this page on another home's clock."""
        return HtmlPage(self.request, self.viewer, zone)

    def _common(self) -> dict[str, object]:
        path = self.request.url.path
        role = self.viewer.role if self.viewer else None
        return {
            "t": self.words,
            "m": self.times,
            "lang": self.language.value,
            "static": static_address,
            "user": self.viewer.user if self.viewer else None,
            "is_staff": bool(self.viewer and self.viewer.is_staff),
            "is_admin": role is Role.ADMIN,
            "is_fitter": role in {Role.ADMIN, Role.TECHNICIAN},
            "nav": _nav(role, path, is_real=self._settings.environment == "production"),
            "here": path if self.request.method in {"GET", "HEAD"} else "/",
            "home_address": home_address(role),
            "live": role is None or role.watches,
            "live_address": LIVE_ADDRESS,
            "clock_factor": self.clock_factor,
            "ward_name": self._settings.ward_name,
            "centre_phone": self._settings.centre_phone,
        }

    def _said(self) -> str:
        name = "said." + self.request.query_params.get("said", "")
        return self.words(name) if self.words.has(name) else ""


def home_address(role: Role | None) -> str:
    """Return the page a user starts on."""
    if role is None:
        return "/login"
    return _HOME.get(role, "/board")


def chosen_language(request: Request) -> Language | None:
    """Return the language chosen in this browser, if one was."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return Language(chosen) if chosen in set(Language) else None


def preferred_language(request: Request, viewer: Viewer | None) -> Language:
    """Return the user's own language, else what the browser prefers."""
    if viewer is not None:
        return viewer.user.language
    preferred = request.headers.get("accept-language", "").lower()
    return Language.EN if preferred.startswith("en") else Language.JA


def static_address(name: str) -> str:
    """Return the address of a static file; browsers ask each time whether it changed."""
    return f"/static/{name}"


def _nav(role: Role | None, path: str, *, is_real: bool) -> list[NavItem]:
    if role is None:
        return []
    return [
        NavItem(address, name, path == address or path.startswith(address + "/"))
        for address, name in _NAV[role]
        if not (is_real and address == _SIMULATION)
    ]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
