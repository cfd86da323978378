"""The alarm follows the worker: an emergency is seen and rings on every page of the staff, under the browser's own rules for sound."""

import time
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.domain.alert import Severity
from tests.browser import axe
from tests.browser.conftest import Opener, Site
from tests.browser.raising import claim_all, raise_alert

# Counts the tones that a page really plays, in place of hearing them: those of a context that the browser lets run.
_COUNT_TONES = """
window.tones = 0;
const real = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
  if (this.context.state === "running") window.tones += 1;
  return real.apply(this, when);
};
"""
# An emergency has five tones.
_EMERGENCY = 5
_SOON_S = 2.0
# That every other page of the staff has the same band and script is tested without a browser.
_PAGES = ("/board?show=p3", "/residents/2", "/alerts/{inactivity}", "/no-such-page")


def _on_duty(site: Site, open_page: Opener, **options: object) -> Page:
    """Open the board, let somebody take what waits, and start the shift by its button."""
    claim_all(site)
    page = open_page(site, "/help", login="care", **options)
    page.context.add_init_script(_COUNT_TONES)
    page.goto(site.address + "/board")
    page.click("#sound-start")
    _sounds(page)
    return page


def _sounds(page: Page) -> None:
    expect(page.locator("#sound-state")).to_have_text("音 出ます")
    expect(page.locator("#sound-lost")).to_be_hidden()


def _listens(page: Page) -> None:
    page.wait_for_function("() => document.body.dataset.stream === 'open'")


def _tones(page: Page) -> int:
    found: int = page.evaluate("window.tones")
    return found


def _is_seen_and_rings(site: Site, page: Page, resident: int, *, rings: Page | None = None) -> None:
    """Raise an emergency and expect it on the page, in its title and icon, and in sound, within two seconds."""
    ringing = rings or page
    before = _tones(ringing)
    began = time.monotonic()
    number = raise_alert(site, resident, Severity.EMERGENCY, rule="sos")
    row = page.locator(f"#alarm [data-number='{number}']")
    row.wait_for(timeout=10_000)
    ringing.wait_for_function("least => window.tones >= least", arg=before + _EMERGENCY, timeout=10_000)
    took = time.monotonic() - began
    assert row.get_by_role("button").is_visible()
    assert page.title().startswith("(")
    assert "緊急" in page.title()
    assert (page.locator("link[rel=icon]").get_attribute("href") or "").startswith("data:image/svg+xml")
    assert took < _SOON_S, f"{took:.2f} s"


def test_sound_starts_by_a_button_only_and_can_be_muted_and_ended(site: Site, open_page: Opener) -> None:
    page = open_page(site, "/board", login="care")
    expect(page.locator("#sound-state")).to_have_text("音 出ません")
    expect(page.locator("#sound-lost")).to_be_hidden()
    page.click("#sound-start")
    _sounds(page)
    expect(page.locator("#screen-state")).to_have_text("画面 消えません")
    page.click("#sound-mute")
    expect(page.locator("#sound-state")).to_contain_text("あと")
    page.click("#sound-end")
    expect(page.locator("#sound-start")).to_be_visible()
    expect(page.locator("#screen-state")).to_be_hidden()


def test_an_emergency_is_seen_and_rings_on_every_page_of_the_staff(own_site: Site, open_page: Opener) -> None:
    page = _on_duty(own_site, open_page)
    for resident, path in enumerate(_PAGES, 2):
        # As by a link: what was started on the board goes on, with nothing pressed in between.
        page.evaluate("path => { location.href = path; }", path.format(**vars(own_site.town)))
        page.wait_for_url(lambda url, path=path: path.split("/")[1].split("?")[0] in url)
        _listens(page)
        _sounds(page)
        _is_seen_and_rings(own_site, page, resident)
        claim_all(own_site)
        expect(page.locator("#alarm")).to_be_hidden()
        expect(page).not_to_have_title("緊急")


def test_links_forms_and_the_reload_key_keep_the_sound(own_site: Site, open_page: Opener) -> None:
    page = _on_duty(own_site, open_page)
    page.click(".site-nav a[href='/residents']")
    _sounds(page)
    page.click(".site-nav a[href='/board']")
    _sounds(page)
    # A form that answers with another page.
    page.click(".languages button")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#sound-state")).to_have_text("Sound on")
    page.click(".languages button")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    _sounds(page)
    _listens(page)
    with page.expect_navigation():
        page.keyboard.press("F5")
    _listens(page)
    _sounds(page)
    _is_seen_and_rings(own_site, page, 8)


def test_after_the_browsers_own_reload_the_page_says_that_it_is_mute_and_any_key_mends_it(
    own_site: Site, open_page: Opener
) -> None:
    page = _on_duty(own_site, open_page)
    page.reload()
    expect(page.locator("#sound-lost")).to_be_visible()
    expect(page.locator("#sound-lost")).to_contain_text("音が出ません")
    expect(page.locator("#sound-state")).to_have_text("音 出ません")
    assert page.title().startswith("音 出ません")
    assert axe.serious_findings(page) == []

    page.keyboard.press("a")
    _sounds(page)
    _is_seen_and_rings(own_site, page, 8)


