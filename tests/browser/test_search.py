"""Search and filter of the board: everybody is found, no emergency is hidden, and what is hidden is counted."""

import re

import pytest
from playwright.sync_api import expect

from core.domain.alert import Severity
from tests.browser import axe
from tests.browser.conftest import Opener, Site
from tests.browser.raising import raise_alert


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("中村勇", "中村 勇"),
        ("中村　勇", "中村 勇"),
        ("ナカムラ", "中村 勇"),
        ("なかむら いさむ", "中村 勇"),
        ("齋藤", "斎藤 清"),
        ("motion-kitchen-9", "小林 ヨシ"),
    ],
)
def test_the_search_finds_everybody_in_any_spelling(
    site: Site, open_page: Opener, typed: str, name: str
) -> None:
    page = open_page(site, "/board", login="care")
    page.fill("#search", typed)
    expect(page.locator("#found")).to_contain_text(name)
    assert "q=" not in page.url


def test_a_filter_or_search_that_was_left_on_never_hides_an_emergency_and_counts_the_rest(
    own_site: Site, open_page: Opener
) -> None:
    page = open_page(own_site, "/board?show=p3", login="care")
    page.wait_for_function("() => document.body.dataset.stream === 'open'")
    page.fill("#search", "松本")
    expect(page.locator("#hidden-note")).to_contain_text("当てはまるお知らせ")
    expect(page.locator("#hidden-note")).to_contain_text("5件を表示していません")
    expect(page.locator(f"#row-{own_site.town.sos}")).to_be_visible()

    number = raise_alert(own_site, 8, Severity.EMERGENCY)
    expect(page.locator(f"#row-{number}")).to_be_visible()
    other = raise_alert(own_site, 9, Severity.CHECK_SOON)
    expect(page.locator("#hidden-note")).to_contain_text("6件を表示していません")
    expect(page.locator(f"#row-{other}")).to_be_hidden()

    page.locator("#show-all").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#row-{other}")).to_be_visible()
    expect(page.locator("#hidden-note")).to_be_hidden()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_a_search_finds_is_accessible_narrow_and_wide(
    site: Site, open_page: Opener, language: str
) -> None:
    page = open_page(site, "/board?show=p3", login="care", language=language)
    for typed in ("kitchen", "nobody at all"):
        page.fill("#search", typed)
        expect(page.locator("#found h2")).to_be_visible()
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert axe.serious_findings(page) == []
            assert axe.overflow(page) == 0
            assert axe.small_targets(page, 44) == []


def test_an_alert_says_in_words_for_how_long_it_is_past_its_target_on_the_board_and_on_its_page(
    own_site: Site, open_page: Opener
) -> None:
    # It was raised twelve minutes before the site was made, whose time goes on; somebody should have taken it within ten.
    said = re.compile(r"^目標の時間を[2-4]分過ぎています$")
    number = own_site.town.inactivity
    page = open_page(own_site, "/board", login="care")
    expect(page.locator(f"#row-{number} .overdue")).to_have_text(said)
    expect(page.locator(f"#row-{own_site.town.geofence} .overdue")).to_have_count(0)
    page.goto(f"{own_site.address}/alerts/{number}")
    expect(page.locator("#handling-box .overdue")).to_have_text(said)
