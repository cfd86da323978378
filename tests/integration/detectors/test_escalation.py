"""Who is notified when: the escalation begins, stops on a claim, goes on when the claimer falls silent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from core.domain.alert import (
    WARD,
    AlertKey,
    EventKind,
    Handling,
    NotificationKind,
    Outcome,
    Severity,
    Subject,
)
from core.store.alerts import alerts, handling, notifications
from core.store.database import Connection, Database
from core.store.people import contacts
from detectors.alerting import planner
from detectors.alerting.reconcile import reconcile
from tests.support.alerting import (
    CENTRE,
    HANAKO,
    NOW,
    TARO,
    HandClock,
    finding,
    open_alert,
    register,
    ward_file,
)
from tests.support.wards import ward_files

CARE, TARO_USER = 2, 3
# The centre's contact is registered first.
TARO_CONTACT, HANAKO_CONTACT = 2, 3
OPENING, CLAIMED = NotificationKind.OPENING, NotificationKind.CLAIMED
UNCLAIMED, CLEARED = NotificationKind.UNCLAIMED, NotificationKind.CLEARED
REMINDER = NotificationKind.REMINDER
CLOSED = NotificationKind.CLOSED


class ScenarioTestBed:
    """A ward with one alert at a time, planned step by step; messages count as sent as soon as they are planned."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.clock = HandClock()
        self.alert = 0
        self._shown = 0

    def people(self, contacts: list[dict[str, Any]], centre: list[dict[str, Any]] | None = None) -> None:
        register(self.database, self.folder, contacts, [CENTRE] if centre is None else centre)

    def open(self, **changes: Any) -> None:
        with self.database.transaction() as connection:
            self.alert = open_alert(connection, self.clock.now(), **changes)

    def act(self, action: Any, **options: Any) -> None:
        with self.database.transaction() as connection:
            action(connection, self.alert, now=self.clock.now(), **options)

    def notified(self) -> list[tuple[str, NotificationKind]]:
        """Plan, and return who was notified of what since the last look."""
        planner.plan_all(self.database, self.clock.now())
        # Planning again finds nothing more.
        assert planner.plan_all(self.database, self.clock.now()) == 0
        with self.database.transaction() as connection:
            rows = [row for row in self._rows(connection) if row.number > self._shown]
            connection.execute("UPDATE notification SET status = 'sent', attempts = 1")
        self._shown = max([self._shown, *(row.number for row in rows)])
        return sorted((row.contact_name, row.kind) for row in rows)

    def _rows(self, connection: Connection) -> list[Any]:
        return notifications.of_alert(connection, self.alert)

    def steps(self) -> list[Any]:
        with self.database.transaction() as connection:
            return notifications.steps(connection, self.alert)

    def events(self) -> list[EventKind]:
        with self.database.transaction() as connection:
            return [event.kind for event in alerts.events(connection, self.alert)]


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[ScenarioTestBed]:
    with Database(database_url, size=2) as database:
        yield ScenarioTestBed(database, tmp_path)


TARO_NAME, HANAKO_NAME, CENTRE_NAME = "佐藤 太郎", "Hanako Sato", "見守りセンター"


@pytest.mark.parametrize(("severity", "minutes"), [(Severity.EMERGENCY, 2), (Severity.CHECK_SOON, 10)])
def test_the_family_is_notified_at_once_and_the_centre_if_nobody_answers(
    stage: ScenarioTestBed, severity: Severity, minutes: int
) -> None:
    stage.people([TARO, HANAKO])
    stage.open(severity=severity)

    assert stage.notified() == [(HANAKO_NAME, OPENING), (TARO_NAME, OPENING)]
    stage.clock.advance(minutes=minutes, seconds=-1)
    assert stage.notified() == []
    stage.clock.advance(seconds=1)
    assert stage.notified() == [(CENTRE_NAME, OPENING)]
    assert stage.events() == [EventKind.OPENED, EventKind.ESCALATED]


