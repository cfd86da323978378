"""Whether somebody is at home, as the scheduler keeps it beside what the board says."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.access_scope import AccessScope
from core.domain.evidence.presence import Presence, PresenceReason, PresenceState
from core.store.database import Database
from core.store.people import residents
from tests.support.wards.evaluated_ward import EvaluatedWard, Seen, at, daily, home

DAYS = 30
FIRST = at("2026-06-01 00:00")
TODAY = FIRST + timedelta(days=DAYS)


@pytest.fixture
def ward(database: Database, tmp_path: Path) -> EvaluatedWard:
    """Give one home with a door that reports every ten minutes, evaluated up to this morning."""
    fitted = home(1, watched_from=TODAY, door_heartbeat_s=600)
    # The home is in contact by its kitchen when the door is not.
    fitted["devices"][1]["heartbeat_s"] = 3600
    found = EvaluatedWard(database, tmp_path, [fitted], TODAY)
    found.store(daily(1, FIRST, DAYS))
    door(found, "00:00")
    found.pass_to(TODAY + timedelta(minutes=1))
    morning(found)
    return found


def morning(ward: EvaluatedWard) -> None:
    ward.store(daily(1, TODAY, 1, hours=(7.0, 7.5, 8.0, 8.5, 9.0)))
    door(ward, "09:05")
    ward.pass_to(at("2026-07-01 09:06"))


def door(ward: EvaluatedWard, clock: str, *, used: bool = False) -> None:
    """Store that the door's sensor said how its battery is, or that the door was used."""
    metric, value = ("contact_used", 1) if used else ("battery_pct", 80)
    ward.store([Seen("door-1", metric, value, at(f"2026-07-01 {clock}"))])


def leave(ward: EvaluatedWard) -> None:
    ward.store([Seen("hall-1", "motion", 1, at("2026-07-01 09:09"))])
    door(ward, "09:10", used=True)
    ward.pass_to(at("2026-07-01 09:11"))


def presence(ward: EvaluatedWard, age: timedelta = timedelta(hours=1)) -> Presence:
    """Return whether the first resident is at home, as pages see it that want nothing older."""
    with ward.database.transaction() as connection:
        one = residents.overview(connection, AccessScope(everything=True), 1)
    return one.presence_at(ward.clock.now() - age)


def state(ward: EvaluatedWard) -> tuple[PresenceState, PresenceReason]:
    found = presence(ward)
    return found.state, found.reason


def test_a_use_of_the_door_is_evaluated_at_once_and_the_half_hour_after_it_by_itself(
    ward: EvaluatedWard,
) -> None:
    assert state(ward) == (PresenceState.IN, PresenceReason.SEEN_INSIDE)
    leave(ward)
    assert state(ward) == (PresenceState.CANNOT_TELL, PresenceReason.JUST_USED)
    door(ward, "09:30")
    assert ward.pass_to(at("2026-07-01 09:41")) == 1
    left = at("2026-07-01 09:10")
    assert presence(ward) == Presence(PresenceState.OUT, PresenceReason.NOTHING_INSIDE, left, left)


def test_a_return_is_evaluated_at_once_and_life_at_home_is_not(ward: EvaluatedWard) -> None:
    leave(ward)
    door(ward, "09:40")
    ward.pass_to(at("2026-07-01 09:41"))
    door(ward, "09:50", used=True)
    ward.store(daily(1, TODAY + timedelta(minutes=1), 1, hours=(9.85,)))
    assert ward.pass_to(at("2026-07-01 09:55")) == 1
    assert state(ward) == (PresenceState.IN, PresenceReason.SEEN_INSIDE)
    assert presence(ward).door_at == at("2026-07-01 09:50")
    ward.store(daily(1, TODAY, 1, hours=(9.95,)))
    assert ward.pass_to(at("2026-07-01 09:59")) == 0
    assert state(ward) == (PresenceState.IN, PresenceReason.SEEN_INSIDE)


def test_a_dead_sensor_at_the_door_makes_it_unknown_until_somebody_is_seen_after_it_is_back(
    ward: EvaluatedWard,
) -> None:
    ward.store(daily(1, TODAY, 1, hours=(9.5,)))
    ward.pass_to(at("2026-07-01 10:00"))
    assert state(ward) == (PresenceState.CANNOT_TELL, PresenceReason.DOOR_SILENT)
    door(ward, "10:10")
    ward.pass_to(at("2026-07-01 10:11"))
    ward.pass_to(at("2026-07-01 10:20"))
    assert state(ward) == (PresenceState.CANNOT_TELL, PresenceReason.DOOR_SILENT)
    door(ward, "10:25")
    ward.store(daily(1, TODAY, 1, hours=(10.5,)))
    ward.pass_to(at("2026-07-01 10:32"))
    assert state(ward) == (PresenceState.IN, PresenceReason.SEEN_INSIDE)


