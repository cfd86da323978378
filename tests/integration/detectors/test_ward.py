"""Many homes at once: the ward as a whole, several processes, and how fast a replay can go."""

from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.alert import WARD, Alert, Condition, Severity, Subject
from core.store.database import Connection, Database
from core.store.detection import evaluation_queue
from core.store.telemetry import blind_times
from detectors.engine.scheduler import Scheduler
from tests.support.alerting import RunningClock
from tests.support.wards.evaluated_ward import ZONE, EvaluatedWard, Seen, at, daily, home

DAYS = 8
HOMES = 24
FIRST = at("2026-06-01 00:00")
TODAY = FIRST + timedelta(days=DAYS)


@pytest.fixture
def ward(database: Database, tmp_path: Path) -> EvaluatedWard:
    """Give a ward of 24 homes whose residents are up and about, evaluated up to today's midnight."""
    homes = [home(number, watched_from=TODAY) for number in range(1, HOMES + 1)]
    found = EvaluatedWard(database, tmp_path, homes, TODAY)
    for number in range(1, HOMES + 1):
        found.store(daily(number, FIRST + timedelta(seconds=70 * number), DAYS))
    found.pass_to(TODAY + timedelta(minutes=1))
    return found


def live(ward: EvaluatedWard, hours: float, *, since: float = 0.0) -> None:
    """Store today's life signs between two hours of the day."""
    for number in range(1, HOMES + 1):
        today = daily(number, TODAY + timedelta(seconds=70 * number), 1)
        begin, end = TODAY + timedelta(hours=since), TODAY + timedelta(hours=hours)
        ward.store(one for one in today if begin < one.time <= end)


def test_a_silent_ward_is_one_alert_and_nobody_is_said_to_lie_still(ward: EvaluatedWard) -> None:
    live(ward, 10)
    for minutes in range(0, 12 * 60, 30):
        ward.pass_to(TODAY + timedelta(hours=10, minutes=minutes))
    (alert,) = ward.alerts()
    assert (alert.rule, alert.subject, alert.resident) == ("ward_silent", WARD, None)
    assert timedelta(minutes=15) <= alert.raised_at - alert.began_at <= timedelta(minutes=16)
    # Everybody is "cannot tell" once it would have been their turn.
    assert ward.state(1) == "cannot_tell"

    # Homes come back one by one: the ward's alert ends, and nobody is alarmed for the time that was blind.
    for number in range(1, HOMES + 1):
        back = TODAY + timedelta(hours=23, minutes=2 * number)
        ward.store([Seen(f"kitchen-{number}", "motion", 1, back), Seen(f"hall-{number}", "motion", 1, back)])
        ward.pass_to(back + timedelta(seconds=1))
    (alert,) = ward.alerts()
    assert (alert.condition, alert.cleared_at) == (
        Condition.CLEARED,
        TODAY + timedelta(hours=23, minutes=2),
    )


def test_an_outage_lasts_until_life_signs_come_again_though_it_is_stored_before_it_may_be_evaluated(
    ward: EvaluatedWard,
) -> None:
    live(ward, 10)
    for minutes in range(0, 4 * 60, 30):
        ward.pass_to(TODAY + timedelta(hours=10, minutes=minutes))
    # Everybody's next life signs are stored, but ingest vouches only for the time before them.
    live(ward, 16, since=14)
    ward.pass_to(TODAY + timedelta(hours=13, minutes=50))
    (alert,) = ward.alerts()
    assert (alert.rule, alert.condition) == ("ward_silent", Condition.ACTIVE)

    ward.pass_to(TODAY + timedelta(hours=16))
    (alert,) = ward.alerts()
    # The first home moves at 14:01:10.
    assert alert.cleared_at == TODAY + timedelta(hours=14, seconds=70)


def test_an_outage_that_nobody_watched_is_found_afterwards(ward: EvaluatedWard, database: Database) -> None:
    # The machine itself was off for twelve hours: the first thing that a new process sees is life everywhere.
    live(ward, 9)
    ward.pass_to(TODAY + timedelta(hours=9, minutes=1))
    live(ward, 22, since=21)
    ward.pass_to(TODAY + timedelta(hours=22), scheduler=Scheduler(database, ward.clock, ZONE))
    assert [one.rule for one in ward.alerts()] == ["ward_silent"]
    assert ward.alerts()[0].detected_late


