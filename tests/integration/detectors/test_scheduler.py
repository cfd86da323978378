"""The scheduler on a real database: readings as ingest stores them in, alerts out."""

from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from core.domain.alert import Alert, Condition, Severity, Subject, SubjectKind
from core.domain.geofence import Circle, Hours
from core.domain.planned_absence import AbsenceKind
from core.domain.rules import is_for_staff
from core.store.database import Database
from core.store.people import geofences, planned_absences
from detectors.engine.scheduler import Scheduler
from detectors.rules.geofence_exit import GeofenceExit
from tests.support.wards.evaluated_ward import ZONE, EvaluatedWard, Seen, at, daily, home

DAYS = 30
FIRST = at("2026-06-01 00:00")
TODAY = FIRST + timedelta(days=DAYS)


@pytest.fixture
def ward(database: Database, tmp_path: Path) -> EvaluatedWard:
    """Give one home with 30 regular days behind it, evaluated up to today's midnight."""
    found = EvaluatedWard(database, tmp_path, [home(1, watched_from=TODAY)], TODAY)
    found.store(daily(1, FIRST, DAYS))
    found.pass_to(TODAY + timedelta(minutes=1))
    return found


def signs(number: int, *clock: str, day: str = "2026-07-01") -> list[Seen]:
    return [
        Seen(device, "motion", 1, at(f"{day} {one}") + timedelta(seconds=wait))
        for one in clock
        for device, wait in ((f"kitchen-{number}", 0), (f"hall-{number}", 30))
    ]


def alerts_of(ward: EvaluatedWard) -> list[Alert]:
    """Return all alerts but those about changes of habit, which come beside and are tested by themselves."""
    return [
        one for one in ward.alerts() if one.subject.kind is SubjectKind.DEVICE or not is_for_staff(one.rule)
    ]


def test_a_silent_morning_raises_one_alert_with_its_reason_and_ends_with_the_next_life_sign(
    ward: EvaluatedWard,
) -> None:
    ward.store(signs(1, "02:00", "04:30"))
    ward.pass_to(at("2026-07-01 06:00"))
    assert alerts_of(ward) == []
    assert ward.state() == "as_usual"

    ward.pass_to(at("2026-07-01 12:00"))
    (alert,) = alerts_of(ward)
    assert (alert.rule, alert.subject, alert.severity) == (
        "inactivity",
        Subject.of_resident(1),
        Severity.CHECK_SOON,
    )
    assert alert.began_at == at("2026-07-01 04:30") + timedelta(seconds=30)
    assert at("2026-07-01 06:00") < alert.raised_at < at("2026-07-01 10:00")
    assert alert.reason["last_life_sign"] == {
        "time": alert.began_at.isoformat(),
        "kind": "motion",
        "place": "hall",
    }
    assert alert.reason["confidence"] == "high"
    assert ward.state() == "different"

    # Evaluating again changes nothing.
    ward.pass_to(at("2026-07-01 12:30"))
    assert alerts_of(ward) == [alert]

    ward.store(signs(1, "12:40"))
    ward.pass_to(at("2026-07-01 12:45"))
    (cleared,) = alerts_of(ward)
    assert (cleared.number, cleared.condition) == (alert.number, Condition.CLEARED)
    assert cleared.cleared_at == at("2026-07-01 12:40")
    assert ward.state() == "as_usual"


def test_the_alert_is_raised_at_the_same_time_however_often_the_runner_comes_by(
    ward: EvaluatedWard, database: Database
) -> None:
    ward.store(signs(1, "02:00", "04:30"))
    for minutes in range(0, 12 * 60, 7):
        ward.pass_to(at("2026-07-01 00:10") + timedelta(minutes=minutes))
    (alert,) = alerts_of(ward)
    assert alert.raised_at == raised_in_one_go(database, ward)
    assert not alert.detected_late


def raised_in_one_go(database: Database, ward: EvaluatedWard) -> datetime:
    """Evaluate everything again from the beginning in one span and return when the one alert would be raised."""
    with database.transaction() as connection:
        connection.execute(b"DELETE FROM alert")
        connection.execute(b"UPDATE evaluation SET evaluated_through = %s, due_at = %s", (TODAY, TODAY))
    ward.pass_to(ward.clock.now() + timedelta(minutes=1))
    (alert,) = alerts_of(ward)
    return alert.raised_at


