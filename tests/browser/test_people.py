"""A ward is run from the browser: somebody is registered, a contact added, a table imported, by the keyboard alone."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import axe
from tests.browser.conftest import Opener, Site

_TABLE = (
    "名前,よみがな,生年月日,住まい,町丁目,連絡先1名前,連絡先1メール\r\n"
    "山田 太一,やまだ たいち,昭和10年5月3日,五丁目 B-1,五丁目,山田 次郎,jiro@example.jp\r\n"
    "鈴木 一郎,すずき いちろう,S22.5.3,一丁目 A-102,一丁目,,\r\n"
)
_WRONG = _TABLE.replace("昭和10年", "昭和99年")


def _to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(80):
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way by keyboard to {selector}")


def _type(page: Page, selector: str, text: str) -> None:
    _to(page, selector)
    page.keyboard.insert_text(text)


@pytest.mark.parametrize(("language", "width"), [("ja", 1280), ("en", 320)])
def test_somebody_is_registered_with_a_contact_by_the_keyboard_alone(
    own_site: Site, open_page: Opener, language: str, width: int
) -> None:
    page = open_page(own_site, "/residents/new", login="care", language=language, width=width)
    _type(page, "#name", "佐々木 ミヨ")
    _type(page, "#kana", "ささき みよ")
    _type(page, "#phone", "０３－１２３４－０００１")
    _type(page, "#home", "五丁目 A-102")
    _type(page, "#area", "五丁目")
    page.keyboard.press("Enter")
    page.wait_for_url("**/record?said=resident_added")
    assert page.input_value("#phone") == "03-1234-0001"

    _to(page, "a[href$='/contacts/new']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/new")
    _type(page, "#name", "佐々木 明")
    _to(page, "#kind")
    page.keyboard.press("ArrowDown")
    _type(page, "#address", "akira@example.jp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/*?said=contact_added")
    assert "akira@example.jp" in page.inner_text("#channels >> xpath=..")
    assert axe.serious_findings(page) == []
    assert axe.overflow(page) == 0


@pytest.mark.parametrize(("language", "width"), [("ja", 1280), ("en", 320)])
def test_a_table_is_checked_corrected_and_imported(
    own_site: Site, open_page: Opener, tmp_path: Path, language: str, width: int
) -> None:
    page = open_page(own_site, "/import", login="care", language=language, width=width)
    file = tmp_path / "residents.csv"
    for text in (_WRONG, _TABLE):
        file.write_bytes(text.encode("cp932"))
        page.set_input_files("#file", str(file))
        _to(page, "form[enctype] button")
        page.keyboard.press("Enter")
        page.wait_for_selector("#problems" if text == _WRONG else "#preview")
        assert axe.serious_findings(page) == []
        assert axe.overflow(page) == 0
        assert axe.small_targets(page, 44) == []
    _to(page, "form[action^='/import/'] button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".banner--good")
    page.goto(own_site.address + "/residents")
    assert "山田 太一" in page.inner_text("main")