def test_since_when_somebody_is_at_home_outlasts_the_days_that_are_looked_at(ward: EvaluatedWard) -> None:
    leave(ward)
    door(ward, "09:20", used=True)
    ward.store(daily(1, TODAY, 1, hours=(9.35,)))
    ward.pass_to(at("2026-07-01 09:25"))
    since = presence(ward).since
    assert since == at("2026-07-01 09:21")
    for day in (1, 2, 3):
        ward.store(daily(1, TODAY + timedelta(days=day), 1))
        said = [TODAY + timedelta(days=day, minutes=10 * one) for one in range(144)]
        ward.store([Seen("door-1", "battery_pct", 80, one) for one in said])
        ward.pass_to(TODAY + timedelta(days=day, hours=23))
    assert presence(ward) == Presence(
        PresenceState.IN, PresenceReason.SEEN_INSIDE, since, at("2026-07-01 09:20")
    )


def test_what_was_evaluated_too_long_ago_is_not_said_any_more(ward: EvaluatedWard) -> None:
    ward.clock.advance(seconds=7200)
    assert state(ward) == (PresenceState.CANNOT_TELL, PresenceReason.NOT_EVALUATED)


def test_with_a_second_resident_it_is_not_known_whose_movements_they_are(
    database: Database, tmp_path: Path
) -> None:
    shared = home(1, watched_from=TODAY)
    shared["residents"].append(
        {**shared["residents"][0], "key": "r1b", "name": "山田次郎", "kana": "やまだじろう"}
    )
    ward = EvaluatedWard(database, tmp_path, [shared], TODAY)
    ward.store(daily(1, FIRST, DAYS))
    door(ward, "00:00", used=True)
    ward.pass_to(TODAY + timedelta(minutes=1))
    assert state(ward) == (PresenceState.CANNOT_TELL, PresenceReason.SEVERAL_RESIDENTS)


MANY = 12


@pytest.fixture
def large(database: Database, tmp_path: Path) -> EvaluatedWard:
    """Give a ward of as many homes as it takes to be silent as a whole, all as on other mornings; the first has a door that reports."""
    homes = [home(number, watched_from=TODAY, door_heartbeat_s=600) for number in range(1, MANY + 1)]
    for one in homes:
        one["devices"][1]["heartbeat_s"] = 3600
    found = EvaluatedWard(database, tmp_path, homes, TODAY)
    for number in range(1, MANY + 1):
        found.store(daily(number, FIRST, DAYS))
    found.pass_to(TODAY + timedelta(minutes=1))
    for number in range(1, MANY + 1):
        found.store(daily(number, TODAY, 1, hours=(7.0, 7.5, 8.0, 8.5, 9.0)))
    _in_contact(found, "09:05")
    found.pass_to(at("2026-07-01 09:06"))
    return found


def _in_contact(ward: EvaluatedWard, clock: str, homes: range = range(1, MANY + 1)) -> None:
    moment = at(f"2026-07-01 {clock}")
    ward.store([Seen(f"door-{one}", "battery_pct", 80, moment) for one in homes])
    ward.store([Seen(f"kitchen-{one}", "battery_pct", 80, moment) for one in homes])


def test_in_a_ward_of_many_homes_it_is_known_who_is_at_home_and_who_went_out(large: EvaluatedWard) -> None:
    assert state(large) == (PresenceState.IN, PresenceReason.SEEN_INSIDE)
    leave(large)
    assert state(large) == (PresenceState.CANNOT_TELL, PresenceReason.JUST_USED)
    for clock in ("09:15", "09:25", "09:35"):
        _in_contact(large, clock)
    # Others are seen, one a moment before.
    large.store(daily(2, TODAY, 1, hours=(9.3, 9.67)))
    large.pass_to(at("2026-07-01 09:42"))
    assert state(large) == (PresenceState.OUT, PresenceReason.NOTHING_INSIDE)


def test_while_the_whole_ward_may_be_silent_nobody_is_said_to_have_gone_out(large: EvaluatedWard) -> None:
    leave(large)
    large.store(daily(2, TODAY, 1, hours=(9.3,)))
    for minute in range(19, 43):
        _in_contact(large, f"09:{minute}")
        large.pass_to(at(f"2026-07-01 09:{minute}") + timedelta(seconds=30))
    # Half an hour after the door; but for 24 minutes nobody was seen in any home, and it is not decided why.
    assert state(large) == (PresenceState.CANNOT_TELL, PresenceReason.JUST_USED)
    large.store(daily(2, TODAY, 1, hours=(9.72,)))
    _in_contact(large, "09:44")
    assert large.pass_to(at("2026-07-01 09:44:30")) >= 1
    assert state(large) == (PresenceState.OUT, PresenceReason.NOTHING_INSIDE)


def test_in_a_ward_of_many_homes_a_silent_home_cannot_tell(large: EvaluatedWard) -> None:
    for hour in range(9, 14):
        for minute in range(10, 60, 10):
            _in_contact(large, f"{hour:02}:{minute}", range(2, MANY + 1))
        large.store(daily(2, TODAY, 1, hours=(hour + 0.9,)))
        large.pass_to(at(f"2026-07-01 {hour:02}:59"))
    assert state(large) == (PresenceState.CANNOT_TELL, PresenceReason.HOME_SILENT)
