"""What is to be checked of the equipment: one message a day to each office, and at once about what somebody calls with."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.alert import Severity, Subject
from core.store.alerts import alerts, episodes
from core.store.database import Database
from detectors.alerting.delivery import Office
from detectors.alerting.notices import equipment_message
from detectors.alerting.notices.notice_sender import NoticeSender
from tests.support.alerting import MailSink, finding, mail_sink, register
from tests.support.wards.notified_ward import NotifiedWard, mail_channel

TOKYO = ZoneInfo("Asia/Tokyo")
# A Tuesday, 9:00 in Tokyo.
MORNING = datetime(2026, 8, 4, 0, 0, tzinfo=UTC)
OFFICE = 1


class Equipment(NotifiedWard):
    """A ward of one office, half an hour before its message about equipment."""

    def __init__(self, database: Database, mail: MailSink) -> None:
        super().__init__(database, mail)
        self.clock.advance(seconds=(MORNING - self.clock.now()).total_seconds())
        office = Office("https://mimamori.example.jp", "", TOKYO)
        self._notices = NoticeSender(database, self.clock, mail_channel(mail.port), office)

    def found(self, rule: str, kind: str, device: int = 1) -> int:
        now = self.clock.now()
        one = finding(
            rule=rule,
            subject=Subject.of_device(device),
            severity=Severity.EQUIPMENT,
            began_at=now,
            raised_at=now,
            reason={"kind": kind},
        )
        with self.database.transaction() as connection:
            number = episodes.open_or_update(connection, one, OFFICE, None, now)
        assert number is not None
        self.deliver()
        return number

    def mended(self, number: int) -> None:
        now = self.clock.now()
        with self.database.transaction() as connection:
            episodes.clear(connection, alerts.get(connection, number), now, now)
        self.deliver()

    def look(self, **later: float) -> list[str]:
        """Let time pass, look what is due, and return the messages that came of it or since."""
        before = len(self.mail.messages)
        now = self.clock.advance(**later)
        equipment_message.notify_where_due(self.database, TOKYO, now, due=time(9, 30))
        while self._notices.send_one():
            pass
        return [mail.get_content() for mail in self.mail.messages[before:]]


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[Equipment]:
    with Database(database_url, size=3) as database, mail_sink() as mail:
        register(database, tmp_path)
        yield Equipment(database, mail)


def test_an_office_gets_one_message_a_day_about_all_its_equipment(ward: Equipment) -> None:
    ward.found("battery", "motion", 1)
    ward.found("battery", "door", 2)
    gone = ward.found("device_silent", "climate", 3)
    assert ward.mail.messages == []
    assert ward.look(minutes=29) == []

    (text,) = ward.look(minutes=1)
    assert "点検が必要な機器: 3件(新しいもの3件)。" in text
    assert "電池が少ない: 2件。\r\n通信が止まっている: 1件。" in text
    assert "https://mimamori.example.jp/board" in text

    # Once a day, also for what comes later that day and for a second process.
    ward.found("device_stuck", "motion", 4)
    ward.mended(gone)
    assert ward.look(hours=2) == []
    (text,) = ward.look(hours=22)
    assert "点検が必要な機器: 3件(新しいもの1件)。" in text
    assert "通信が止まっている" not in text


def test_what_comes_after_the_message_was_due_waits_for_the_next_day(ward: Equipment) -> None:
    # Nothing to check at half past nine, and a sensor that falls silent late in the evening.
    assert ward.look(minutes=31) == []
    ward.clock.advance(hours=14)
    ward.found("device_silent", "climate")
    assert ward.look(minutes=1) == []
    assert len(ward.look(hours=10)) == 1


def test_a_message_is_made_up_for_after_a_stop(ward: Equipment) -> None:
    ward.found("device_silent", "climate")
    assert len(ward.look(hours=9)) == 1


def test_what_is_still_open_is_reported_again_on_mondays_only(ward: Equipment) -> None:
    ward.found("battery", "motion")
    assert len(ward.look(minutes=30)) == 1
    assert [len(ward.look(days=1)) for _ in range(7)] == [0, 0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("rule", "kind", "is_at_once"),
    [
        ("battery", "button", True),
        ("battery", "tracker", False),
        ("device_silent", "button", True),
        ("device_silent", "tracker", True),
        ("device_silent", "other", True),
        ("device_silent", "motion", False),
        ("device_stuck", "button", False),
        ("canary_silent", "canary", True),
    ],
)
def test_the_centre_is_notified_at_once_about_what_somebody_calls_with_or_is_found_by(
    ward: Equipment, rule: str, kind: str, *, is_at_once: bool
) -> None:
    number = ward.found(rule, kind)
    assert len(ward.mail.messages) == int(is_at_once)
    # The message of the day does not report it as new then, and whoever was notified is notified of its end.
    assert len(ward.look(minutes=30)) == int(not is_at_once)
    ward.mended(number)
    assert len(ward.mail.messages) == 1 + int(is_at_once)