def test_a_restart_in_the_middle_finds_what_was_missed_and_says_so(
    ward: EvaluatedWard, database: Database
) -> None:
    ward.store(signs(1, "02:00", "04:30"))
    ward.pass_to(at("2026-07-01 05:00"))
    ward.pass_to(at("2026-07-01 14:00"), scheduler=Scheduler(database, ward.clock, ZONE))
    (alert,) = alerts_of(ward)
    assert alert.detected_late
    assert at("2026-07-01 06:00") < alert.raised_at < at("2026-07-01 10:00")


def test_late_life_signs_withdraw_an_alert(ward: EvaluatedWard) -> None:
    ward.store(signs(1, "02:00", "04:30"))
    ward.pass_to(at("2026-07-01 12:00"))
    assert alerts_of(ward)[0].condition is Condition.ACTIVE
    arrived = at("2026-07-01 12:05")
    late = signs(1, "07:00", "07:30", "08:10", "09:00", "09:50", "10:30", "11:10", "11:50")
    ward.store(Seen(one.device, one.metric, one.value, one.time, arrived) for one in late)
    ward.pass_to(arrived)
    (alert,) = alerts_of(ward)
    assert alert.condition is Condition.CLEARED
    assert ward.state() == "as_usual"


def test_a_call_for_help_is_raised_at_once_even_from_a_clock_that_is_ahead(ward: EvaluatedWard) -> None:
    now = at("2026-07-01 08:00")
    ward.store([Seen("sos-1", "sos", 1, now + timedelta(minutes=9), now)])
    ward.pass_to(now)
    (alert,) = ward.alerts("sos")
    assert (alert.severity, alert.began_at, alert.resident) == (Severity.EMERGENCY, now, 1)
    # Pressed again within two minutes: the same call, which stays until somebody closes it.
    ward.store([Seen("sos-1", "sos", 1, now + timedelta(seconds=90))])
    ward.pass_to(now + timedelta(hours=1))
    (still,) = ward.alerts("sos")
    assert still.condition is Condition.ACTIVE


@pytest.mark.parametrize("behind", [timedelta(days=30), timedelta(days=390)], ids=["a month", "a year"])
def test_a_call_from_a_clock_that_is_far_behind_is_raised_and_stays_one_call(
    ward: EvaluatedWard, behind: timedelta
) -> None:
    now = at("2026-07-01 08:00")
    ward.store([Seen("sos-1", "sos", 1, now - behind, now)])
    ward.pass_to(now)
    (alert,) = ward.alerts("sos")
    assert (alert.severity, alert.began_at, alert.condition) == (Severity.EMERGENCY, now, Condition.ACTIVE)
    # What came so late is still known when the next press comes: it is the same call.
    ward.store([Seen("sos-1", "sos", 1, now + timedelta(seconds=90))])
    ward.pass_to(now + timedelta(minutes=5))
    (still,) = ward.alerts("sos")
    assert (still.condition, still.occurrences) == (Condition.ACTIVE, 1)
    # Two days later nothing is looked through for it any more, and a press is a call of its own.
    later = now + timedelta(days=3)
    ward.store([Seen("sos-1", "sos", 1, later)])
    ward.pass_to(later)
    (again,) = ward.alerts("sos")
    assert (again.condition, again.occurrences) == (Condition.ACTIVE, 2)


def test_leaving_the_geofence_at_night_and_returning(ward: EvaluatedWard, database: Database) -> None:
    with database.transaction() as connection:
        geofences.add(
            connection, 1, name="自宅", shape=Circle(35.6, 139.8, 200),
            hours=Hours(frozenset(range(7)), time(22), time(6)), now=TODAY,
        )  # fmt: skip
    leaves = at("2026-07-01 23:00")
    ward.locate("phone-1", [(leaves + timedelta(minutes=m), 35.6, 139.8, 15.0) for m in range(-10, 0)])
    away = [(leaves + timedelta(minutes=m), 35.603 + 0.001 * m, 139.8, 15.0) for m in range(10)]
    ward.locate("phone-1", away)
    ward.pass_to(leaves + timedelta(minutes=10))
    (alert,) = ward.alerts("geofence_exit")
    assert (alert.began_at, alert.resident, alert.condition) == (leaves, 1, Condition.ACTIVE)
    assert alert.raised_at - leaves <= timedelta(minutes=5)
    ward.locate("phone-1", [(leaves + timedelta(minutes=30 + m), 35.6, 139.8, 15.0) for m in range(10)])
    ward.pass_to(leaves + timedelta(minutes=45))
    (alert,) = ward.alerts("geofence_exit")
    assert alert.condition is Condition.CLEARED


