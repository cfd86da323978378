"""Somebody calls again while the first call is open: everybody reads of the new call, and the escalation begins anew."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.alert import EventKind, Handling, Outcome, Severity, Subject
from core.domain.people import Language
from core.store.alerts import alerts, episodes, handling, notifications
from core.store.database import Database
from core.texts.local_format import ordinal
from tests.support.alerting import finding, mail_sink, register
from tests.support.wards.notified_ward import FIRST_CALL, NotifiedWard

CARE, TARO_CONTACT = 2, 2
CALLS = ("sos", "fall", "smoke", "gas_leak", "carbon_monoxide", "water_leak")


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[NotifiedWard]:
    with Database(database_url, size=3) as database, mail_sink() as mail:
        register(database, tmp_path)
        yield NotifiedWard(database, mail)


def test_a_second_press_is_reported_as_the_second_and_not_as_the_first(ward: NotifiedWard) -> None:
    ward.call()
    ward.wait(minutes=55)

    ward.call()

    assert "SOSボタンをまた押しました(9:06・たった今、2回目。最初は8:11)" in ward.last("taro@example.jp")
    assert "pressed SOS again at 9:06 (just now; 2nd time, first at 8:11)" in ward.last("hanako@example.jp")
    # Who was reached by the first call's escalation is notified of the second at once.
    assert "9:06・たった今、2回目" in ward.last("centre@example.jp")


def test_a_press_three_days_later_is_not_reported_as_three_days_old(ward: NotifiedWard) -> None:
    number = ward.call()
    with ward.database.transaction() as connection:
        handling.claim(connection, number, user=CARE, now=ward.clock.now())
        connection.execute("UPDATE alert SET claim_expires_at = %s", (ward.clock.now() + timedelta(days=9),))
    ward.deliver()
    ward.clock.advance(days=3)

    ward.call()

    said = ward.last("taro@example.jp")
    assert "(8:11・たった今、2回目。最初は8/1(土) 8:11)" in said


def test_every_kind_of_call_is_reported_again_with_its_own_time(ward: NotifiedWard) -> None:
    def call() -> dict[str, int]:
        return {
            rule: ward.call(rule, Severity.CHECK_SOON if rule == "water_leak" else Severity.EMERGENCY)
            for rule in CALLS
        }

    numbers = call()
    for minutes in (55, 5):
        ward.clock.advance(minutes=minutes)
        assert call() == numbers

    for address, third in (("taro@example.jp", "3回目"), ("hanako@example.jp", "3rd time")):
        said = [message.get_content() for message in ward.mail.to(address)[-len(CALLS) :]]
        assert all("9:11" in one and third in one for one in said)
    for number in numbers.values():
        alert = ward.alert(number)
        with ward.database.transaction() as connection:
            began = [one.began_at for one in alerts.episodes(connection, number)]
        assert alert.began_at == FIRST_CALL + timedelta(minutes=60)
        assert (alert.occurrences, alert.first_began_at) == (3, FIRST_CALL)
        assert began == [FIRST_CALL + timedelta(minutes=one) for one in (60, 55, 0)]


def test_a_further_call_begins_the_escalation_anew(ward: NotifiedWard) -> None:
    number = ward.call()
    ward.wait(minutes=30)
    with ward.database.transaction() as connection:
        assert not [
            one for one in notifications.steps(connection, number) if one.is_escalation and one.is_ahead
        ]

    ward.call()

    with ward.database.transaction() as connection:
        ahead = [one for one in notifications.steps(connection, number) if one.is_escalation and one.is_ahead]
    assert [one.due_at - ward.clock.now() for one in ahead] == [timedelta(minutes=2)]


def test_a_press_while_somebody_is_on_the_way_is_reported_with_who_that_is(ward: NotifiedWard) -> None:
    number = ward.call()
    ward.wait(minutes=3)
    with ward.database.transaction() as connection:
        handling.claim(connection, number, contact=TARO_CONTACT, now=ward.clock.now())
    ward.wait(minutes=2)

    ward.call()

    # He holds it and must know too.
    assert "8:16・たった今、2回目" in ward.last("taro@example.jp")
    assert "佐藤 太郎 is checking now." in ward.last("hanako@example.jp")
    with ward.database.transaction() as connection:
        assert alerts.get(connection, number).handling is Handling.CLAIMED


def test_two_calls_that_wait_for_a_mail_server_arrive_as_one_message_about_the_latest(
    ward: NotifiedWard,
) -> None:
    ward.mail.refusal = "451 later"
    ward.call()
    ward.clock.advance(minutes=5)
    ward.call()
    ward.mail.refusal = None
    ward.wait(minutes=3)

    (only,) = ward.mail.to("taro@example.jp")
    assert "8:16" in only.get_content()
    assert "2回目" in only.get_content()


def test_a_call_after_the_first_was_closed_is_a_first_one_again(ward: NotifiedWard) -> None:
    number = ward.call()
    with ward.database.transaction() as connection:
        handling.close(connection, number, user=CARE, outcome=Outcome.SAFE_CONTACTED, now=ward.clock.now())
    ward.wait(minutes=55)

    assert ward.call() != number
    assert "SOSボタンを押しました(9:06・たった今)" in ward.last("taro@example.jp")


def test_smoke_after_mere_water_of_unregistered_devices_is_reported_with_its_own_time(
    ward: NotifiedWard,
) -> None:
    def report(metric: str, severity: Severity) -> int | None:
        now = ward.clock.now()
        earlier = [{"sender": "bath", "metric": "water_leak", "last_at": FIRST_CALL.isoformat()}]
        button = {"sender": metric, "metric": metric, "last_at": now.isoformat()}
        buttons = [button, *(earlier if now != FIRST_CALL else [])]
        found = finding(
            rule="stray_sos",
            subject=Subject.from_text("ward"),
            severity=severity,
            began_at=now,
            raised_at=now,
            reason={"rule_version": 2, "buttons": buttons},
        )
        with ward.database.transaction() as connection:
            number = episodes.open_or_update(connection, found, None, None, now)
        ward.deliver()
        return number

    number = report("water_leak", Severity.CHECK_SOON)
    assert number is not None
    ward.wait(minutes=55)
    assert report("smoke", Severity.EMERGENCY) == number

    said = ward.last("centre@example.jp")
    assert "また「煙や火」の知らせが届きました(9:06・たった今、2回目。最初は8:11)" in said
    with ward.database.transaction() as connection:
        alert = alerts.get(connection, number)
        happened = [one.kind for one in alerts.events(connection, number)]
    assert alert.severity is Severity.EMERGENCY
    assert EventKind.SEVERITY_RAISED in happened
    # Water that comes after the smoke makes nothing less urgent.
    ward.wait(minutes=5)
    report("water_leak", Severity.CHECK_SOON)
    with ward.database.transaction() as connection:
        assert alerts.get(connection, number).severity is Severity.EMERGENCY


def test_the_languages_know_which_one_of_a_row_it_is() -> None:
    assert [ordinal(Language.EN, n) for n in (2, 3, 4, 11, 12, 13, 21, 22, 101)] == [
        *("2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st"),
    ]
    assert ordinal(Language.JA, 2) == "2回目"