def test_another_tab_rings_for_a_page_that_may_not_and_takes_over_when_it_goes(
    own_site: Site, open_page: Opener
) -> None:
    board = _on_duty(own_site, open_page)
    second = _tab(board.context, own_site, "/residents")
    _listens(second)
    # The browser forbids a new tab to sound; the board does it for both, behind it.
    _sounds(second)
    _is_seen_and_rings(own_site, second, 8, rings=board)
    assert _tones(second) == 0
    claim_all(own_site)

    # Somebody presses something in the second tab, and the board is closed.
    second.keyboard.press("a")
    board.close()
    _sounds(second)
    _is_seen_and_rings(own_site, second, 9)

    # A tab that may not sound says so as soon as it is alone.
    third = _tab(second.context, own_site, "/alerts")
    _sounds(third)
    second.close()
    expect(third.locator("#sound-lost")).to_be_visible()


def _tab(context: BrowserContext, site: Site, path: str) -> Page:
    tab = context.new_page()
    tab.goto(site.address + path)
    tab.bring_to_front()
    return tab


def test_the_sound_of_an_emergency_repeats_until_somebody_takes_it_even_for_who_goes_from_page_to_page(
    own_site: Site, open_page: Opener
) -> None:
    page = _on_duty(own_site, open_page)
    _listens(page)
    page.clock.install()
    page.reload()
    page.keyboard.press("a")
    _listens(page)
    _sounds(page)
    _is_seen_and_rings(own_site, page, 8)
    after = _tones(page)
    page.clock.run_for(9_000)
    assert _tones(page) == after
    page.clock.run_for(2_000)
    assert _tones(page) == after + _EMERGENCY

    # Stopped for two minutes; what is new rings all the same.
    page.click("#sound-mute")
    page.clock.run_for(30_000)
    assert _tones(page) == after + _EMERGENCY
    _is_seen_and_rings(own_site, page, 9)
    claim_all(own_site)
    expect(page.locator("#alarm")).to_be_hidden()
    quiet = _tones(page)
    page.clock.run_for(200_000)
    assert _tones(page) == quiet


def test_a_further_call_rings_and_shows_although_somebody_has_taken_the_first(
    own_site: Site, open_page: Opener
) -> None:
    page = _on_duty(own_site, open_page)
    _listens(page)
    _is_seen_and_rings(own_site, page, 8)
    claim_all(own_site)
    expect(page.locator("#alarm")).to_be_hidden()
    before = _tones(page)
    raise_alert(own_site, 8, Severity.EMERGENCY, rule="sos", after=timedelta(seconds=1))
    expect(page.locator("#alarm")).to_contain_text("2回目")
    expect(page.locator("#alarm")).to_contain_text("佐藤 恵さんが対応中")
    page.wait_for_function("least => window.tones >= least", arg=before + _EMERGENCY)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_band_is_accessible_narrow_and_wide_and_its_button_takes_the_emergency(
    own_site: Site, open_page: Opener, language: str
) -> None:
    page = open_page(own_site, "/residents", login="care", language=language)
    row = page.locator(f"#alarm [data-number='{own_site.town.sos}']")
    expect(row).to_be_visible()
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert axe.serious_findings(page) == []
        assert axe.overflow(page) == 0
        assert axe.small_text(page) == []
        assert axe.small_targets(page, 44) == []
    row.get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/alerts/{own_site.town.sos}?said=claimed")
    expect(page.locator("#alarm")).to_be_hidden()


def test_on_a_telephone_an_emergency_covers_no_field_that_is_filled_in(
    own_site: Site, open_page: Opener
) -> None:
    claim_all(own_site)
    for resident in (1, 2, 3):
        raise_alert(own_site, resident, Severity.EMERGENCY, rule="sos")
    page = open_page(own_site, "/residents/2/contacts/new", login="care", width=390)
    bar = page.locator("#alarm-bar")
    expect(bar).to_contain_text("緊急 ")
    covered: list[str] = []
    for height in (844, 420):
        page.set_viewport_size({"width": 390, "height": height})
        page.evaluate("() => scrollTo(0, 0)")
        for field in page.locator("main").locator("input:not([type=hidden]), select, textarea, button").all():
            field.focus()
            if not field.evaluate(_IS_IN_SIGHT):
                covered.append(f"{field.get_attribute('id') or field.inner_text()} at {height} px")
        # One line says on the whole way down that somebody waits.
        for down in (0, 200, 10_000):
            page.evaluate("y => scrollTo(0, y)", down)
            assert bar.evaluate(_IS_IN_SIGHT)
    assert covered == []


_IS_IN_SIGHT = """one => {
  const { left, right, top, bottom } = one.getBoundingClientRect();
  return [top + 2, bottom - 2].every((y) => {
    const there = document.elementFromPoint((left + right) / 2, y);
    return there && (one.contains(there) || there.contains(one));
  });
}"""
