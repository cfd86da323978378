"""What people do, from end to end: with the keyboard alone, and without any script."""

import pytest
from playwright.sync_api import Page, expect

from core.store.alerts import alerts
from core.store.database import Database
from tests.browser.conftest import Opener, Site
from tests.support.wards.api_ward import PASSWORD


def _outcome(site: Site, number: int) -> tuple[str, str | None]:
    with Database(site.database_url, size=1) as database, database.transaction() as connection:
        alert = alerts.get(connection, number)
    return alert.handling.value, alert.outcome.value if alert.outcome else None


def _tab_to(page: Page, selector: str, most: int = 60) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_keyboard_alone_signs_in_claims_and_closes_an_alert(own_site: Site, open_page: Opener) -> None:
    page = open_page(own_site, "/login")

    # The first field has the focus already.
    page.keyboard.type("care")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/board")

    # The emergency is the first of the list; claiming leads to its page.
    _tab_to(page, ".alert-row .button--main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts/*?said=claimed")

    # Outcome by arrow keys, then the button behind the note.
    _tab_to(page, "input[name=outcome]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    _tab_to(page, "form[action$='/close'] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts/*?said=closed")
    assert _outcome(own_site, own_site.town.sos) == ("closed", "safe_after_help")


def test_without_scripts_staff_sign_in_claim_and_close(own_site: Site, open_page: Opener) -> None:
    page = open_page(own_site, "/alerts", java_script_enabled=False)

    # Sign-in leads back to the page that was asked for.
    page.fill("#login", "care")
    page.fill("#password", PASSWORD)
    page.click("form[action='/login'] button")
    expect(page).to_have_url(f"{own_site.address}/alerts")

    page.goto(f"{own_site.address}/board")
    number = own_site.town.inactivity
    page.click(f"#row-{number} .button--main")
    page.check("#outcome-other")
    page.click("form[action$='/close'] button")

    # "Other" needs a note; what was chosen is still there.
    expect(page.locator("#problem")).to_be_visible()
    expect(page.locator("#outcome-other")).to_be_checked()
    page.fill("#close-note", "娘さんの家にいました")
    page.click("form[action$='/close'] button")
    assert _outcome(own_site, number) == ("closed", "other")


def test_answer_link_changes_nothing_by_looking_and_claims_by_one_button(
    own_site: Site, open_page: Opener
) -> None:
    number = own_site.town.inactivity
    page = open_page(own_site, f"/a/{own_site.town.token}", width=390, java_script_enabled=False)
    for _ in range(3):
        page.reload()
    assert _outcome(own_site, number) == ("open", None)

    page.click("button[value=claim]")
    assert _outcome(own_site, number) == ("claimed", None)

    # Somebody else sees who is checking.
    other = open_page(own_site, f"/alerts/{number}", login="care", java_script_enabled=False)
    expect(other.locator("#handling-box")).to_contain_text("鈴木 明さんが対応しています")

    page.click("button[value=safe]")
    assert _outcome(own_site, number) == ("closed", "safe_contacted")


def test_family_claims_and_reports_from_the_phone(own_site: Site, open_page: Opener) -> None:
    page = open_page(own_site, "/family", login="family", width=390)
    page.click("form[action$='/claim'] button")
    expect(page.locator(".held")).to_contain_text("あなたが確認しています")
    page.click("form[action$='/close'] button")
    expect(page.get_by_role("status").first).to_contain_text("完了")
    assert _outcome(own_site, own_site.town.inactivity) == ("closed", "safe_contacted")


@pytest.mark.parametrize(("language", "other"), [("ja", "en"), ("en", "ja")])
def test_language_switch_is_remembered(own_site: Site, open_page: Opener, language: str, other: str) -> None:
    page = open_page(own_site, "/help", language=language)
    page.click(".languages button")
    expect(page.locator("html")).to_have_attribute("lang", other)
    page.goto(f"{own_site.address}/login")
    expect(page.locator("html")).to_have_attribute("lang", other)


def test_wrong_password_is_answered_in_words_and_keeps_the_login(site: Site, open_page: Opener) -> None:
    page = open_page(site, "/login")
    page.fill("#login", "nobody")
    page.fill("#password", "wrong")
    page.click("form[action='/login'] button")
    expect(page.locator("#sign-in-problem")).to_contain_text("ちがいます")
    expect(page.locator("#login")).to_have_value("nobody")
