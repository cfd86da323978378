"""Outings of people without a tracker, evaluated by the whole service: usual ones disturb nobody, and whoever does not return is asked for."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.domain.evidence.presence import Presence, PresenceReason, PresenceState
from core.store.database import Database
from tests.support.wards.evaluated_ward import EvaluatedWard, Seen, at, daily, home

FIRST = at("2026-06-01 00:00")
TAUGHT_DAYS = 30
TODAY = FIRST + timedelta(days=TAUGHT_DAYS)
NIGHTS = 10
EVENING_WALK = (18.5, 31.25)
# At most so many times the longest usual outing of that kind may pass before somebody who collapsed while out is asked for.
MOST_TIMES = 1.5


def goes_out(day: int, begins: float, ends: float | None) -> list[Seen]:
    """Return an outing by the door: seen in the hall, the door, and the same in turn when they come back, if they do."""
    left = FIRST + timedelta(days=day, hours=begins)
    found = [
        Seen("kitchen-1", "motion", 1, left - timedelta(minutes=4)),
        Seen("hall-1", "motion", 1, left - timedelta(seconds=20)),
        Seen("door-1", "contact_used", 1, left),
    ]
    if ends is not None:
        back = FIRST + timedelta(days=day, hours=ends)
        found += [
            Seen("door-1", "contact_used", 1, back),
            Seen("hall-1", "motion", 1, back + timedelta(seconds=25)),
            Seen("kitchen-1", "motion", 1, back + timedelta(minutes=3)),
        ]
    return found


def lived(days: Iterable[int], outings: Mapping[int, tuple[float, float | None]]) -> list[Seen]:
    """Return regular days without what would have been seen of somebody who was out."""
    gone = [
        (
            FIRST + timedelta(days=day, hours=begins),
            FIRST + timedelta(days=day + 60 if ends is None else day, hours=ends or 0),
        )
        for day, (begins, ends) in outings.items()
    ]
    at_home = [
        one
        for day in days
        for one in daily(1, FIRST + timedelta(days=day), 1)
        if not any(since - timedelta(minutes=5) <= one.time <= until for since, until in gone)
    ]
    seen = at_home + [one for day in days if day in outings for one in goes_out(day, *outings[day])]
    return sorted(seen, key=lambda one: one.time)


@pytest.fixture
def ward(database: Database, tmp_path: Path) -> EvaluatedWard:
    return EvaluatedWard(database, tmp_path, [home(1, watched_from=TODAY)], TODAY)


def presence(ward: EvaluatedWard) -> Presence:
    """Return whether the resident is at home, as it is stored."""
    with ward.database.transaction() as connection:
        row = connection.execute(
            "SELECT presence_state, presence_reason, presence_since, presence_door_at FROM evaluation WHERE resident_id = 1"
        ).fetchone()
    assert row is not None
    return Presence(PresenceState(row[0]), PresenceReason(row[1]), row[2], row[3])


def live_through(ward: EvaluatedWard, seen: list[Seen], until: datetime) -> None:
    """Store what is seen as it happens, and evaluate every quarter of an hour."""
    waiting = [one for one in seen if one.time > ward.clock.now()]
    now = ward.clock.now()
    while now < until:
        now += timedelta(minutes=15)
        fresh = [one for one in waiting if one.time <= now]
        waiting = waiting[len(fresh) :]
        if fresh:
            ward.store(fresh)
        ward.pass_to(now)


@pytest.mark.timeout(300)
def test_an_evening_walker_is_out_and_back_and_not_alarmed_night_after_night(ward: EvaluatedWard) -> None:
    walks = dict.fromkeys(range(16, TAUGHT_DAYS + NIGHTS), EVENING_WALK)
    ward.store(lived(range(TAUGHT_DAYS), walks))
    seen = lived(range(TAUGHT_DAYS, TAUGHT_DAYS + NIGHTS), walks)
    ward.store(goes_out(TAUGHT_DAYS - 1, *EVENING_WALK)[3:])
    live_through(ward, seen, TODAY + timedelta(hours=21))
    left = TODAY + timedelta(hours=18.5)
    assert presence(ward) == Presence(PresenceState.OUT, PresenceReason.NOTHING_INSIDE, left, left)

    live_through(ward, seen, TODAY + timedelta(days=1, hours=8))
    back = TODAY + timedelta(days=1, hours=7.25)
    assert presence(ward) == Presence(
        PresenceState.IN, PresenceReason.SEEN_INSIDE, back + timedelta(seconds=25), back
    )

    live_through(ward, seen, TODAY + timedelta(days=NIGHTS - 1))
    assert ward.alerts("inactivity") == []


@pytest.mark.timeout(300)
def test_an_evening_walk_nobody_knows_yet_is_asked_about_for_two_nights_and_then_usual(
    ward: EvaluatedWard,
) -> None:
    walks = dict.fromkeys(range(TAUGHT_DAYS, TAUGHT_DAYS + NIGHTS), EVENING_WALK)
    ward.store(lived(range(TAUGHT_DAYS), walks))
    live_through(
        ward,
        lived(range(TAUGHT_DAYS, TAUGHT_DAYS + NIGHTS), walks),
        TODAY + timedelta(days=NIGHTS - 1),
    )
    # What a night taught is known from the midnight after its end on.
    assert [one.occurrences for one in ward.alerts("inactivity")] == [2]
    assert ward.alerts("inactivity")[0].raised_at < TODAY + timedelta(days=2)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("usual", [(10.0, 16.0), EVENING_WALK])
def test_who_collapses_while_out_is_asked_for_within_one_and_a_half_times_the_longest_usual_outing(
    ward: EvaluatedWard, usual: tuple[float, float]
) -> None:
    outings: dict[int, tuple[float, float | None]] = dict.fromkeys(range(2, TAUGHT_DAYS - 1, 2), usual)
    outings[TAUGHT_DAYS] = (usual[0], None)
    ward.store(lived(range(TAUGHT_DAYS), outings))
    left = TODAY + timedelta(hours=usual[0])
    longest = timedelta(hours=usual[1] - usual[0])
    live_through(ward, lived([TAUGHT_DAYS], outings), left + MOST_TIMES * longest)

    alerts = ward.alerts("inactivity")
    assert [(one.began_at, one.reason["context"]) for one in alerts] == [(left, "after_door")]
    assert longest < alerts[0].raised_at - left <= MOST_TIMES * longest