def test_one_position_outside_is_shown_as_different_and_notifies_nobody(
    ward: EvaluatedWard, database: Database
) -> None:
    with database.transaction() as connection:
        always = Hours(frozenset(range(7)), time(0), time(0))
        geofences.add(connection, 1, name="自宅", shape=Circle(35.6, 139.8, 200), hours=always, now=TODAY)
    now = at("2026-07-01 09:00")
    ward.store(signs(1, "08:40", "08:50", "08:59"))
    ward.locate("phone-1", [(now + timedelta(minutes=m), 35.6, 139.8, 15.0) for m in range(-10, 0)])
    ward.locate("phone-1", [(now, 35.61, 139.8, 15.0)])
    ward.pass_to(now + timedelta(seconds=20))
    assert (ward.state(), ward.alerts("geofence_exit")) == ("different", [])
    ward.locate("phone-1", [(now + timedelta(minutes=1), 35.6, 139.8, 15.0)])
    ward.pass_to(now + timedelta(minutes=1, seconds=20))
    assert (ward.state(), ward.alerts("geofence_exit")) == ("as_usual", [])


def test_a_dead_gateway_is_raised_as_cannot_tell_and_not_as_inactivity(ward: EvaluatedWard) -> None:
    ward.store(signs(1, "02:00", "04:30"))
    ward.store([Seen("gate-1", "online", 0, at("2026-07-01 05:00"))])
    ward.pass_to(at("2026-07-01 05:02"))
    assert alerts_of(ward) == []
    ward.pass_to(at("2026-07-01 05:06"))
    (alert,) = alerts_of(ward)
    assert (alert.rule, alert.subject) == ("home_silent", Subject.of_home(1))
    assert ward.state() == "cannot_tell"
    ward.pass_to(at("2026-07-01 15:00"))
    assert [one.rule for one in alerts_of(ward)] == ["home_silent"]
    ward.store([Seen("gate-1", "online", 1, at("2026-07-01 15:30"))])
    ward.pass_to(at("2026-07-01 15:31"))
    (alert,) = alerts_of(ward)
    assert alert.condition is Condition.CLEARED
    # In contact again, but no sign of her: still nobody can tell, until a silence that is too long even from then on.
    assert ward.state() == "cannot_tell"
    ward.pass_to(at("2026-07-01 23:00"))
    assert [one.rule for one in alerts_of(ward)] == ["home_silent", "inactivity"]


def test_a_device_without_heartbeat_is_the_business_of_the_staff(database: Database, tmp_path: Path) -> None:
    ward = EvaluatedWard(database, tmp_path, [home(1, watched_from=TODAY, door_heartbeat_s=3600)], TODAY)
    ward.pass_to(TODAY + timedelta(minutes=1))
    # The first heartbeat starts the deadline, although nothing else happens in the home.
    ward.store([Seen("door-1", "battery_pct", 80, at("2026-07-01 00:30"))])
    ward.store([Seen("gate-1", "online", 1, at("2026-07-01 00:30"))])
    ward.pass_to(at("2026-07-01 00:31"))
    ward.pass_to(at("2026-07-01 03:29"))
    assert alerts_of(ward) == []
    ward.pass_to(at("2026-07-01 07:30"))
    (alert,) = alerts_of(ward)
    assert (alert.rule, alert.severity) == ("device_silent", Severity.EQUIPMENT)
    assert alert.raised_at == at("2026-07-01 03:30")
    ward.store([Seen("door-1", "battery_pct", 80, at("2026-07-01 07:40"))])
    ward.pass_to(at("2026-07-01 07:41"))
    (alert,) = alerts_of(ward)
    assert (alert.condition, alert.cleared_at) == (Condition.CLEARED, at("2026-07-01 07:40"))


