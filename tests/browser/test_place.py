"""Places: hidden until a reason is given, shown with a list beside the map, drawn without a pointer."""

import re
from datetime import timedelta

import psycopg
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.conftest import Opener, Site
from tests.browser.four_weeks import NOW


def test_precise_place_needs_a_reason_and_the_look_is_shown(own_site: Site, open_page: Opener) -> None:
    page = open_page(own_site, "/residents/3", login="care")
    expect(page.locator("#map")).to_have_count(0)
    assert "35.6" not in page.content()

    # "Other" alone is no reason.
    page.check("input[name=reason][value=other]")
    page.click(".gate button")
    expect(page.locator("#reveal-problem")).to_be_visible()

    page.check("input[name=reason][value=no_contact]")
    page.click(".gate button")
    expect(page.locator("#map .leaflet-interactive, #map path").first).to_be_visible()
    expect(page.locator("[data-fix]").first).to_have_attribute("aria-pressed", "true")
    expect(page.locator("main")).to_contain_text("連絡がつかない")


def test_trail_is_walked_by_list_and_slider(own_site: Site, open_page: Opener) -> None:
    page = open_page(own_site, "/residents/1", login="care")
    page.check("input[name=reason][value=late_home]")
    page.click(".gate button")

    # The last position is 55 minutes old: it is said to be old and never drawn as the present one.
    expect(page.locator("main")).to_contain_text("いまの場所ではありません")
    expect(page.locator(".map-label", has_text="分前")).to_be_visible()

    page.click("#map-before")
    expect(page.locator("[data-fix]").nth(1)).to_have_attribute("aria-pressed", "true")
    page.locator("#map-time").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-fix]").first).to_have_attribute("aria-pressed", "true")

    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert axe.serious_findings(page) == []
        assert axe.overflow(page) == 0


def test_geofence_is_drawn_with_the_keyboard_alone(own_site: Site, open_page: Opener) -> None:
    page = open_page(own_site, "/residents/2/zones", login="care")
    page.locator("#name").focus()
    page.keyboard.type("公園まで")
    page.locator("#lat").focus()
    page.keyboard.type("35.6300")
    page.keyboard.press("Tab")
    page.keyboard.type("139.7900")
    page.locator("#map").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#lat")).to_have_value("35.630090")
    page.locator("#zone-form .button--main").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".list")).to_contain_text("公園まで")
    expect(page.locator(".list")).to_contain_text("半径 500m")


def test_wrong_numbers_of_a_geofence_are_answered_at_their_fields(own_site: Site, open_page: Opener) -> None:
    page = open_page(own_site, "/residents/2/zones", login="care", java_script_enabled=False)
    page.fill("#name", "池")
    page.check("[name=kind][value=polygon]")
    page.fill("#corners", "35.63, 139.79\n35.64, 139.80\n35.63, 139.80\n35.64, 139.79")
    page.fill("#start", "25:00")
    page.click("#zone-form .button--main")
    expect(page.locator("#problem-corners")).to_be_visible()
    expect(page.locator("#problem-hours")).to_be_visible()
    expect(page.locator("#name")).to_have_value("池")


def test_who_looks_for_somebody_is_shown_how_far_and_sees_circles_once_they_hold_the_alert(
    own_site: Site, open_page: Opener
) -> None:
    console: list[str] = []
    path = f"/alerts/{own_site.town.geofence}"
    page = open_page(own_site, path, login="care", console=console)
    # Of the last minutes it is known where she is: that is where to go.
    expect(page.locator("main")).to_contain_text("前の位置が分かっています。まず、そこへ向かってください。")
    with psycopg.connect(own_site.database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM fix WHERE time > %s", (NOW - timedelta(minutes=20),))
    page.reload()
    # Distances show no place: they are said before the gate opens, and nothing is drawn.
    said = re.compile(r"約(\d+\.\d)km の中に半数、約(\d+\.\d)km の中に8割")
    expect(page.locator("main")).to_contain_text(said)
    expect(page.locator("#map")).to_have_count(0)
    assert "35.6" not in page.content()

    # Not the one in the band, which is another alert's.
    page.click(f"main form[action='{path}/claim'] button")
    expect(page.locator("#map path").first).to_be_visible()
    drawn = page.evaluate("JSON.parse(document.getElementById('map-data').textContent).search.circles")
    half_m, most_m = (one["radius_m"] for one in drawn)
    assert most_m - half_m == 3800
    expect(page.locator(".map-label", has_text=f"半数: {half_m / 1000:.1f}km")).to_be_visible()
    expect(page.locator("main")).to_contain_text(said)

    # The resident's page says and draws the same; cleared alerts bring no circles.
    page.goto(f"{own_site.address}/residents/3")
    expect(page.locator(".map-label", has_text="半数")).to_be_visible()
    assert console == []


def test_nobody_is_looked_for_whose_alert_is_about_something_else(own_site: Site, open_page: Opener) -> None:
    page = open_page(own_site, "/residents/1", login="care", language="en")
    expect(page.locator("#map-section")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Where to look")