_WHO_KNOW = [(HANAKO_NAME, REMINDER), (CENTRE_NAME, REMINDER)]
_FAMILY = [(HANAKO_NAME, REMINDER), (TARO_NAME, REMINDER)]
_CENTRE, _HANAKO, _TARO = ([(name, REMINDER)] for name in (CENTRE_NAME, HANAKO_NAME, TARO_NAME))
_A_DAY = 24 * 60


@pytest.mark.parametrize(
    ("severity", "rounds"),
    [
        (
            Severity.EMERGENCY,
            [
                (5, _WHO_KNOW),
                (10, _FAMILY),
                (20, _CENTRE),
                # One person after the other, always as fast; Taro, who cannot go, when nobody else has any of the day's messages left.
                (20, _HANAKO),
                (20, _CENTRE),
                *[(20, _TARO)] * 2,
            ],
        ),
        (Severity.CHECK_SOON, [(30, _WHO_KNOW), (120, _CENTRE), (240, _FAMILY), (_A_DAY, _WHO_KNOW)]),
    ],
)
def test_while_nobody_answers_others_are_asked_in_turn_and_an_emergency_never_more_slowly(
    stage: ScenarioTestBed, severity: Severity, rounds: list[tuple[int, list[tuple[str, NotificationKind]]]]
) -> None:
    stage.people([TARO, HANAKO])
    stage.open(severity=severity)
    stage.notified()
    stage.clock.advance(minutes=10)
    assert stage.notified() == [(CENTRE_NAME, OPENING)]
    stage.act(handling.decline, contact=TARO_CONTACT)
    assert stage.notified() == []

    for pause, asked in rounds:
        stage.clock.advance(minutes=pause, seconds=-1)
        assert stage.notified() == []
        stage.clock.advance(seconds=1)
        # Taro has said that he cannot go: he is asked only with the whole family.
        assert stage.notified() == asked
    assert stage.events().count(EventKind.REMINDED) == len(rounds)
    if severity is Severity.EMERGENCY:
        # Everybody had their share of the day; a day after the first message somebody may be asked again, and is.
        stage.clock.advance(minutes=20)
        assert stage.notified() == []
        for _ in range(21):
            stage.clock.advance(hours=1)
            assert stage.notified() == []
        stage.clock.advance(hours=1)
        assert stage.notified() == _HANAKO

    stage.act(handling.claim, user=CARE)
    assert stage.notified() == [(HANAKO_NAME, CLAIMED), (TARO_NAME, CLAIMED)]
    stage.clock.advance(minutes=9)
    assert stage.notified() == []
    # Given back, it is on the way again.
    stage.act(handling.release, user=CARE)
    assert stage.notified() == [(HANAKO_NAME, UNCLAIMED), (TARO_NAME, UNCLAIMED)]
    stage.clock.advance(days=1)
    assert (CENTRE_NAME, REMINDER) in stage.notified()
    stage.act(handling.close, user=CARE, outcome=Outcome.SAFE_CONTACTED)
    stage.notified()
    stage.clock.advance(days=2)
    assert stage.notified() == []


def test_an_emergency_that_nobody_answers_for_years_is_still_raised(stage: ScenarioTestBed) -> None:
    stage.people([TARO, HANAKO])
    stage.open(severity=Severity.EMERGENCY)
    stage.notified()
    stage.clock.advance(minutes=10)
    stage.notified()
    with stage.database.transaction() as connection:
        connection.execute("UPDATE escalation_step SET step = 32767 WHERE kind = 'reminder'")
    found: list[int] = []
    for _ in range(3):
        stage.clock.advance(hours=30)
        assert stage.notified() != []
        with stage.database.transaction() as connection:
            found += [one.step for one in notifications.steps(connection, stage.alert) if one.is_reminder]
    assert max(found) >= 32769


