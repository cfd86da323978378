"""Every page, both languages, narrow and wide: nothing serious for axe, nothing too small, nothing cut off.

The long form, with `LONG_FAULTS=1` in the environment, runs under `make test-faults`; the short one lets axe look at each language in one width.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import axe
from tests.browser.conftest import Opener, Site, opened
from tests.browser.four_weeks import NOW

_PAGES = {
    "sign-in": ("/login", None),
    "board": ("/board", "care"),
    "board, emergencies only": ("/board?show=p1", "care"),
    "notifications": ("/notifications", "care"),
    "residents": ("/residents", "care"),
    "resident": ("/residents/2", "care"),
    "register a resident": ("/residents/new", "care"),
    "record of a resident": ("/residents/2/record", "care"),
    "import": ("/import", "care"),
    "homes": ("/homes", "care"),
    "record of a home": ("/homes/2", "care"),
    "register a contact": ("/residents/2/contacts/new", "care"),
    "record of a contact": ("/contacts/2", "care"),
    "resident with a tracker": ("/residents/3?hours=48", "care"),
    "geofences": ("/residents/1/zones", "care"),
    "asked first": ("/residents/12/prompts", "care"),
    "question to a resident": ("/c/{prompt_token}", None),
    "quiet limits": ("/residents/12/quiet-limits", "care"),
    "absences": ("/residents/12/absences", "care"),
    "who is asked": ("/residents/12/escalation", "care"),
    "who is asked, for the family": ("/residents/2/escalation", "family"),
    "offices": ("/offices", "admin"),
    "office": ("/offices/1?severity=2&day=2026-08-09&clock=03:00", "care"),
    "tonight": ("/offices/1/tonight", "care"),
    "times nobody was watched": ("/offices/1/unwatched", "care"),
    "response times": ("/offices/1/response-times", "care"),
    "messages of an alert": ("/alerts/{inactivity}/deliveries", "care"),
    "webhook events": ("/webhook-events", "care"),
    "duty roster": ("/offices/1/duty", "care"),
    "try settings": ("/residents/2/backtests", "care"),
    "settings tried": ("/backtests/{tried}", "care"),
    "settings being tried": ("/backtests/{trying}", "care"),
    "alerts": ("/alerts", "care"),
    "open alert": ("/alerts/{inactivity}", "care"),
    "claimed alert": ("/alerts/{geofence}", "care"),
    "devices": ("/devices?show=silent", "care"),
    "devices that prove nothing": ("/devices?show=unproven", "care"),
    "device": ("/devices/motion-kitchen-11", "care"),
    "device for administrators": ("/devices/motion-kitchen-11", "admin"),
    "devices for technicians": ("/devices", "technician"),
    "device for technicians": ("/devices/motion-kitchen-11", "technician"),
    "walk test": (f"/devices/motion-kitchen-11/walk-test?began={int(NOW.timestamp())}", "technician"),
    "register a device": ("/register-device", "admin"),
    "place of a device": ("/devices/motion-kitchen-11/placement", "admin"),
    "connection of a device": ("/devices/motion-kitchen-11/connection", "admin"),
    "profiles": ("/profiles", "admin"),
    "profile tried": ("/profiles/trials/{profile_tried}", "admin"),
    "profile being tried": ("/profiles/trials/{profile_trying}", "admin"),
    "own sign-in": ("/account", "care"),
    "tokens of programs": ("/account/tokens", "admin"),
    "second factor": ("/account/second-factor", "care"),
    "proof of who asks": ("/proof", "admin"),
    "proposals": ("/proposals", "admin"),
    "ledger": ("/ledger", "admin"),
    "proposal": ("/proposals/1", "admin"),
    "family": ("/family", "family"),
    "resident for the family": ("/residents/2", "family"),
    "answer": ("/a/{token}", None),
    "ended answer": ("/a/nothing", None),
    "link of a contact": ("/c/{contact_token}", None),
    "test of a channel": ("/c/{test_token}", None),
    "own page of a contact": ("/c/{settings_token}/settings", None),
    "ended link of a contact": ("/c/nothing", None),
    "set up a device": ("/enrol#K7QM-2XNP-9RTA-4WHC", None),
    "users": ("/admin/users", "admin"),
    "record of an office": ("/offices/1/record", "admin"),
    "register an account": ("/accounts/new", "admin"),
    "record of an account": ("/accounts/1", "admin"),
    "choose a password": ("/invitation#K7QM-2XNP-9RTA-4WHC", None),
    "simulation": ("/sim", "admin"),
    "simulation for testers": ("/sim", "tester"),
    "figures": ("/statistics", "official"),
    "help": ("/help", None),
    "accessibility": ("/accessibility", "care"),
    "not found": ("/no-such-page", "care"),
    "forbidden": ("/admin/users", "care"),
}
_WIDE, _NARROW = 1280, 320
_LONG = bool(os.environ.get("LONG_FAULTS"))
# A page is the same in both languages but for its texts, whose room is measured at each width in each; every text stands in both
# (`tests/unit/api/test_locale.py`). Both widths show axe what only one of them has. The long form looks at all four.
_AXE_AT = {"ja": {_WIDE, _NARROW} if _LONG else {_NARROW}, "en": {_WIDE, _NARROW} if _LONG else {_WIDE}}
_PLAIN_ERRORS = ("404 (Not Found)", "403 (Forbidden)")


@dataclass
class _Looker:
    """One page for all that somebody looks at: each new one would start a process, and read styles, scripts and axe again."""

    page: Page
    address: str
    console: list[str]

    def open(self, path: str, language: str) -> Page:
        """Open a path in a language."""
        # From one with the same path it would only be scrolled to.
        if "#" in path:
            self.page.goto("about:blank")
        self.page.context.add_cookies([{"name": "mimamori_language", "value": language, "url": self.address}])
        self.page.set_viewport_size({"width": _WIDE, "height": 900})
        self.console.clear()
        self.page.goto(self.address + path)
        return self.page


@pytest.fixture(scope="module")
def looker(site: Site, browser: Browser) -> Iterator[Callable[[str | None], _Looker]]:
    """Give a function that returns the page of an account, or of nobody."""
    lookers: dict[str | None, _Looker] = {}

    def of(login: str | None) -> _Looker:
        if login not in lookers:
            console: list[str] = []
            lookers[login] = _Looker(
                opened(browser, site, "/help", login=login, console=console), site.address, console
            )
        return lookers[login]

    yield of
    for one in lookers.values():
        one.page.context.close()


@pytest.mark.faults
@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", _PAGES)
def test_page_is_accessible_narrow_and_wide(
    site: Site, looker: Callable[[str | None], _Looker], name: str, language: str
) -> None:
    path, login = _PAGES[name]
    looks = looker(login)
    page = looks.open(path.format(**vars(site.town)), language)
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => (one.open = true))")

    for width in (_WIDE, _NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        if width in _AXE_AT[language]:
            assert axe.serious_findings(page) == [], f"axe at {width} px"
        assert axe.overflow(page) == 0, f"the page is wider than {width} px"
        assert axe.small_text(page) == [], f"small text at {width} px"
        assert axe.small_targets(page, 44) == [], f"small targets at {width} px"
    # A telephone, on which two short fields stand beside each other.
    page.set_viewport_size({"width": 390, "height": 844})
    assert axe.overflow(page) == 0, "the page is wider than a telephone"
    assert page.locator("html").get_attribute("lang") == language
    # Scripts, styles and the content security policy agree.
    assert [line for line in looks.console if not line.endswith(_PLAIN_ERRORS)] == []


def test_text_of_double_size_still_fits(site: Site, open_page: Opener) -> None:
    page = open_page(site, "/board", login="care", width=640)
    page.evaluate("() => document.documentElement.style.fontSize = '200%'")
    assert axe.overflow(page) == 0


def test_marks_keep_their_shapes_in_forced_colours(site: Site, open_page: Opener) -> None:
    page = open_page(site, "/board", login="care", forced_colors="active", reduced_motion="reduce")
    assert axe.serious_findings(page) == []
    assert page.locator(".alert-row .mark svg").first.is_visible()


def test_focus_is_always_seen(site: Site, open_page: Opener) -> None:
    page = open_page(site, "/board", login="care")
    for _ in range(12):
        page.keyboard.press("Tab")
        width = page.evaluate("() => parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert width >= 4, page.evaluate("() => document.activeElement.outerHTML")