def test_after_an_outage_everybody_is_evaluated_again_without_any_contact(ward: EvaluatedWard) -> None:
    # The ward is silent from 22:30 to 4:31, as it is every night of these; nothing comes from resident 1 after that either.
    for hour in range(24):
        for number in range(2, HOMES + 1):
            today = daily(number, TODAY + timedelta(seconds=70 * number), 1)
            begin = TODAY + timedelta(hours=hour)
            ward.store(one for one in today if begin < one.time <= begin + timedelta(hours=1))
        ward.pass_to(TODAY + timedelta(hours=hour + 1))
    (missed,) = ward.alerts("inactivity")
    assert missed.subject == Subject.of_resident(1)
    assert missed.reason["listening_since"] is not None
    assert ward.state(1) == "different"


def test_two_processes_share_the_work_and_raise_nothing_twice(
    ward: EvaluatedWard, database: Database
) -> None:
    # Everybody is silent from 4:30 on except one home, so 23 alerts are due.
    live(ward, 5)
    # Often enough that the ward is not silent, and not as often as a sensor that chatters.
    today = daily(1, TODAY, 1, hours=[place * 14 / 60 for place in range(102)])
    ward.store(today)
    ward.clock.advance(hours=20)
    ward.complete(ward.clock.now())
    schedulers = [Scheduler(database, ward.clock, ZONE) for _ in range(2)]
    with database.transaction() as connection:
        # One process holds the first homes; the other takes the rest meanwhile.
        held = evaluation_queue.claim_homes(connection, ward.clock.now(), 5)
        assert len(held) == 5
        assert schedulers[0].cycle() > 0
    schedulers[1].cycle()
    assert ward.has_evaluated(ward.clock.now())
    assert sorted(one.subject for one in ward.alerts("inactivity")) == sorted(
        Subject.of_resident(number) for number in range(2, HOMES + 1)
    )