def test_a_claim_that_runs_out_after_the_end_asks_nobody_any_more(stage: ScenarioTestBed) -> None:
    stage.people([TARO, HANAKO])
    stage.open()
    stage.notified()
    stage.act(handling.claim, contact=TARO_CONTACT)
    stage.notified()
    ended = finding(cleared_at=stage.clock.advance(minutes=4))
    key = [AlertKey("inactivity", Subject.of_resident(1))]
    with stage.database.transaction() as connection:
        reconcile(connection, 1, [ended], evaluated=key, until=stage.clock.now(), now=stage.clock.now())
    assert stage.notified() == [(HANAKO_NAME, CLEARED), (TARO_NAME, CLEARED)]

    stage.clock.advance(hours=2)

    # "Rest assured" was the last word.
    assert stage.notified() == []
    assert EventKind.EXPIRED in stage.events()


def test_nobody_gets_more_than_six_messages_a_day_about_one_alert_and_the_last_is_its_end(
    stage: ScenarioTestBed,
) -> None:
    stage.people([TARO, HANAKO])
    stage.open(rule="sos", severity=Severity.EMERGENCY)
    got: list[tuple[str, NotificationKind]] = stage.notified()
    for hour in range(8):
        stage.act(handling.claim, user=TARO_USER)
        got += stage.notified()
        stage.clock.advance(minutes=20)
        got += stage.notified()
        began_at = stage.clock.advance(minutes=20 + hour)
        again = finding(rule="sos", severity=Severity.EMERGENCY, began_at=began_at, raised_at=began_at)
        with stage.database.transaction() as connection:
            reconcile(connection, 1, [again], evaluated=[], until=began_at, now=began_at)
        got += stage.notified()
        stage.clock.advance(minutes=20)
    stage.act(handling.close, user=CARE, outcome=Outcome.SAFE_CONTACTED)
    got += stage.notified()

    for name in (TARO_NAME, HANAKO_NAME):
        kinds = [kind for who, kind in got if who == name]
        assert len(kinds) <= 6
        assert kinds[-1] is CLOSED
        # Nobody is left with "somebody is checking" when that is over.
        assert CLAIMED not in kinds or UNCLAIMED in kinds[kinds.index(CLAIMED) :]
    # A press that would reach nobody goes to the centre all the same.
    assert [kind for who, kind in got if who == CENTRE_NAME].count(OPENING) >= 4


def test_a_press_that_would_reach_nobody_goes_to_who_had_their_share_all_the_same_once_an_hour(
    stage: ScenarioTestBed,
) -> None:
    stage.people([TARO], centre=[])
    with capture_logs() as logs:
        stage.open(rule="sos", severity=Severity.EMERGENCY)
        assert stage.notified() == [(TARO_NAME, OPENING)]
    assert "messages_held_back" not in {one["event"] for one in logs}

    def pressed(minutes_later: int) -> list[tuple[str, NotificationKind]]:
        at = stage.clock.advance(minutes=minutes_later)
        again = finding(rule="sos", severity=Severity.EMERGENCY, began_at=at, raised_at=at)
        with stage.database.transaction() as connection:
            reconcile(connection, 1, [again], evaluated=[], until=at, now=at)
        return stage.notified()

    assert [pressed(1) for _ in range(4)] == [[(TARO_NAME, OPENING)]] * 4
    with capture_logs() as logs:
        assert pressed(59) == []
    assert {"event": "messages_held_back", "alert": 1, "messages": 1, "log_level": "info"} in logs
    assert pressed(1) == [(TARO_NAME, OPENING)]


def test_somebody_who_is_no_contact_any_more_receives_nothing_further(stage: ScenarioTestBed) -> None:
    stage.people([TARO, HANAKO])
    stage.open()
    assert stage.notified() == [(HANAKO_NAME, OPENING), (TARO_NAME, OPENING)]
    with stage.database.transaction() as connection:
        ended = contacts.disable(connection, HANAKO_CONTACT, stage.clock.now())
        assert ended.others == 1

    stage.clock.advance(minutes=10)
    assert stage.notified() == [(CENTRE_NAME, OPENING)]
    stage.act(handling.claim, user=CARE)
    assert stage.notified() == [(TARO_NAME, CLAIMED)]
    stage.act(handling.close, user=CARE, outcome=Outcome.SAFE_CONTACTED)
    assert stage.notified() == [(TARO_NAME, CLOSED)]


