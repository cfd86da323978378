"""Sensors that chatter or say nothing, evaluated by the scheduler: staff are notified once, and a silence behind them is not hidden."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from core.domain.access_scope import AccessScope
from core.domain.alert import Condition, Severity
from core.domain.evidence.device_profile import DeviceProfile, ProfileField, ProfileSource
from core.domain.geofence import ALWAYS, Circle
from core.domain.metrics import Evidence
from core.store.database import Database
from core.store.devices import profiles
from core.store.devices.registry import device_in_use
from core.store.people import baselines, geofences, residents
from core.store.telemetry import rule_windows
from detectors.rules import decline
from tests.support.wards.evaluated_ward import EvaluatedWard, Seen, at, home

DAYS = 12
TODAY = at("2026-06-21 00:00")
FIRST = TODAY - timedelta(days=DAYS)


@pytest.fixture
def ward(database: Database, tmp_path: Path) -> EvaluatedWard:
    """Give one home, watched from today on, in which somebody has been about every day from seven to ten."""
    ward = EvaluatedWard(database, tmp_path, [home(1, watched_from=TODAY)], TODAY)
    live(ward, ("hall-1", "kitchen-1"), FIRST, TODAY)
    return ward


def live(ward: EvaluatedWard, devices: tuple[str, ...], begin: datetime, end: datetime) -> None:
    """Let somebody move about by day, at uneven times."""
    rows: list[Seen] = []
    minutes = int((end - begin).total_seconds() // 60)
    for number, device in enumerate(devices):
        for minute in range(0, minutes, 20):
            moment = begin + timedelta(minutes=minute + minute * 7 % 13 + 2 * number)
            # Seven to ten at night in Tokyo.
            if (moment.hour + 9) % 24 in range(7, 22) and moment < end:
                # Twice, since a single sign may be a draught.
                again = moment + timedelta(minutes=3, seconds=minute % 50)
                rows += [Seen(device, "motion", 1, one) for one in (moment, again)]
                rows.append(Seen(device, "motion", 0, again + timedelta(minutes=1)))
    ward.store(rows)


def chatter(ward: EvaluatedWard, begin: datetime, end: datetime) -> None:
    # Sooner than `live` ever is: no sensor with this past rests for so long.
    count = int((end - begin) / timedelta(minutes=2))
    ward.store(Seen("hall-1", "motion", 1, begin + timedelta(minutes=2 * number)) for number in range(count))


def test_a_sensor_that_chatters_is_raised_for_staff_once_and_ends_when_it_is_calm(
    ward: EvaluatedWard,
) -> None:
    fault, mended = TODAY + timedelta(hours=6), TODAY + timedelta(hours=30)
    live(ward, ("kitchen-1",), TODAY, TODAY + timedelta(days=2))
    chatter(ward, fault, mended)
    live(ward, ("hall-1",), mended, TODAY + timedelta(days=2))
    ward.pass_to(TODAY + timedelta(hours=12))
    assert ward.alerts("device_stuck") == []
    ward.pass_to(TODAY + timedelta(hours=17))
    (alert,) = ward.alerts("device_stuck")
    assert alert.severity is Severity.EQUIPMENT
    assert alert.reason["cause"] == "chatter"
    assert alert.reason["place"] == "hall"
    ward.pass_to(TODAY + timedelta(hours=29))
    assert [one.number for one in ward.alerts("device_stuck")] == [alert.number]
    ward.pass_to(TODAY + timedelta(hours=47))
    (over,) = ward.alerts("device_stuck")
    assert over.number == alert.number
    assert over.condition is Condition.CLEARED
    assert ward.alerts("inactivity") == []


@pytest.mark.parametrize("is_made_so", [False, True])
def test_a_sensor_that_reports_evenly_by_its_making_is_believed(
    ward: EvaluatedWard, database: Database, is_made_so: bool
) -> None:
    live(ward, ("kitchen-1",), TODAY, TODAY + timedelta(hours=4))
    if is_made_so:
        every_two_minutes = (ProfileField("motion", Evidence.PULSE, hold=timedelta(minutes=2)),)
        with database.transaction() as connection:
            profile = DeviceProfile("even", 1, "", "m", ProfileSource.BY_HAND, every_two_minutes)
            stored = profiles.add(connection, profile, TODAY)
            profiles.follow(connection, device_in_use(connection, "hall-1").number, stored.number)
    chatter(ward, TODAY + timedelta(hours=4), TODAY + timedelta(hours=9))
    ward.pass_to(TODAY + timedelta(hours=17))
    assert bool(ward.alerts("device_stuck")) is not is_made_so
    (silence,) = ward.alerts("inactivity")
    assert (silence.began_at > TODAY + timedelta(hours=8)) is is_made_so


def test_a_sensor_that_chatters_does_not_hide_that_nobody_moves(ward: EvaluatedWard) -> None:
    live(ward, ("kitchen-1",), TODAY, TODAY + timedelta(hours=10))
    chatter(ward, TODAY + timedelta(hours=6), TODAY + timedelta(hours=26))
    ward.pass_to(TODAY + timedelta(hours=26))
    (alert,) = ward.alerts("inactivity")
    assert alert.condition is Condition.ACTIVE
    # The last sign that is believed is the one of the kitchen, or of the hall's first two hours.
    assert alert.began_at <= TODAY + timedelta(hours=10)
    assert alert.raised_at <= TODAY + timedelta(hours=22)


def test_a_room_that_sends_nothing_while_another_is_lived_in_is_raised_after_a_day_and_a_half(
    ward: EvaluatedWard,
) -> None:
    live(ward, ("kitchen-1",), TODAY, TODAY + timedelta(days=3))
    ward.pass_to(TODAY + timedelta(days=1))
    assert ward.alerts("device_stuck") == []
    ward.pass_to(TODAY + timedelta(days=2))
    (alert,) = ward.alerts("device_stuck")
    assert alert.reason["cause"] == "mute"
    assert alert.reason["place"] == "hall"
    live(ward, ("hall-1",), TODAY + timedelta(days=2), TODAY + timedelta(days=2, hours=9))
    ward.pass_to(TODAY + timedelta(days=2, hours=12))
    (over,) = ward.alerts("device_stuck")
    assert over.condition is Condition.CLEARED


def test_a_fix_far_off_is_not_believed_while_the_homes_gateway_receives_the_tracker(
    database: Database, tmp_path: Path
) -> None:
    place = {"lat": 35.6, "lon": 139.8}
    ward = EvaluatedWard(database, tmp_path, [{**home(1, watched_from=TODAY), **place}], TODAY)
    with database.transaction() as connection:
        geofences.add(connection, 1, name="自宅", shape=Circle(35.6, 139.8, 200), hours=ALWAYS, now=TODAY)
    noon = TODAY + timedelta(hours=12)
    fixes = [(noon + timedelta(minutes=m), 35.6 if m < 10 else 35.605, 139.8, 15.0) for m in range(40)]
    # The last thing the gateway receives is of the thirtieth minute.
    ward.store(Seen("phone-1", "near_home", 1, noon + timedelta(minutes=m)) for m in range(31))
    ward.locate("phone-1", fixes[:30])
    ward.pass_to(noon + timedelta(minutes=30))
    assert ward.alerts("geofence_exit") == []
    ward.locate("phone-1", fixes[30:])
    ward.pass_to(noon + timedelta(minutes=41))
    (alert,) = ward.alerts("geofence_exit")
    assert alert.began_at > noon + timedelta(minutes=33)


def test_presence_that_was_reported_long_ago_makes_no_sensor_trustworthy(
    ward: EvaluatedWard, database: Database
) -> None:
    def seeing_stillness(day: datetime) -> set[str]:
        with database.transaction() as connection:
            rows = rule_windows.life_signs(connection, 1, 1, day - timedelta(days=1), day)
        return {one.place for one in rows if one.sees_stillness}

    ward.store([Seen("hall-1", "presence", 1, FIRST + timedelta(days=1))])
    assert seeing_stillness(FIRST + timedelta(days=2)) == {"hall"}
    assert seeing_stillness(FIRST + timedelta(days=7)) == {"hall"}
    assert seeing_stillness(FIRST + timedelta(days=9)) == set()


def test_a_thermometer_without_heartbeat_is_raised_when_it_says_nothing_while_the_home_is_in_contact(
    database: Database, tmp_path: Path
) -> None:
    one = home(1, watched_from=TODAY)
    climate = {"kind": "climate", "device_id": "climate-1", "place": "bedroom", "sender": "native:climate-1"}
    one["devices"].append(climate | {"since": "2026-01-01T00:00:00Z"})
    ward = EvaluatedWard(database, tmp_path, [one], TODAY)

    def warm(begin: datetime, end: datetime) -> None:
        steps = int((end - begin) / timedelta(minutes=30))
        ward.store(
            Seen("climate-1", "temperature_c", 20 + step % 7 / 10, begin + timedelta(minutes=30 * step))
            for step in range(steps)
        )

    live(ward, ("hall-1", "kitchen-1"), FIRST, TODAY + timedelta(days=3))
    fell_silent = TODAY + timedelta(hours=1)
    warm(FIRST, fell_silent)
    # The others are in contact by day: the first day and nine hours of the next.
    ward.pass_to(TODAY + timedelta(days=1, hours=15))
    assert ward.alerts("device_stuck") == []
    ward.pass_to(TODAY + timedelta(days=1, hours=17))
    (alert,) = ward.alerts()
    assert (alert.rule, alert.severity) == ("device_stuck", Severity.EQUIPMENT)
    assert (alert.reason["cause"], alert.reason["place"]) == ("quiet", "bedroom")
    assert alert.began_at == fell_silent - timedelta(minutes=30)
    warm(TODAY + timedelta(days=2), TODAY + timedelta(days=3))
    ward.pass_to(TODAY + timedelta(days=2, hours=6))
    assert ward.alerts("device_stuck")[0].cleared_at == TODAY + timedelta(days=2)


def last_movement(database: Database) -> tuple[datetime | None, str | None]:
    """Return what the board shows."""
    with database.transaction() as connection:
        seen = residents.overview(connection, AccessScope(everything=True), 1)
    return seen.last_life_sign_at, seen.last_life_sign_place


def test_the_last_movement_on_the_board_is_one_that_the_rules_believe(
    ward: EvaluatedWard, database: Database
) -> None:
    morning, fault = TODAY + timedelta(hours=9), TODAY + timedelta(hours=11)
    ward.store(Seen("kitchen-1", "motion", 1, morning + timedelta(minutes=one)) for one in (0, 3))
    chatter(ward, fault, fault + timedelta(hours=3))
    # Until somebody can know it, the hall counts.
    assert last_movement(database) == (fault + timedelta(minutes=178), "hall")
    ward.pass_to(fault + timedelta(hours=3))
    # From the signs of the two hours in which it was not sure yet; nothing of what follows.
    assert last_movement(database) == (fault + timedelta(minutes=118), "hall")
    chatter(ward, fault + timedelta(hours=3), fault + timedelta(hours=5))
    ward.pass_to(fault + timedelta(hours=5))
    assert last_movement(database) == (fault + timedelta(minutes=118), "hall")
    evening = fault + timedelta(hours=6)
    ward.store(Seen("kitchen-1", "motion", 1, evening + timedelta(minutes=one)) for one in (0, 3))
    assert last_movement(database) == (evening + timedelta(minutes=3), "kitchen")
    # It is mended: what it says is left out until that is known, at most two hours later.
    mended = fault + timedelta(hours=9)
    ward.store(Seen("hall-1", "motion", 1, mended + timedelta(minutes=one)) for one in (0, 7))
    assert last_movement(database) == (evening + timedelta(minutes=3), "kitchen")
    ward.pass_to(mended + timedelta(hours=2))
    assert last_movement(database) == (mended + timedelta(minutes=7), "hall")
    ward.store([Seen("hall-1", "motion", 1, mended + timedelta(hours=2))])
    assert last_movement(database) == (mended + timedelta(hours=2), "hall")


def test_chatter_that_is_sure_after_midnight_counts_against_the_day_on_which_it_began(
    ward: EvaluatedWard, database: Database
) -> None:
    began = TODAY + timedelta(hours=23)
    live(ward, ("kitchen-1", "hall-1"), TODAY, began)
    chatter(ward, began, began + timedelta(hours=3))
    for hours in (20, 26, 36):
        ward.pass_to(TODAY + timedelta(hours=hours))
    with database.transaction() as connection:
        found = baselines.latest(connection, 1, decline.NAME, decline.VERSION, date(2026, 6, 22))
    assert found is not None
    before, last = found[1]["days"][-2:]
    assert None not in before
    assert last == [date(2026, 6, 21).toordinal(), None, None, None]


def test_a_day_on_which_a_sensor_chattered_is_not_compared_with_others(
    ward: EvaluatedWard, database: Database
) -> None:
    live(ward, ("kitchen-1", "hall-1"), TODAY, TODAY + timedelta(days=1))
    chatter(ward, TODAY + timedelta(days=1, hours=9), TODAY + timedelta(days=2, hours=1))
    live(ward, ("kitchen-1", "hall-1"), TODAY + timedelta(days=2, hours=1), TODAY + timedelta(days=4))
    ward.pass_to(TODAY + timedelta(days=4, hours=12))
    today = (TODAY + timedelta(days=4, hours=12)).date()
    with database.transaction() as connection:
        found = baselines.latest(connection, 1, decline.NAME, decline.VERSION, today)
    assert found is not None
    rows = {date.fromordinal(row[0]).isoformat()[5:]: row[1:] for row in found[1]["days"]}
    # Half of the first day's quarters have a sign of each; nobody knows what the two days with chatter were like.
    assert rows["06-21"] == rows["06-24"]
    assert (rows["06-22"], rows["06-23"]) == ([None] * 3, [None] * 3)
    assert len(rows) == DAYS + 4