def test_an_hour_of_a_replay_takes_as_many_transactions_at_the_end_of_a_day_as_at_its_beginning(
    ward: EvaluatedWard, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    transaction = database.transaction
    opened: list[int] = []

    def counted() -> AbstractContextManager[Connection]:
        opened[-1] += 1
        return transaction()

    monkeypatch.setattr(database, "transaction", counted)
    for hour in range(7, 19):
        opened.append(0)
        live(ward, hour + 1, since=hour)
        now = TODAY + timedelta(hours=hour + 1)
        ward.pass_to(now)
        assert ward.has_evaluated(now)

    # A busy machine makes the ward be looked at once more; what grew with the day would show in every later hour.
    assert min(opened[-4:]) <= min(opened[1:5]) + 5


def test_the_staff_are_notified_of_a_broker_that_is_down_and_nobody_is_alarmed(
    ward: EvaluatedWard, database: Database
) -> None:
    gone = TODAY + timedelta(hours=9)
    live(ward, 9)
    ward.pass_to(gone)
    before = [one.number for one in ward.alerts()]
    with database.transaction() as connection:
        blind_times.begin(connection, WARD, "broker_unreachable", gone, gone)
    ward.pass_to(gone + timedelta(minutes=4))
    assert [one.number for one in ward.alerts()] == before
    for minutes in range(10, 11 * 60, 30):
        ward.pass_to(gone + timedelta(minutes=minutes))
    assert {one.rule for one in ward.alerts()} == {"ward_silent"}
    assert ward.alerts()[-1].condition is Condition.ACTIVE
    back = gone + timedelta(hours=11, minutes=5)
    with database.transaction() as connection:
        blind_times.end(connection, WARD, "broker_unreachable", back)
    live(ward, 20.5, since=20.1)
    ward.pass_to(back + timedelta(minutes=30))
    assert {one.rule for one in ward.alerts()} == {"ward_silent"}
    assert ward.alerts()[-1].condition is Condition.CLEARED


def test_a_ward_that_cannot_be_evaluated_is_noted_and_calls_for_help_are_raised_all_the_same(
    ward: EvaluatedWard, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object) -> None:
        raise ZeroDivisionError

    def failed() -> object:
        with database.transaction() as connection:
            return connection.execute(
                "SELECT failed_rule FROM evaluation WHERE resident_id IS NULL"
            ).fetchone()

    now = ward.clock.now() + timedelta(minutes=5)
    monkeypatch.setattr("detectors.engine.ward.rule_windows.home_life_signs", broken)
    ward.store([Seen("sos-1", "sos", 1, now)])
    ward.pass_to(now)
    assert "sos" in [one.rule for one in ward.alerts()]
    assert failed() == ("ward_silent",)

    monkeypatch.undo()
    ward.pass_to(now + timedelta(minutes=2))
    assert failed() == (None,)


def test_a_clock_that_was_set_back_stops_nobody_from_being_evaluated(
    ward: EvaluatedWard, database: Database
) -> None:
    now = ward.clock.now()
    ward.pass_to(now + timedelta(days=30))
    # The time server puts it right, and the next report of ingest is by the right time too.
    with database.transaction() as connection:
        connection.execute("DELETE FROM ingest_progress")
    ward.pass_to(now + timedelta(minutes=1))

    with database.transaction() as connection:
        ahead = connection.execute(
            "SELECT count(*) FROM evaluation WHERE evaluated_through > %s", (now + timedelta(minutes=1),)
        ).fetchone()
    assert ahead == (0,)
    press = now + timedelta(minutes=2)
    ward.store([Seen("sos-1", "sos", 1, press)])
    ward.pass_to(press)
    assert "sos" in [one.rule for one in ward.alerts()]


def test_ingest_that_stands_still_is_raised_for_the_staff(ward: EvaluatedWard, database: Database) -> None:
    clock = RunningClock(ward.clock.now())
    scheduler = Scheduler(database, clock, ZONE)
    live(ward, 9)
    stopped = TODAY + timedelta(hours=9)
    ward.complete(stopped)
    clock.advance(seconds=(stopped - clock.now()).total_seconds())
    scheduler.cycle()
    clock.advance(minutes=8)
    Scheduler(database, clock, ZONE).cycle()
    (alert,) = ward.alerts()
    assert (alert.rule, alert.reason["cause"], alert.condition) == (
        "ward_silent",
        "ingest_behind",
        Condition.ACTIVE,
    )
    # It catches up: what was sent had waited in the broker.
    live(ward, 9.2, since=9)
    ward.complete(clock.now())
    Scheduler(database, clock, ZONE).cycle()
    clock.advance(minutes=1)
    ward.complete(clock.now())
    Scheduler(database, clock, ZONE).cycle()
    (alert,) = ward.alerts()
    assert alert.condition is Condition.CLEARED


def test_a_canary_that_is_missed_is_raised_for_the_staff_as_equipment_and_blinds_nobody(
    ward: EvaluatedWard, database: Database
) -> None:
    def raised() -> list[Alert]:
        return [one for one in ward.alerts() if one.rule == "canary_silent"]

    gone = TODAY + timedelta(hours=9)
    live(ward, 9)
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO device (device_id, sender, kind, heartbeat_s, registered_at)"
            " VALUES ('canary-1', 'native:canary-1', 'canary', 60, %s)",
            (gone - timedelta(minutes=1),),
        )
    ward.pass_to(gone)
    assert raised() == []
    live(ward, 9.25, since=9.01)
    ward.pass_to(gone + timedelta(minutes=15))
    (alert,) = raised()
    assert (alert.severity, alert.condition) == (Severity.EQUIPMENT, Condition.ACTIVE)
    with database.transaction() as connection:
        ward_blind = blind_times.of_subjects(connection, (WARD,), gone, gone + timedelta(minutes=15))
        connection.execute(
            "INSERT INTO device_contact (device_number, last_received_at, last_time)"
            " SELECT device_number, %(at)s, %(at)s FROM device WHERE kind = 'canary'",
            {"at": gone + timedelta(minutes=16)},
        )
    assert ward_blind == []
    ward.pass_to(gone + timedelta(minutes=17))
    (alert,) = raised()
    assert alert.condition is Condition.CLEARED