def test_if_all_who_know_cannot_go_they_are_asked_again_all_the_same(stage: ScenarioTestBed) -> None:
    stage.people([TARO], centre=[])
    stage.open(severity=Severity.EMERGENCY)
    assert stage.notified() == [(TARO_NAME, OPENING)]
    with stage.database.transaction() as connection:
        (taro,) = notifications.openings(connection, [stage.alert], 4)
    stage.act(handling.decline, contact=taro.contact)
    assert stage.notified() == []

    stage.clock.advance(minutes=5)
    assert stage.notified() == [(TARO_NAME, REMINDER)]


def test_a_claim_stops_the_escalation_and_everybody_notified_learns_who_is_going(
    stage: ScenarioTestBed,
) -> None:
    stage.people([TARO, HANAKO])
    stage.open()
    stage.notified()

    stage.clock.advance(minutes=3)
    stage.act(handling.claim, user=TARO_USER)

    # Taro pressed the button himself; Hanako is notified, the centre need not be.
    assert stage.notified() == [(HANAKO_NAME, CLAIMED)]
    stage.clock.advance(minutes=20)
    assert stage.notified() == []


@pytest.mark.parametrize(("severity", "minutes"), [(Severity.EMERGENCY, 10), (Severity.CHECK_SOON, 30)])
def test_a_claim_without_an_outcome_expires_and_the_escalation_goes_on(
    stage: ScenarioTestBed, severity: Severity, minutes: int
) -> None:
    stage.people([TARO, HANAKO])
    stage.open(severity=severity)
    stage.notified()
    stage.act(handling.claim, user=TARO_USER)
    stage.notified()

    stage.clock.advance(minutes=minutes)

    assert stage.notified() == [
        (HANAKO_NAME, UNCLAIMED),
        (TARO_NAME, UNCLAIMED),
        (CENTRE_NAME, OPENING),
    ]
    assert EventKind.EXPIRED in stage.events()


def test_a_claim_given_back_lets_the_escalation_go_on_at_once(stage: ScenarioTestBed) -> None:
    stage.people([TARO, HANAKO])
    stage.open()
    stage.notified()
    stage.act(handling.claim, contact=TARO_CONTACT)
    stage.notified()
    stage.clock.advance(minutes=1)

    stage.act(handling.release, contact=TARO_CONTACT)

    assert stage.notified() == [(HANAKO_NAME, UNCLAIMED), (CENTRE_NAME, OPENING)]


def test_when_the_whole_family_cannot_go_the_centre_is_asked_at_once(stage: ScenarioTestBed) -> None:
    stage.people([TARO, HANAKO])
    stage.open()
    stage.notified()

    stage.act(handling.decline, contact=TARO_CONTACT)
    assert stage.notified() == []
    stage.act(handling.decline, contact=HANAKO_CONTACT)

    assert stage.notified() == [(CENTRE_NAME, OPENING)]


def test_a_resident_without_family_contacts_is_the_centres_at_once(stage: ScenarioTestBed) -> None:
    stage.people([])
    stage.open()

    assert stage.notified() == [(CENTRE_NAME, OPENING)]


def test_a_second_step_of_the_family_comes_before_the_centre_when_its_step_says_so(
    stage: ScenarioTestBed,
) -> None:
    stage.people([TARO, HANAKO | {"step": 2}], [CENTRE | {"step": 3}])
    stage.open()

    assert stage.notified() == [(TARO_NAME, OPENING)]
    stage.clock.advance(minutes=10)
    assert stage.notified() == [(HANAKO_NAME, OPENING)]
    stage.clock.advance(minutes=10)
    assert stage.notified() == [(CENTRE_NAME, OPENING)]


