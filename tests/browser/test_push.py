"""Notifications while no page is open: the page that switches them on, and the worker that shows them, in a real browser."""

from typing import Any

from playwright.sync_api import expect
from pydantic import SecretStr

from core.credentials.push_key import public_key_of
from core.store.alerts import browser_notifications
from core.store.database import Database
from tests.browser import axe
from tests.browser.conftest import Opener, Site
from tests.support.push_stand_in import PushStandIn

# Chromium registers at its maker's service only; what it would give is put in place of that.
_SUBSCRIBE = """target => {
  Notification.requestPermission = async () => "granted";
  PushManager.prototype.subscribe = async (wanted) => {
    if (!wanted.userVisibleOnly || wanted.applicationServerKey.length !== 65) throw new TypeError("a browser refuses this");
    return { toJSON: () => ({ endpoint: target.endpoint, keys: { p256dh: target.p256dh, auth: target.auth } }) };
  };
}"""


def test_staff_switch_notifications_on_with_our_key_and_off_again(
    own_push_site: Site, open_page: Opener
) -> None:
    page = open_page(own_push_site, "/notifications", login="care")
    expect(page.locator("#push-state")).to_have_text("このブラウザーには まだ通知しません。")
    target = PushStandIn(port=1).target
    page.evaluate(
        _SUBSCRIBE, {"endpoint": "https://push.example/abc", "p256dh": target.p256dh, "auth": target.auth}
    )
    page.click("#push-on")
    page.wait_for_url("**/notifications?said=push_on")
    with Database(own_push_site.database_url, size=1) as database, database.transaction() as connection:
        (kept,) = browser_notifications.of_user(connection, 2)
    assert (kept.endpoint, kept.p256dh) == ("https://push.example/abc", target.p256dh)

    page.get_by_role("button", name="通知を止める").click()
    page.wait_for_url("**/notifications?said=push_off")
    with Database(own_push_site.database_url, size=1) as database, database.transaction() as connection:
        assert browser_notifications.of_user(connection, 2) == []


def test_the_worker_shows_what_arrives_although_its_page_is_closed(
    own_push_site: Site, open_page: Opener
) -> None:
    page = open_page(own_push_site, "/notifications", login="care", permissions=["notifications"])
    session: Any = page.context.new_cdp_session(page)
    found: list[dict[str, object]] = []

    def keep(event: dict[str, list[dict[str, object]]]) -> None:
        found.extend(event["registrations"])

    session.on("ServiceWorker.workerRegistrationUpdated", keep)
    session.send("ServiceWorker.enable")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    assert found, "the worker is registered"
    session.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": own_push_site.address,
            "registrationId": found[0]["registrationId"],
            "data": '{"title": "【緊急】確認してください", "body": "押す", "tag": "alert-7", "url": "/alerts/7"}',
        },
    )
    shown = page.evaluate(
        """async () => {
          const registration = await navigator.serviceWorker.ready;
          for (;;) {
            const [one] = await registration.getNotifications();
            if (one) return [one.title, one.tag, one.data.url];
            await new Promise((done) => setTimeout(done, 50));
          }
        }"""
    )
    assert shown == ["【緊急】確認してください", "alert-7", "/alerts/7"]


def test_the_page_is_accessible_with_a_key_too(own_push_site: Site, open_page: Opener) -> None:
    page = open_page(own_push_site, "/notifications", login="care", language="en")
    expect(page.locator("#push-on")).to_be_visible()
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert axe.serious_findings(page) == []
        assert axe.overflow(page) == 0
        assert axe.small_targets(page, 44) == []
    assert public_key_of(SecretStr(own_push_site.push_key)) == page.locator("#push-form").get_attribute(
        "data-key"
    )
