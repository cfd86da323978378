"""Trackers and batteries, evaluated by the scheduler: what the store gives them, and what comes of it."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from core.domain.alert import Condition, Severity
from core.domain.geodesy import METRES_PER_DEGREE
from core.store.database import Database
from core.store.people import baselines
from detectors.baselines import significant_places as places
from detectors.features import significant_places as usual_places
from detectors.features.significant_places import Places
from tests.support.wards.evaluated_ward import EvaluatedWard, Seen, at, home

DAYS = 20
FIRST = at("2026-06-01 00:00")
TODAY = FIRST + timedelta(days=DAYS)
HOME = (35.6, 139.8)
SHOP = (35.606, 139.8)


@pytest.fixture
def ward(database: Database, tmp_path: Path) -> EvaluatedWard:
    """Give one home, watched from today on, that has reported nothing yet."""
    return EvaluatedWard(database, tmp_path, [home(1, watched_from=TODAY)], TODAY)


def weeks_at_home(ward: EvaluatedWard) -> None:
    """Store a fix every 20 minutes at home, and an hour at the shop each morning at ten."""
    fixes = [FIRST + timedelta(minutes=20 * number) for number in range(DAYS * 72)]
    rows = [(one, *(SHOP if one.hour == 1 else HOME), 15.0) for one in fixes]
    ward.locate("phone-1", rows)


def walk(ward: EvaluatedWard, begins: datetime, north_m: list[float]) -> datetime:
    """Store a fix a minute, so far north of home; return the last moment."""
    rows = [
        (begins + timedelta(minutes=number), HOME[0] + one / METRES_PER_DEGREE, HOME[1], 12.0)
        for number, one in enumerate(north_m)
    ]
    ward.locate("phone-1", rows)
    return rows[-1][0]


def test_walking_off_at_night_is_an_emergency_and_ends_at_home(
    ward: EvaluatedWard, database: Database
) -> None:
    weeks_at_home(ward)
    left = at("2026-06-21 23:30")
    walk(ward, left - timedelta(minutes=10), [5.0 * (number % 3) for number in range(10)])
    out = walk(ward, left, [70.0 * number for number in range(40)])
    ward.pass_to(out)
    (alert,) = ward.alerts("wandering")
    assert alert.severity is Severity.EMERGENCY
    assert alert.reason["pattern"] == "strange"
    with database.transaction() as connection:
        body = baselines.of_day(connection, 1, places.NAME, usual_places.VERSION, date(2026, 6, 22))
    assert body is not None
    learned = Places.from_json(body)
    assert learned.days == DAYS + 1
    assert learned.is_stay(*HOME)
    assert learned.is_familiar(*SHOP)
    assert learned.out_hours == {9, 10, 11}
    back = walk(ward, out + timedelta(minutes=1), [70.0 * number for number in range(39, -1, -1)])
    ward.pass_to(back + timedelta(minutes=1))
    (over,) = ward.alerts("wandering")
    assert over.number == alert.number
    assert over.condition is Condition.CLEARED


def test_to_and_fro_is_raised_while_no_place_is_known_yet(ward: EvaluatedWard) -> None:
    begins = at("2026-06-21 10:00")
    last = walk(ward, begins, [abs(60.0 * number % 240 - 120) for number in range(40)])
    ward.pass_to(last)
    (alert,) = ward.alerts("wandering")
    assert alert.severity is Severity.CHECK_SOON
    ward.pass_to(last + timedelta(minutes=20))
    assert [one.number for one in ward.alerts("wandering")] == [alert.number]


def test_a_tracker_that_stayed_at_home_is_raised_as_a_note(ward: EvaluatedWard) -> None:
    noon = at("2026-06-21 12:00")
    walk(ward, noon - timedelta(minutes=60), [4.0 * (number % 4) for number in range(150)])
    ward.store([Seen("door-1", "contact_open", 1, noon), Seen("door-1", "contact_open", 0, noon)])
    ward.pass_to(noon + timedelta(minutes=80))
    (alert,) = ward.alerts("left_behind")
    assert alert.severity is Severity.KEEP_AN_EYE
    assert alert.began_at == noon


def test_a_battery_that_runs_low_is_raised_at_nine_and_ends_when_it_was_changed(ward: EvaluatedWard) -> None:
    levels = [45 - 2 * day for day in range(DAYS)]
    raised = [
        Seen("hall-1", "battery_pct", one, FIRST + timedelta(days=day, hours=3))
        for day, one in enumerate(levels)
    ]
    ward.store(raised)
    ward.pass_to(TODAY + timedelta(hours=1))
    assert ward.alerts("battery") == []
    ward.pass_to(TODAY + timedelta(hours=9))
    (alert,) = ward.alerts("battery")
    assert alert.severity is Severity.EQUIPMENT
    assert alert.raised_at == TODAY + timedelta(hours=9)
    assert alert.reason["level_pct"] == levels[-1]
    ward.store([Seen("hall-1", "battery_pct", 100, TODAY + timedelta(hours=10))])
    ward.pass_to(TODAY + timedelta(days=1, hours=9))
    (changed,) = ward.alerts("battery")
    assert changed.number == alert.number
    assert changed.condition is Condition.CLEARED


def test_days_that_hold_less_and_less_are_raised_for_the_staff(database: Database, tmp_path: Path) -> None:
    watched = at("2026-06-21 00:00")
    begins = watched - timedelta(days=70)
    ward = EvaluatedWard(database, tmp_path, [home(1, watched_from=watched)], watched)
    for number in range(76):
        # From the day of watching on the morning is all that is left.
        hours = range(7, 21) if number < 70 else range(7, 13)
        day = begins + timedelta(days=number)
        ward.store(
            Seen("kitchen-1", "motion", 1, day + timedelta(hours=hour, minutes=part))
            for hour in hours
            for part in (0, 1, 30)
        )
    for number in range(1, 6):
        ward.pass_to(watched + timedelta(days=number, hours=12))
    (alert,) = ward.alerts("decline")
    assert alert.severity is Severity.KEEP_AN_EYE
    assert alert.reason["count"] == "active_quarters"
    assert alert.reason["usual"] == {"median": 28.0, "days": 56}
    assert alert.raised_at - watched <= timedelta(days=3)