def test_equipment_is_the_staffs_alone_and_has_no_escalation(stage: ScenarioTestBed) -> None:
    stage.people([TARO])
    stage.open(
        rule="device_silent",
        subject=Subject.of_device(1),
        severity=Severity.EQUIPMENT,
        reason={"kind": "button"},
    )

    assert stage.notified() == [(CENTRE_NAME, OPENING)]
    stage.clock.advance(hours=9)
    assert stage.notified() == []


def test_what_is_not_urgent_is_notified_to_the_family_and_escalates_no_further(
    stage: ScenarioTestBed,
) -> None:
    stage.people([TARO])
    stage.open(severity=Severity.KEEP_AN_EYE)

    assert stage.notified() == [(TARO_NAME, OPENING)]
    stage.clock.advance(hours=9)
    assert stage.notified() == []


def test_an_alert_of_the_whole_ward_goes_to_the_centres_and_to_no_family(stage: ScenarioTestBed) -> None:
    stage.people([TARO], [CENTRE, CENTRE | {"name": "夜間センター", "address": "night@example.jp"}])
    ward = finding(rule="ward_silent", subject=WARD)
    was_evaluated = [AlertKey("ward_silent", WARD)]
    with stage.database.transaction() as connection:
        (stage.alert,) = reconcile(connection, None, [ward], evaluated=was_evaluated, until=NOW, now=NOW)

    assert stage.notified() == [("夜間センター", OPENING), (CENTRE_NAME, OPENING)]


def test_a_silent_home_is_notified_to_the_families_of_all_who_live_there(stage: ScenarioTestBed) -> None:
    ward = ward_file([TARO], [CENTRE])
    residents: list[dict[str, Any]] = ward["homes"][0]["residents"]
    second: dict[str, Any] = residents[0] | {"key": "r2", "name": "山田一郎"}
    second["geofences"] = []
    second["contacts"] = [HANAKO | {"calls_resident": ""}]
    residents.append(second)
    with stage.database.transaction() as connection:
        ward_files.register(connection, ward_files.write_ward(stage.folder, ward))
    stage.open(rule="home_silent", subject=Subject.of_home(1))
    with stage.database.transaction() as connection:
        about = notifications.surroundings(connection, stage.alert, HANAKO_CONTACT, ())

    assert stage.notified() == [(HANAKO_NAME, OPENING), (TARO_NAME, OPENING)]
    # Each family reads of its own.
    assert about.resident == "山田一郎"


def test_the_end_of_it_is_notified_to_everybody_who_was_notified_and_stops_the_escalation(
    stage: ScenarioTestBed,
) -> None:
    stage.people([TARO, HANAKO])
    stage.open()
    stage.notified()
    ended = finding(cleared_at=stage.clock.advance(minutes=4))
    with stage.database.transaction() as connection:
        reconcile(
            connection,
            1,
            [ended],
            evaluated=[AlertKey("inactivity", Subject.of_resident(1))],
            until=stage.clock.now(),
            now=stage.clock.now(),
        )

    assert stage.notified() == [(HANAKO_NAME, CLEARED), (TARO_NAME, CLEARED)]
    stage.clock.advance(hours=1)
    assert stage.notified() == []


def test_the_outcome_is_notified_to_everybody_but_whoever_reported_it(stage: ScenarioTestBed) -> None:
    stage.people([TARO, HANAKO])
    stage.open()
    stage.notified()
    stage.clock.advance(minutes=10)
    stage.notified()

    stage.act(handling.close, user=CARE, outcome=Outcome.SAFE_CONTACTED)

    # The centre's contact belongs to the user who closed it.
    assert stage.notified() == [(HANAKO_NAME, CLOSED), (TARO_NAME, CLOSED)]


