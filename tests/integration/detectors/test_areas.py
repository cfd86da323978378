"""A power cut in a neighbourhood: the staff are notified once, nobody of each home, and who stays silent is raised afterwards."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.domain.alert import Alert, Condition, Handling, Outcome, Severity, Subject
from core.store.alerts import handling
from core.store.database import Database
from core.store.telemetry import blind_times
from tests.support.wards.evaluated_ward import EvaluatedWard, Seen, at, home
from tests.support.wards.ward_files import carer

NOW = at("2026-08-03 18:00")
CUT = timedelta(minutes=10)
HOMES = range(1, 13)
DARK = range(1, 5)


def in_area(number: int) -> dict[str, Any]:
    """Return a home with a gateway that is in contact every five minutes; four homes are in each neighbourhood."""
    made = home(number, watched_from=NOW)
    made["area"] = f"{(number - 1) // 4 + 3}丁目"
    made["devices"][-1]["heartbeat_s"] = 300
    return made


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url) as database:
        yield database


@pytest.fixture
def ward(database: Database, tmp_path: Path) -> EvaluatedWard:
    return EvaluatedWard(database, tmp_path, [in_area(number) for number in HOMES], NOW)


def live(ward: EvaluatedWard, homes: Sequence[int], begin_min: int, end_min: int) -> None:
    """Let gateways be in contact every five minutes, each at a moment of its own, and somebody move; evaluate every other minute."""
    for minute in range(begin_min, end_min):
        moment = NOW + timedelta(minutes=minute)
        received = [number for number in homes if (minute + number) % 5 == 0]
        ward.store(Seen(f"gate-{number}", "online", 1, moment) for number in received)
        ward.store(Seen(f"kitchen-{number}", "motion", 1, moment) for number in received)
        if minute % 2 == 0:
            ward.pass_to(moment)


def raised(ward: EvaluatedWard) -> list[Alert]:
    return [one for one in ward.alerts() if one.severity is not Severity.EQUIPMENT]


def test_a_power_cut_of_a_neighbourhood_is_one_alert_for_the_staff(
    ward: EvaluatedWard, database: Database
) -> None:
    lit = [number for number in HOMES if number not in DARK]
    live(ward, HOMES, 0, 10)
    live(ward, lit, 10, 60)
    (alert,) = raised(ward)
    assert (alert.rule, alert.subject, alert.resident) == ("area_silent", Subject.of_area("3丁目"), None)
    assert (alert.reason["homes"], alert.reason["of_homes"]) == (4, 4)
    assert alert.raised_at - (NOW + CUT) <= timedelta(minutes=15)
    # Each of these homes is blind all the same.
    assert {ward.state(number) for number in DARK} == {"cannot_tell"}
    assert ward.state(5) != "cannot_tell"
    with database.transaction() as connection:
        blind = blind_times.of_subjects(
            connection, [Subject.of_home(number) for number in HOMES], NOW, NOW + timedelta(hours=1)
        )
    assert {one.subject for one in blind} == {Subject.of_home(number) for number in DARK}

    # The power comes back, but one gateway is broken: that home is raised by itself now, after its full time.
    live(ward, [*lit, 1, 2, 3], 60, 66)
    (alert,) = raised(ward)
    assert alert.condition is Condition.CLEARED
    live(ward, [*lit, 1, 2, 3], 66, 83)
    area, single = raised(ward)
    assert area.number == alert.number
    assert (single.rule, single.subject) == ("home_silent", Subject.of_home(4))
    assert single.raised_at >= NOW + timedelta(minutes=60 + 15)


def test_homes_that_were_raised_before_are_not_taken_back(ward: EvaluatedWard) -> None:
    live(ward, HOMES, 0, 10)
    live(ward, [number for number in HOMES if number != 1], 10, 30)
    assert [one.subject for one in raised(ward)] == [Subject.of_home(1)]
    live(ward, [number for number in HOMES if number not in DARK], 30, 60)
    first, area = raised(ward)
    assert (first.subject, first.condition) == (Subject.of_home(1), Condition.ACTIVE)
    assert (area.subject, area.reason["homes"]) == (Subject.of_area("3丁目"), 3)


def test_two_silent_homes_are_raised_one_by_one(ward: EvaluatedWard) -> None:
    live(ward, HOMES, 0, 10)
    live(ward, [number for number in HOMES if number > 2], 10, 30)
    assert {one.subject for one in raised(ward)} == {Subject.of_home(1), Subject.of_home(2)}


@pytest.mark.parametrize(
    ("hours", "rules"), [((24.2, 25, 26, 27), ["area_silent"]), ((23.8, 23, 22, 21), [])]
)
def test_homes_without_contact_for_a_day_do_not_hide_the_others(
    database: Database, tmp_path: Path, hours: Sequence[float], rules: list[str]
) -> None:
    """Seven homes of one neighbourhood: four long silent, one after another, and three cut off together a moment ago."""
    homes = [in_area(number) | {"area": "3丁目"} for number in range(1, 8)]
    ward = EvaluatedWard(database, tmp_path, [*homes, *(in_area(number) for number in range(8, 13))], NOW)
    end = NOW + timedelta(minutes=24)
    ward.store(
        Seen(f"gate-{number}", "online", 1, end - timedelta(hours=one))
        for number, one in zip(range(4, 8), hours, strict=True)
    )
    ward.pass_to(NOW)
    live(ward, [*range(1, 4), *range(8, 13)], 0, 10)
    live(ward, range(8, 13), 10, 24)
    # Three of three are the neighbourhood; three of seven are not.
    assert [one.rule for one in raised(ward) if one.rule == "area_silent"] == rules


def test_the_whole_ward_is_not_raised_neighbourhood_by_neighbourhood(ward: EvaluatedWard) -> None:
    live(ward, HOMES, 0, 10)
    live(ward, [], 10, 90)
    assert [one.rule for one in raised(ward)] == ["ward_silent"]


def test_homes_that_come_back_after_the_ward_get_their_time_from_then_on_before_they_are_an_outage(
    ward: EvaluatedWard,
) -> None:
    lit = [number for number in HOMES if number not in DARK]
    live(ward, HOMES, 0, 10)
    live(ward, [], 10, 40)
    # The broker is back at minute 40; one neighbourhood has been silent for half an hour by then, which says nothing yet.
    live(ward, lit, 40, 52)
    assert [one.rule for one in raised(ward)] == ["ward_silent"]
    live(ward, lit, 52, 56)
    assert [(one.rule, one.raised_at) for one in raised(ward)][1:] == [
        ("area_silent", NOW + timedelta(minutes=40 + 12))
    ]


def test_a_closed_outage_that_goes_on_is_not_raised_again(ward: EvaluatedWard, database: Database) -> None:
    lit = [number for number in HOMES if number not in DARK]
    live(ward, HOMES, 0, 10)
    live(ward, lit, 10, 30)
    (alert,) = raised(ward)
    with database.transaction() as connection:
        user = carer(connection, NOW)
        handling.close(
            connection, alert.number, user=user, outcome=Outcome.EQUIPMENT_FAULT, now=ward.clock.now()
        )
    live(ward, lit, 30, 60)
    (alert,) = raised(ward)
    assert alert.handling is Handling.CLOSED


def sleep(ward: EvaluatedWard, homes: Sequence[int], begin_min: int, end_min: int) -> None:
    """Let gateways be in contact every five minutes while nobody moves; evaluate every minute."""
    for minute in range(begin_min, end_min):
        moment = NOW + timedelta(minutes=minute)
        ward.store(
            Seen(f"gate-{number}", "online", 1, moment) for number in homes if (minute + number) % 5 == 0
        )
        ward.pass_to(moment)


def test_a_home_is_raised_soon_though_nobody_in_the_ward_moved_at_its_hour(ward: EvaluatedWard) -> None:
    live(ward, HOMES, 0, 10)
    # The gateway of the first home was in contact last at minute 9.
    sleep(ward, [number for number in HOMES if number != 1], 10, 30)
    assert raised(ward) == []
    moved = NOW + timedelta(minutes=30)
    ward.store([Seen("kitchen-7", "motion", 1, moved)])
    for minute in range(30, 36):
        ward.pass_to(NOW + timedelta(minutes=minute, seconds=1))
    assert [(one.rule, one.subject) for one in raised(ward)] == [("home_silent", Subject.of_home(1))]


def test_a_power_cut_is_raised_before_its_homes_also_when_both_waited_for_somebody_to_move(
    ward: EvaluatedWard, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The small ward is looked at as often as a second of the machine allows, and evaluating it goes on faster here.
    monkeypatch.setattr("detectors.engine.scheduler._WARD_EVERY_S", 0.0)
    monkeypatch.setattr("detectors.engine.scheduler._AREAS_SHARE", 1.0)
    live(ward, HOMES, 0, 10)
    sleep(ward, [number for number in HOMES if number not in DARK], 10, 33)
    ward.pass_to(NOW + timedelta(minutes=32, seconds=40))
    assert raised(ward) == []
    # At this moment a home that waits is looked at again.
    ward.store([Seen("kitchen-7", "motion", 1, NOW + timedelta(minutes=32, seconds=46))])
    ward.pass_to(NOW + timedelta(minutes=32, seconds=50))
    assert [one.rule for one in raised(ward)] == ["area_silent"]
