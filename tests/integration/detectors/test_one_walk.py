"""Four alerts of one walk: people are notified of one, of what makes it worse, and of one end."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.alert import Condition, Handling, NotificationKind, Outcome, Severity, Subject
from core.store.alerts import alerts, episodes, handling, notifications
from core.store.database import Database
from detectors.alerting import planner
from tests.support.alerting import finding, mail_sink, register
from tests.support.wait import wait_until
from tests.support.wards.notified_ward import NotifiedWard

CARE, TARO_CONTACT = 2, 2
OPENING, CLEARED, CLOSED = NotificationKind.OPENING, NotificationKind.CLEARED, NotificationKind.CLOSED
FENCE = Subject.of_geofence(1)
_WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[NotifiedWard]:
    with Database(database_url, size=3) as database, mail_sink() as mail:
        register(database, tmp_path)
        yield NotifiedWard(database, mail)


def raised(ward: NotifiedWard, rule: str, severity: Severity = Severity.CHECK_SOON) -> int:
    now = ward.clock.now()
    subject = FENCE if rule == "geofence_exit" else Subject.of_resident(1)
    found = finding(rule=rule, subject=subject, severity=severity, began_at=now, raised_at=now, reason={})
    with ward.database.transaction() as connection:
        number = episodes.open_or_update(connection, found, 1, None, now)
    assert number is not None
    ward.deliver()
    return number


def ended(ward: NotifiedWard, *numbers: int) -> None:
    with ward.database.transaction() as connection:
        for number in numbers:
            episodes.clear(connection, alerts.get(connection, number), ward.clock.now(), ward.clock.now())
    ward.deliver()


def ahead(ward: NotifiedWard, number: int) -> bool:
    with ward.database.transaction() as connection:
        return any(step.is_ahead for step in notifications.steps(connection, number))


def to_taro(ward: NotifiedWard, *numbers: int) -> list[tuple[int, NotificationKind]]:
    """Return what Taro was sent about alerts, in order: which of them, and what."""
    with ward.database.transaction() as connection:
        rows = [
            (row.number, place, row.kind)
            for place, number in enumerate(numbers)
            for row in notifications.of_alert(connection, number)
            if row.contact == TARO_CONTACT and row.sent_at is not None
        ]
    return [(place, kind) for _, place, kind in sorted(rows)]


def test_one_walk_is_one_opening_what_makes_it_worse_and_one_end(ward: NotifiedWard) -> None:
    left = raised(ward, "geofence_exit")
    ward.wait(minutes=8)
    late = raised(ward, "not_returned")
    ward.wait(minutes=12)
    lost = raised(ward, "wandering", Severity.EMERGENCY)
    with ward.database.transaction() as connection:
        handling.claim(connection, lost, user=CARE, now=ward.clock.now())
    ward.deliver()
    ward.wait(minutes=8)
    still = raised(ward, "inactivity")
    # That of the emergency names what else goes on.
    said = [one.get_content() for one in ward.mail.to("taro@example.jp")]
    assert "ほかに続いていること: いつもの範囲の外(8:11)・まだもどらないこと(8:19)" in said[1]

    ended(ward, left)
    assert len(ward.mail.to("taro@example.jp")) == len(said)
    ended(ward, late, lost, still)

    numbers = (left, late, lost, still)
    assert to_taro(ward, *numbers) == [
        (0, OPENING),
        (2, OPENING),
        (2, NotificationKind.CLAIMED),
        (2, CLEARED),
    ]
    ward.wait(hours=30)
    assert len(to_taro(ward, *numbers)) == 4


def test_what_goes_on_after_the_leading_alert_ended_is_not_lost(ward: NotifiedWard) -> None:
    left = raised(ward, "geofence_exit")
    ward.wait(minutes=5)
    still = raised(ward, "inactivity")
    assert to_taro(ward, left, still) == [(0, OPENING)]

    ended(ward, left)

    # Nobody reads "rest assured" while nothing moves.
    assert to_taro(ward, left, still) == [(0, OPENING), (1, OPENING)]
    ward.wait(minutes=11)
    assert "動きが見られません" in ward.last("centre@example.jp")


def test_a_less_urgent_alert_whose_emergency_ended_asks_again_for_itself(ward: NotifiedWard) -> None:
    left = raised(ward, "geofence_exit")
    ward.wait(minutes=30)
    assert ahead(ward, left)
    lost = raised(ward, "wandering", Severity.EMERGENCY)
    # The page of what is led says no time at which somebody would be asked.
    assert not ahead(ward, left)
    ward.wait(hours=3)
    before = len(to_taro(ward, left, lost))
    # The less urgent ladder stood still meanwhile.
    assert [kind for place, kind in to_taro(ward, left, lost) if place == 0] == [OPENING]

    ended(ward, lost)

    assert to_taro(ward, left, lost)[before:] == [(0, OPENING)]


def test_what_comes_hours_later_is_notified_for_itself(ward: NotifiedWard) -> None:
    left = raised(ward, "geofence_exit")
    ward.wait(hours=2)
    still = raised(ward, "inactivity")
    assert (1, OPENING) in to_taro(ward, left, still)


def test_who_says_how_it_ended_says_it_of_all_of_the_walk_but_of_nothing_more_urgent(
    ward: NotifiedWard,
) -> None:
    left, still = raised(ward, "geofence_exit"), raised(ward, "inactivity")
    lost = raised(ward, "wandering", Severity.EMERGENCY)

    def close(number: int) -> None:
        with ward.database.transaction() as connection:
            handling.close(
                connection, number, contact=TARO_CONTACT, outcome=Outcome.SAFE_CONTACTED, now=ward.clock.now()
            )
        ward.deliver()

    close(left)
    assert ward.alert(still).handling is Handling.CLOSED
    assert ward.alert(lost).handling is Handling.OPEN
    # "Safe" of a part would be read as the end of all.
    with ward.database.transaction() as connection:
        assert CLOSED not in [row.kind for row in notifications.of_alert(connection, left)]
    close(lost)
    with ward.database.transaction() as connection:
        kinds = [row.kind for row in notifications.of_alert(connection, still)]
    assert CLOSED not in kinds
    assert ward.alert(lost).condition is Condition.ACTIVE
    ward.clock.advance(minutes=1)


def test_an_sos_on_the_walk_is_an_opening_of_its_own(ward: NotifiedWard) -> None:
    raised(ward, "wandering", Severity.EMERGENCY)
    ward.wait(minutes=5)
    ward.call()
    assert "SOSボタンを押しました(8:16" in ward.last("taro@example.jp")
    assert ward.clock.now() - timedelta(minutes=5) == ward.alert(1).opened_at


def test_while_one_alert_of_a_walk_is_planned_nobody_takes_the_next_step_of_another(
    ward: NotifiedWard,
) -> None:
    left = raised(ward, "geofence_exit")
    now = ward.clock.advance(minutes=10)

    def waits() -> bool:
        with ward.database.transaction() as connection:
            return bool(connection.execute(_WAITING).fetchall())

    with ThreadPoolExecutor(1) as pool:
        with ward.database.transaction() as held:
            alerts.companions(held, alerts.get(held, left), hold=True)
            planning = pool.submit(planner.plan_all, ward.database, now)
            wait_until(lambda: waits() or planning.done(), 10, "the next step waits")
            assert not planning.done()
        planning.result()
    with ward.database.transaction() as connection:
        assert [step.executed_at for step in notifications.steps(connection, left)][:2] == [
            now - timedelta(minutes=10),
            now,
        ]