def test_a_fall_that_a_detector_noticed_is_raised_at_once_and_ends_only_by_a_person(
    ward: EvaluatedWard,
) -> None:
    began = at("2026-07-01 09:00")
    ward.store(signs(1, "02:00", "04:30", "07:00", "08:59"))
    ward.store([Seen("hall-1", "fall", 1, began)])
    ward.pass_to(began + timedelta(seconds=1))

    (alert,) = ward.alerts("fall")
    assert (alert.subject, alert.severity, alert.began_at) == (
        Subject.of_resident(1),
        Severity.EMERGENCY,
        began,
    )

    # Neither movement nor the detector's own "no fall any more" says that all is well.
    ward.store([Seen("hall-1", "fall", 0, began + timedelta(minutes=2))])
    ward.store(signs(1, "09:03"))
    ward.pass_to(began + timedelta(minutes=5))
    (same,) = ward.alerts("fall")
    assert (same.number, same.condition) == (alert.number, Condition.ACTIVE)


@pytest.mark.parametrize(
    ("call", "severity"),
    [
        ("smoke", Severity.EMERGENCY),
        ("gas_leak", Severity.EMERGENCY),
        ("carbon_monoxide", Severity.EMERGENCY),
        ("water_leak", Severity.CHECK_SOON),
    ],
)
def test_smoke_gas_and_water_are_raised_at_once_however_alive_the_home_is(
    ward: EvaluatedWard, call: str, severity: Severity
) -> None:
    began = at("2026-07-01 09:00")
    ward.store(signs(1, "02:00", "04:30", "07:00", "08:59"))
    ward.store([Seen("hall-1", call, 0, began - timedelta(minutes=1))])
    ward.pass_to(began - timedelta(seconds=30))
    assert ward.alerts(call) == []

    ward.store([Seen("hall-1", call, 1, began)])
    ward.pass_to(began + timedelta(seconds=1))
    ward.store([Seen("hall-1", call, 0, began + timedelta(minutes=10))])
    ward.store(signs(1, "09:12"))
    ward.pass_to(began + timedelta(minutes=20))
    (alert,) = ward.alerts(call)
    assert (alert.severity, alert.began_at, alert.condition) == (severity, began, Condition.ACTIVE)


