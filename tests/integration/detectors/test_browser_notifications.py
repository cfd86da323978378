"""Web Push: an emergency that nobody has taken reaches the browsers of the staff who may see it, without a name in it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.credentials.push_key import new_push_key, public_key_of
from core.domain.alert import Severity
from core.store.alerts import browser_notifications
from detectors.alerting import planner
from detectors.alerting.providers.browser_sender import BrowserSender
from detectors.alerting.providers.web_push import PushAccount, WebPushProvider
from tests.support.push_stand_in import PushStandIn, push_stand_in
from tests.support.wards.api_ward import ApiWard, api_ward

_KEY = SecretStr(new_push_key())


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


@pytest.fixture
def service() -> Iterator[PushStandIn]:
    with push_stand_in(public_key_of(_KEY)) as running:
        yield running


def _subscribe(ward: ApiWard, service: PushStandIn, login: str) -> int:
    (user,) = ward.execute("SELECT user_id FROM user_account WHERE login = %s", login)[0]
    with ward.database.transaction() as connection:
        browser_notifications.subscribe(connection, user, service.target, ward.clock.now())
    return user


def _send_all(ward: ApiWard) -> int:
    planner.plan_all(ward.database, ward.clock.now())
    account = PushAccount(_KEY, "mailto:mimamori@example.jp")
    sender = BrowserSender(ward.database, ward.clock, WebPushProvider(account, allow_private_hosts=True))
    count = 0
    while sender.send_one():
        count += 1
    return count


def test_an_emergency_reaches_a_browser_encrypted_and_signed_and_says_no_name(
    ward: ApiWard, service: PushStandIn
) -> None:
    user = _subscribe(ward, service, "care_a")
    number = ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    _send_all(ward)
    assert service.mistakes == []
    assert service.shown == [
        {
            "title": "【緊急】確認してください",
            "body": "押すと、お知らせのページが開きます。",
            "tag": f"alert-{number}",
            "url": f"/alerts/{number}",
        }
    ]
    with ward.database.transaction() as connection:
        (browser,) = browser_notifications.of_user(connection, user)
    assert browser.accepted_at is not None
    assert _send_all(ward) == 0


@pytest.mark.parametrize("login", ["care_b", "family_a"])
def test_nobody_is_notified_of_an_alert_that_they_may_not_see(
    ward: ApiWard, service: PushStandIn, login: str
) -> None:
    _subscribe(ward, service, login)
    ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    assert _send_all(ward) == 0


def test_less_than_an_emergency_and_what_somebody_took_meanwhile_are_not_sent(
    ward: ApiWard, service: PushStandIn
) -> None:
    _subscribe(ward, service, "care_a")
    ward.open_alert(severity=Severity.CHECK_SOON)
    assert _send_all(ward) == 0
    number = ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    planner.plan_all(ward.database, ward.clock.now())
    ward.client("care_a").post(f"/alerts/{number}/claim")
    _send_all(ward)
    assert service.shown == []


def test_a_service_that_is_busy_is_tried_again_and_a_browser_that_is_gone_is_not(
    ward: ApiWard, service: PushStandIn
) -> None:
    user = _subscribe(ward, service, "care_a")
    ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    service.status = 500
    assert _send_all(ward) == 1
    assert _send_all(ward) == 0
    service.status = 410
    ward.clock.advance(seconds=5)
    assert _send_all(ward) == 1
    ward.clock.advance(hours=1)
    assert _send_all(ward) == 0
    with ward.database.transaction() as connection:
        (browser,) = browser_notifications.of_user(connection, user)
    assert browser.dead_at is not None


def test_whoever_was_killed_with_a_notification_leaves_it_to_another(
    ward: ApiWard, service: PushStandIn
) -> None:
    _subscribe(ward, service, "care_a")
    ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    planner.plan_all(ward.database, ward.clock.now())
    with ward.database.transaction() as connection:
        now = ward.clock.now()
        assert browser_notifications.lease(connection, now, now + timedelta(seconds=30)) is not None
    assert _send_all(ward) == 0
    ward.clock.advance(seconds=30)
    assert _send_all(ward) == 1
    assert len(service.shown) == 1