def test_an_alert_that_begins_anew_is_raised_anew(stage: ScenarioTestBed) -> None:
    stage.people([TARO])
    stage.open()
    stage.notified()
    was_evaluated = [AlertKey("inactivity", Subject.of_resident(1))]
    over = finding(cleared_at=stage.clock.advance(minutes=4))
    again = finding(began_at=stage.clock.now(), raised_at=stage.clock.advance(hours=2))
    with stage.database.transaction() as connection:
        reconcile(
            connection,
            1,
            [over, again],
            evaluated=was_evaluated,
            until=stage.clock.now(),
            now=stage.clock.now(),
        )

    # That it was over for a while needs no message of its own any more.
    assert stage.notified() == [(TARO_NAME, OPENING)]
    stage.clock.advance(minutes=10)
    assert stage.notified() == [(CENTRE_NAME, OPENING)]


def test_what_was_over_before_it_was_seen_is_raised_once_and_is_not_escalated(stage: ScenarioTestBed) -> None:
    stage.people([TARO])
    stage.open(cleared_at=NOW)

    assert stage.notified() == [(TARO_NAME, OPENING)]
    stage.clock.advance(hours=1)
    assert stage.notified() == []


def test_an_sos_pressed_again_is_raised_again(stage: ScenarioTestBed) -> None:
    stage.people([TARO])
    stage.open(rule="sos", severity=Severity.EMERGENCY)
    stage.notified()
    later = stage.clock.advance(minutes=1)
    with stage.database.transaction() as connection:
        reconcile(
            connection,
            1,
            [finding(rule="sos", severity=Severity.EMERGENCY, began_at=later, raised_at=later)],
            evaluated=[],
            until=later,
            now=later,
        )

    assert stage.notified() == [(TARO_NAME, OPENING)]
    assert EventKind.REPEATED in stage.events()


def test_an_alert_that_gets_more_urgent_is_raised_again_and_escalates_faster(stage: ScenarioTestBed) -> None:
    stage.people([TARO])
    stage.open()
    stage.notified()
    with stage.database.transaction() as connection:
        worse = [finding(severity=Severity.EMERGENCY)]
        reconcile(connection, 1, worse, evaluated=[], until=stage.clock.now(), now=stage.clock.now())

    assert stage.notified() == [(TARO_NAME, OPENING)]
    stage.clock.advance(minutes=2)
    assert stage.notified() == [(CENTRE_NAME, OPENING)]


def test_what_was_closed_before_anybody_was_notified_is_notified_to_nobody(stage: ScenarioTestBed) -> None:
    stage.people([TARO])
    stage.open()
    stage.act(handling.close, user=CARE, outcome=Outcome.DRILL)

    assert stage.notified() == []


def test_what_was_claimed_before_anybody_was_notified_is_still_notified_to_the_family(
    stage: ScenarioTestBed,
) -> None:
    stage.people([TARO])
    stage.open()
    stage.act(handling.claim, user=CARE)

    assert stage.notified() == [(TARO_NAME, OPENING)]
    stage.clock.advance(minutes=15)
    assert stage.notified() == []
    # If the claimer falls silent, the centre is next.
    stage.clock.advance(minutes=15)
    assert stage.notified() == [(TARO_NAME, UNCLAIMED), (CENTRE_NAME, OPENING)]


def test_an_alert_without_anybody_to_notify_waits_on_the_board(stage: ScenarioTestBed) -> None:
    stage.people([], [])
    with capture_logs() as logs:
        stage.open()
        assert stage.notified() == []
        # Who runs the service reads of it, and of no other event, nor of what waits for the day's message about equipment.
        stage.act(handling.claim, user=CARE)
        battery = {"kind": "motion"}
        stage.open(rule="battery", subject=Subject.of_device(1), severity=Severity.EQUIPMENT, reason=battery)
        assert stage.notified() == []
    assert [one["alert"] for one in logs if one["event"] == "no_recipient"] == [1]
    with stage.database.transaction() as connection:
        shown = alerts.open_alerts(connection, stage.clock.now())
    assert sorted((one.rule, one.handling) for one in shown) == [
        ("battery", Handling.OPEN),
        ("inactivity", Handling.CLAIMED),
    ]
