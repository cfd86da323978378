"""Contacts in their quiet hours: who is notified instead, when they are notified after all, and what wakes everybody."""

from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from core.domain.alert import NotificationKind, Severity
from core.domain.quiet_hours import QuietHours
from core.errors import ConflictError, InputError
from core.store.alerts import handling, notifications
from core.store.database import Database
from core.store.people import contacts
from detectors.alerting import planner
from tests.support.alerting import CENTRE, HANAKO, TARO, HandClock, open_alert, register

OPENING, REMINDER = NotificationKind.OPENING, NotificationKind.REMINDER
TARO_NAME, HANAKO_NAME, CENTRE_NAME = "佐藤 太郎", "Hanako Sato", "見守りセンター"
ON_CALL = HANAKO | {"quiet_hours": "never"}


class Night:
    """A ward at 23:40 in Tokyo; messages count as sent as soon as they are planned."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.clock = HandClock()
        self.clock.advance(hours=14)
        self.alert = 0
        self._shown = 0

    def happens(self, family: list[dict[str, Any]], centre: list[dict[str, Any]], **changes: Any) -> None:
        register(self.database, self.folder, family, centre)
        with self.database.transaction() as connection:
            self.alert = open_alert(connection, self.clock.now(), **changes)

    def notified(self) -> list[str]:
        """Plan, and return who was notified or asked since the last look."""
        planner.plan_all(self.database, self.clock.now())
        assert planner.plan_all(self.database, self.clock.now()) == 0
        with self.database.transaction() as connection:
            rows = [
                row
                for row in notifications.of_alert(connection, self.alert)
                if row.number > self._shown and row.kind in {OPENING, REMINDER}
            ]
            connection.execute("UPDATE notification SET status = 'sent', attempts = 1")
        self._shown = max([self._shown, *(row.number for row in rows)])
        return sorted(row.contact_name for row in rows)


@pytest.fixture
def night(database_url: str, tmp_path: Path) -> Iterator[Night]:
    with Database(database_url, size=2) as database:
        yield Night(database, tmp_path)


def test_at_night_the_centre_and_who_is_on_call_are_notified_and_the_others_only_if_nobody_answers(
    night: Night,
) -> None:
    night.happens([TARO, ON_CALL], [CENTRE])
    assert night.notified() == [HANAKO_NAME]

    night.clock.advance(minutes=10)
    assert night.notified() == [CENTRE_NAME]

    # Nobody takes it on: then it is nobody's sleep that counts.
    night.clock.advance(minutes=20)
    assert night.notified() == [TARO_NAME]
    night.clock.advance(minutes=10)
    assert night.notified() == [HANAKO_NAME, CENTRE_NAME]


def test_whoever_sleeps_is_not_notified_once_somebody_has_taken_it_on(night: Night) -> None:
    night.happens([TARO], [CENTRE])
    assert night.notified() == [CENTRE_NAME]
    with night.database.transaction() as connection:
        handling.claim(connection, night.alert, user=2, now=night.clock.now())

    night.clock.advance(hours=0.4)
    assert night.notified() == []


def test_an_emergency_wakes_everybody(night: Night) -> None:
    night.happens([TARO, HANAKO], [CENTRE], severity=Severity.EMERGENCY)

    assert night.notified() == [HANAKO_NAME, TARO_NAME]


def test_quiet_hours_never_silence_everybody(night: Night) -> None:
    night.happens([TARO, HANAKO], [])

    assert night.notified() == [HANAKO_NAME, TARO_NAME]


def test_who_sleeps_is_notified_at_once_when_the_centre_cannot_be_reached(night: Night) -> None:
    night.happens([TARO], [CENTRE])
    assert night.notified() == [CENTRE_NAME]

    with night.database.transaction() as connection:
        handling.decline(connection, night.alert, contact=1, now=night.clock.now())

    assert night.notified() == [TARO_NAME]


def test_what_is_worth_an_eye_is_notified_when_the_quiet_hours_end(night: Night) -> None:
    early = HANAKO | {"quiet_hours": "21:00-05:00"}
    night.happens([TARO, early], [CENTRE], rule="cold", severity=Severity.KEEP_AN_EYE)
    assert night.notified() == [CENTRE_NAME]

    night.clock.advance(hours=5, minutes=19)
    assert night.notified() == []
    night.clock.advance(minutes=2)
    assert night.notified() == [HANAKO_NAME]
    night.clock.advance(hours=2)
    assert night.notified() == [TARO_NAME]


def test_a_centre_has_no_quiet_hours(night: Night) -> None:
    with pytest.raises(InputError, match=r"centre\[0\]\.quiet_hours"):
        register(night.database, night.folder, [TARO], [CENTRE | {"quiet_hours": "22:00-07:00"}])
    register(night.database, night.folder, [TARO], [CENTRE])

    with pytest.raises(ConflictError), night.database.transaction() as connection:
        contacts.set_quiet_hours(connection, 1, QuietHours(time(22), time(7)))


def test_quiet_hours_can_be_changed_and_taken_away(night: Night) -> None:
    register(night.database, night.folder, [TARO], [CENTRE])
    with night.database.transaction() as connection:
        taro = contacts.listing(connection, resident=1)[0]
        assert (taro.quiet_from, taro.quiet_until) == (time(22), time(7))

        contacts.set_quiet_hours(connection, taro.number, QuietHours(time(23), time(6, 30)))
        changed = contacts.listing(connection, resident=1)[0]
        assert (changed.quiet_from, changed.quiet_until) == (time(23), time(6, 30))

        contacts.set_quiet_hours(connection, taro.number, None)
        assert contacts.listing(connection, resident=1)[0].quiet_from is None
