"""The live board: fresh without reloading, still while somebody is at work in it, honest when the line is cut."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from api.views import stream
from core.domain.alert import Severity
from core.store.database import Database
from tests.browser.conftest import Opener, Site
from tests.browser.four_weeks import NOW
from tests.browser.raising import claim, raise_alert


@pytest.fixture
def brisk_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the site, which runs in this process, say more often how it goes."""
    monkeypatch.setattr(stream, "TICK_S", 0.5)


def _board(site: Site, open_page: Opener) -> Page:
    page = open_page(site, "/board", login="care")
    # The stream has said something, so nothing can be missed from here on.
    page.wait_for_function("() => document.body.dataset.stream === 'open'")
    page.mouse.move(5, 5)
    return page


def test_new_alert_appears_and_is_announced_without_reloading(own_site: Site, open_page: Opener) -> None:
    page = _board(own_site, open_page)
    number = raise_alert(own_site, 8)
    expect(page.locator(f"#row-{number}")).to_be_visible()
    expect(page.locator("#announce")).to_contain_text("中村 勇")
    expect(page.locator("[data-filter=p2] b")).to_have_text("4")


def test_emergency_is_announced_at_once(own_site: Site, open_page: Opener) -> None:
    page = _board(own_site, open_page)
    raise_alert(own_site, 8, Severity.EMERGENCY)
    expect(page.locator("#alarm-now")).to_contain_text("中村 勇")


def test_order_holds_still_under_the_focus_until_asked(own_site: Site, open_page: Opener) -> None:
    page = _board(own_site, open_page)
    page.locator(f"#row-{own_site.town.inactivity} .alert-row__name").focus()
    before = page.locator(".alert-row").evaluate_all("(rows) => rows.map((row) => row.id)")

    number = raise_alert(own_site, 8, Severity.EMERGENCY)
    expect(page.locator("#newcomers")).to_have_text("新着 1件を表示")
    assert page.locator(".alert-row").evaluate_all("(rows) => rows.map((row) => row.id)") == before

    # What people did shows at once, in its place, and the focus stays.
    claim(own_site, own_site.town.silent)
    expect(page.locator(f"#row-{own_site.town.silent}")).to_contain_text("佐藤 恵さんが対応中")
    assert page.evaluate("() => document.activeElement.className") == "alert-row__name"

    page.click("#newcomers")
    expect(page.locator(".alert-row").nth(1)).to_have_attribute("id", f"row-{number}")


def test_order_holds_still_under_the_pointer(own_site: Site, open_page: Opener) -> None:
    page = _board(own_site, open_page)
    page.hover(".alert-row >> nth=1")
    number = raise_alert(own_site, 8)
    expect(page.locator("#newcomers")).to_be_visible()
    page.mouse.move(5, 5)
    expect(page.locator(f"#row-{number}")).to_be_visible()


def test_alert_page_shows_what_somebody_else_did_and_keeps_what_was_typed(
    own_site: Site, open_page: Opener
) -> None:
    number = own_site.town.inactivity
    page = open_page(own_site, f"/alerts/{number}", login="admin")
    page.wait_for_function("() => document.body.dataset.stream === 'open'")
    page.locator("#note-box summary").click()
    page.fill("#note", "まだ書いています")
    claim(own_site, number)
    expect(page.locator("#handling-box")).to_contain_text("佐藤 恵さんが対応しています")
    expect(page.locator("#note")).to_have_value("まだ書いています")


def test_cut_line_is_shown_across_the_page_within_half_a_minute(own_site: Site, open_page: Opener) -> None:
    page = _board(own_site, open_page)
    page.clock.install()
    page.reload()
    page.wait_for_function("() => document.body.dataset.stream === 'open'")
    expect(page.locator("#stream-late")).to_be_hidden()
    page.context.set_offline(True)
    page.clock.fast_forward(31_000)
    expect(page.locator("#stream-late")).to_be_visible()


@pytest.mark.usefixtures("brisk_ticks")
def test_a_page_that_is_open_says_when_nobody_evaluates_any_more_and_when_somebody_does_again(
    own_site: Site, open_page: Opener
) -> None:
    page = _board(own_site, open_page)
    expect(page.locator("#blind")).to_be_hidden()
    expect(page.locator("#groups")).to_contain_text("いつも通り")

    _evaluated_until(own_site, NOW - timedelta(minutes=5))
    expect(page.locator("#blind")).to_be_visible()
    as_usual = page.locator("#groups details", has_text="いつも通り")
    expect(as_usual).to_contain_text("0人")

    _evaluated_until(own_site, NOW + timedelta(days=1))
    expect(page.locator("#blind")).to_be_hidden()


def _evaluated_until(site: Site, moment: datetime) -> None:
    with Database(site.database_url, size=1) as database, database.transaction() as connection:
        connection.execute(
            "UPDATE evaluation SET evaluated_through = %s WHERE resident_id IS NULL", (moment,)
        )


def test_before_the_session_ends_one_press_extends_it_without_leaving_the_page(
    own_site: Site, open_page: Opener
) -> None:
    page = open_page(own_site, f"/alerts/{own_site.town.inactivity}", login="care")
    page.locator("#note-box summary").click()
    page.fill("#note", "まだ書いています")
    with Database(own_site.database_url, size=1) as database, database.transaction() as connection:
        connection.execute("UPDATE user_session SET expires_at = now() + interval '4 minutes'")

    expect(page.locator("#session-ending")).to_contain_text("あと4分")
    page.get_by_role("button", name="ログインを続ける").click()
    expect(page.locator("#session-ending")).to_be_hidden()
    expect(page.locator("#note")).to_have_value("まだ書いています")
    with Database(own_site.database_url, size=1) as database, database.transaction() as connection:
        row = connection.execute(
            "SELECT min(expires_at) > now() + interval '1 hour' FROM user_session"
        ).fetchone()
    assert row == (True,)


def test_filter_search_and_keys_work_inside_the_list(site: Site, open_page: Opener) -> None:
    page = open_page(site, "/board", login="care")
    # With the emergency, which nothing hides.
    page.fill("#search", "加藤")
    expect(page.locator(".alert-row:visible")).to_have_count(2)
    page.fill("#search", "")
    page.click("[data-filter=p2]")
    expect(page.locator(".alert-row:visible")).to_have_count(4)

    page.locator(".alert-row:visible .alert-row__name").first.focus()
    first = page.evaluate("() => document.activeElement.textContent")
    page.keyboard.press("j")
    assert page.evaluate("() => document.activeElement.textContent") != first
    page.keyboard.press("k")
    assert page.evaluate("() => document.activeElement.textContent") == first

    # Turned off, the keys do nothing.
    page.click("#keys-help summary")
    page.uncheck("#keys-on")
    page.locator(".alert-row:visible .alert-row__name").first.focus()
    page.keyboard.press("j")
    assert page.evaluate("() => document.activeElement.textContent") == first


def test_many_tabs_share_one_stream_and_another_takes_over(own_site: Site, open_page: Opener) -> None:
    first = _board(own_site, open_page)
    tabs = [first.context.new_page() for _ in range(8)]
    for tab in tabs:
        # With a stream each, the seventh would not even load.
        tab.goto(f"{own_site.address}/board")
    number = raise_alert(own_site, 8)
    expect(tabs[-1].locator(f"#row-{number}")).to_be_visible()

    # The tab with the stream goes; the others stay fresh.
    first.close()
    number = raise_alert(own_site, 11)
    for tab in (tabs[0], tabs[-1]):
        expect(tab.locator(f"#row-{number}")).to_be_visible()