def test_a_failing_rule_is_noted_and_does_not_stop_the_others(
    ward: EvaluatedWard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(GeofenceExit, "evaluate", broken)
    ward.store(signs(1, "02:00", "04:30"))
    ward.pass_to(at("2026-07-01 12:00"))
    assert [one.rule for one in alerts_of(ward)] == ["inactivity"]
    with ward.database.transaction() as connection:
        row = connection.execute(
            b"SELECT failed_rule, due_at FROM evaluation WHERE resident_id = 1"
        ).fetchone()
    assert row == ("geofence_exit", at("2026-07-01 12:05"))
    # The next try that works takes the note away.
    monkeypatch.undo()
    ward.pass_to(at("2026-07-01 12:10"))
    with ward.database.transaction() as connection:
        row = connection.execute(b"SELECT failed_rule FROM evaluation WHERE resident_id = 1").fetchone()
    assert row == (None,)


@pytest.mark.parametrize(
    "what", ["detectors.rules.geofence_exit.GeofenceExit.evaluate", "detectors.engine.resident.load_window"]
)
def test_what_fails_for_days_is_not_tried_on_an_ever_longer_past(
    ward: EvaluatedWard, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def broken(*_given: object, **_more: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(what, broken)
    for day in range(1, 6):
        ward.pass_to(TODAY + timedelta(days=day))

    with ward.database.transaction() as connection:
        row = connection.execute(b"SELECT evaluated_through FROM evaluation WHERE resident_id = 1").fetchone()
    assert row == (TODAY + timedelta(days=3),)


def test_nobody_says_as_usual_of_a_home_that_cannot_be_evaluated(
    ward: EvaluatedWard, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward.store(signs(1, "02:00", "04:30"))
    ward.pass_to(at("2026-07-01 05:00"))
    assert ward.state() == "as_usual"

    def broken(*_given: object, **_more: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("detectors.engine.resident.load_window", broken)
    ward.store(signs(1, "05:30"))
    ward.pass_to(at("2026-07-02 06:00"))
    assert ward.state() == "cannot_tell"
    # What was left out is made up for.
    monkeypatch.undo()
    ward.pass_to(at("2026-07-02 06:10"))
    assert len(ward.alerts("inactivity")) == 1


def test_evaluation_stands_still_while_ingest_does(ward: EvaluatedWard) -> None:
    ward.store(signs(1, "02:00", "04:30"))
    ward.complete(at("2026-07-01 05:00"))
    ward.clock.advance(hours=12)
    ward.scheduler.cycle()
    assert ward.alerts("inactivity") == []
    assert not ward.has_evaluated(at("2026-07-01 12:00"))


def test_idle_homes_are_not_evaluated_before_their_deadline_and_are_evaluated_through_all_the_same(
    ward: EvaluatedWard,
) -> None:
    ward.store(signs(1, "00:20"))
    assert ward.pass_to(at("2026-07-01 00:30")) == 0
    assert ward.has_evaluated(at("2026-07-01 00:30"))


def test_a_removed_geofence_and_a_planned_journey_end_their_alerts(
    ward: EvaluatedWard, database: Database
) -> None:
    with database.transaction() as connection:
        always = Hours(frozenset(range(7)), time(0), time(0))
        fence = geofences.add(
            connection, 1, name="自宅", shape=Circle(35.6, 139.8, 200), hours=always, now=TODAY
        )
    ward.locate("phone-1", [(at(f"2026-07-01 03:{m:02}"), 35.61, 139.8, 15.0) for m in range(10)])
    ward.store(signs(1, "02:00", "04:30"))
    ward.pass_to(at("2026-07-01 09:00"))
    assert [(one.rule, one.condition) for one in alerts_of(ward)] == [
        ("geofence_exit", Condition.ACTIVE),
        ("inactivity", Condition.ACTIVE),
    ]
    with database.transaction() as connection:
        geofences.remove(connection, fence.number, at("2026-07-01 09:10"))
        span = (at("2026-07-01 09:00"), at("2026-07-03 09:00"))
        planned_absences.add(connection, 1, kind=AbsenceKind.TRAVEL, span=span, now=at("2026-07-01 09:10"))
    ward.pass_to(at("2026-07-01 09:20"))
    assert {one.condition for one in alerts_of(ward)} == {Condition.CLEARED}


def test_two_residents_of_one_home_are_evaluated_by_the_same_changes(
    database: Database, tmp_path: Path
) -> None:
    pair = home(1, watched_from=TODAY)
    pair["residents"].append(
        {**pair["residents"][0], "key": "r2", "name": "山田二郎", "kana": "やまだじろう"}
    )
    ward = EvaluatedWard(database, tmp_path, [pair], TODAY)
    ward.store(daily(1, FIRST, DAYS))
    ward.store(signs(1, "02:00", "04:30"))
    ward.store([Seen("gate-1", "online", 0, at("2026-07-01 10:00"))])
    ward.pass_to(at("2026-07-01 12:00"))
    # Both are missed, the equipment is raised once, and nothing is left to evaluate.
    assert sorted((one.rule, one.subject) for one in alerts_of(ward)) == [
        ("home_silent", Subject.of_home(1)),
        ("inactivity", Subject.of_resident(1)),
        ("inactivity", Subject.of_resident(2)),
    ]
    assert ward.has_evaluated(at("2026-07-01 12:00"))


def test_history_before_the_watch_teaches_and_raises_nothing(database: Database, tmp_path: Path) -> None:
    ward = EvaluatedWard(database, tmp_path, [home(1, watched_from=TODAY)], TODAY - timedelta(hours=1))
    ward.store(daily(1, FIRST, DAYS - 5))
    ward.store([Seen("sos-1", "sos", 1, FIRST + timedelta(days=3))])
    ward.pass_to(TODAY - timedelta(minutes=1))
    assert alerts_of(ward) == []
    assert ward.has_evaluated(TODAY - timedelta(minutes=1))


def test_with_a_geofence_only_changes_of_fixes_are_evaluated_at_once(
    ward: EvaluatedWard, database: Database
) -> None:
    with database.transaction() as connection:
        always = Hours(frozenset(range(7)), time(0), time(0))
        geofences.add(connection, 1, name="自宅", shape=Circle(35.6, 139.8, 200), hours=always, now=TODAY)
    ward.locate("phone-1", [(at("2026-07-01 00:05"), 35.6, 139.8, 15.0)])
    assert ward.pass_to(at("2026-07-01 00:06")) == 1
    ward.store(signs(1, "00:10"))
    assert ward.pass_to(at("2026-07-01 00:12")) == 0
    ward.locate("phone-1", [(at("2026-07-01 00:14"), 35.6, 139.8, 15.0)])
    assert ward.pass_to(at("2026-07-01 00:15")) == 1
    assert ward.has_evaluated(at("2026-07-01 00:15"))
