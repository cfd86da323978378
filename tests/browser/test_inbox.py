"""The demo's inbox in a real browser: accessible, and it adds new messages without taking away what one reads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from deploy.inbox.mailbag import LetterText, Mailbag, PhoneKey, PhoneState
from deploy.inbox.web import web_server
from deploy.local.browser_assets import AXE
from tests.support.alerting import NOW

LINK = "http://127.0.0.1:8080/a/AbC_-123"
ASKS = f"【確認】お母さんの動きが見られません。\n\n返事をする: {LINK}"


@pytest.fixture
def bag(tmp_path: Path) -> Mailbag:
    return Mailbag(tmp_path / "inbox", lambda: NOW)


@pytest.fixture
def inbox(bag: Mailbag) -> Iterator[tuple[Mailbag, str]]:
    with web_server(bag, ZoneInfo("Asia/Tokyo"), 0) as port:
        yield bag, f"http://127.0.0.1:{port}"


def fill(bag: Mailbag) -> None:
    bag.put("mail", "taro@example.jp", LetterText("【確認】お母さんのことで確認のお願いがあります", ASKS))
    bag.put("webhook", "hanako", LetterText("News about Mum", "Taro is checking on Mum (9:42)."))
    bag.put(
        "line",
        "U1",
        LetterText("【緊急】至急の確認のお願いがあります", ASKS),
        presses=(PhoneKey("確認に行きます", "claim"),),
    )
    bag.put(
        "sms",
        "+819000000001",
        LetterText("【緊急】至急の確認のお願いがあります", LINK),
        state=PhoneState.ARRIVED,
    )
    keys = (PhoneKey("1", "1"), PhoneKey("2", "2"), PhoneKey("9", "9"), PhoneKey("", "hang_up"))
    bag.put(
        "voice",
        "+819000000001",
        LetterText("", "お母さんが呼んでいます。"),
        presses=keys,
        state=PhoneState.RINGING,
    )
    bag.put("voice", "+819000000002", LetterText("", "Mum is calling for help."), state=PhoneState.MISSED)


@pytest.mark.parametrize("is_filled", [False, True])
@pytest.mark.parametrize(("width", "language"), [(320, "ja"), (320, "en"), (1280, "ja"), (1280, "en")])
def test_the_inbox_is_accessible(
    browser: Browser, inbox: tuple[Mailbag, str], width: int, language: str, *, is_filled: bool
) -> None:
    bag, address = inbox
    page = browser.new_page(viewport={"width": width, "height": 900}, bypass_csp=True)
    if is_filled:
        fill(bag)
    page.goto(f"{address}/?lang={language}")
    if is_filled:
        bag.put(
            "mail",
            "taro@example.jp",
            LetterText("【お知らせ】お母さんのことでお知らせがあります", "無事でした。"),
        )
        expect(page.locator(".is-new")).to_have_count(1)

    page.add_script_tag(path=AXE)
    result: dict[str, Any] = page.evaluate("axe.run()")
    overflow = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.close()
    assert [(found["id"], found["impact"]) for found in result["violations"]] == []
    assert not overflow


def test_new_messages_arrive_while_somebody_reads(browser: Browser, inbox: tuple[Mailbag, str]) -> None:
    bag, address = inbox
    fill(bag)
    page = browser.new_page()
    page.goto(address)
    taro = page.locator(".phone", has_text="taro@example.jp")
    hanako = page.locator(".phone", has_text="hanako")
    taro.locator("summary").first.focus()

    bag.put("mail", "centre@example.jp", LetterText("【緊急】至急の確認のお願いがあります", ASKS))
    bag.put("webhook", "hanako", LetterText("Please check on Mum", ASKS))

    # The new words are at the top of their phone, a new phone has come, and the reader's place is kept.
    expect(page.locator(".phone")).to_have_count(6)
    expect(hanako.locator(".subject").first).to_have_text("Please check on Mum")
    expect(page.get_by_role("status")).to_have_text("hanako に届きました")
    expect(taro.locator("summary").first).to_be_focused()
    expect(hanako.get_by_role("link", name="返事のページを開く")).to_have_attribute("href", LINK)
    page.close()


def test_a_press_that_is_not_taken_is_said_and_what_changes_stays_in_its_place(
    browser: Browser, inbox: tuple[Mailbag, str]
) -> None:
    bag, address = inbox
    fill(bag)
    page = browser.new_page()
    page.goto(address)
    call = page.locator(".message.is-voice", has_text="着信中")
    call.get_by_role("button", name="キー 1").click()
    # Nobody plays the telephone provider here.
    expect(page.get_by_role("alert")).to_have_text(
        "押したことがサービスに届きませんでした。もう一度押してください。"
    )
    place = page.locator(".message").count()

    ringing = bag.in_state(PhoneState.RINGING)[0]
    bag.change(ringing, PhoneState.ENDED, "1")

    phone = page.locator(".phone", has_text="+819000000001")
    expect(phone.locator(".is-voice .state")).to_have_text("通話終了")
    expect(phone.locator(".pressed")).to_have_text("「1」を押しました")
    expect(phone.get_by_role("button")).to_have_count(0)
    expect(phone.locator(".is-voice details")).to_have_attribute("open", "")
    expect(page.locator(".message")).to_have_count(place)
    page.close()


def test_a_stopped_inbox_says_so(browser: Browser, bag: Mailbag) -> None:
    page = browser.new_page()
    with web_server(bag, ZoneInfo("Asia/Tokyo"), 0) as port:
        page.goto(f"http://127.0.0.1:{port}")

    expect(page.get_by_role("alert")).to_contain_text("受信箱が止まっています")
    page.close()
