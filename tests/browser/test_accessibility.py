"""Every page, both languages, narrow and wide: nothing serious for axe, nothing too small, nothing cut off."""

import pytest

from tests.browser import axe
from tests.browser.conftest import Opener, Site
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
_WIDTHS = (1280, 320)
_PLAIN_ERRORS = ("404 (Not Found)", "403 (Forbidden)")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", _PAGES)
def test_page_is_accessible_narrow_and_wide(site: Site, open_page: Opener, name: str, language: str) -> None:
    path, login = _PAGES[name]
    console: list[str] = []
    address = path.format(**vars(site.town))
    page = open_page(site, address, login=login, language=language, console=console)
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => (one.open = true))")

    for width in _WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert axe.serious_findings(page) == [], f"axe at {width} px"
        assert axe.overflow(page) == 0, f"the page is wider than {width} px"
        assert axe.small_text(page) == [], f"small text at {width} px"
        assert axe.small_targets(page, 44) == [], f"small targets at {width} px"
    # A telephone, on which two short fields stand beside each other.
    page.set_viewport_size({"width": 390, "height": 844})
    assert axe.overflow(page) == 0, "the page is wider than a telephone"
    assert page.locator("html").get_attribute("lang") == language
    # Scripts, styles and the content security policy agree.
    assert [line for line in console if not line.endswith(_PLAIN_ERRORS)] == []


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
