"""What a rhythm is learned from: nights that somebody spent at home, and every stay in the bathroom."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.device import DeviceKind
from core.domain.rhythm import Rhythm
from detectors.features.daily_rhythm import TrainingData, learn
from detectors.features.window import LifeSigns, Power, RoomSeries, life_signs

ZONE = ZoneInfo("UTC")
TODAY = datetime(2026, 7, 1, tzinfo=UTC)
ROUND = ((1, "bathroom"), (3, "bathroom"), (7, "kitchen"), (7.5, "kitchen"), (20, "kitchen"))


def midnight(back: int) -> float:
    return (TODAY - timedelta(days=back)).timestamp()


def lived(*days: int) -> LifeSigns:
    """Return days, counted back from today, with two visits at night, a morning and an evening, and ten minutes for each."""
    rows = [
        (midnight(back) + 3600 * hour + wait, DeviceKind.MOTION, place)
        for back in days
        for hour, room in ROUND
        for wait, place in ((0, room), (20, room), (600, "bedroom"))
    ]
    return life_signs(rows)


def learned(signs: LifeSigns, *excluded: tuple[float, float]) -> Rhythm:
    return learn(TrainingData(signs, (), (), excluded, TODAY.timestamp() - 7200), ZONE)


def test_nights_before_somebody_was_watched_are_not_quiet_ones() -> None:
    found = learned(lived(*range(1, 10)))
    # The first of the nine has no evening before it.
    assert (found.nights, found.night_visits, found.night_spread) == (8, 16, 0.0)


def test_nights_away_from_home_are_not_quiet_ones() -> None:
    found = learned(lived(*range(1, 6), *range(11, 29)))
    assert (found.nights, found.night_visits) == (21, 42)


def test_the_last_four_nights_are_known_as_they_were() -> None:
    assert learned(lived(1, 2, 4, 5, 6)).last_nights == (2, None, None, 2)


def test_a_stay_that_nobody_saw_end_is_kept_as_the_longest() -> None:
    seen = learned(lived(*range(1, 29)))
    assert (seen.stay_days, seen.stays["night"].count, seen.stays["night"].longest_min) == (28, 56, 10.0)
    # One night nothing is received between the visit at three and the morning at seven.
    signs = lived(*range(1, 29))
    unseen = signs.time != midnight(9) + 3 * 3600 + 600
    missed = LifeSigns(signs.time[unseen], signs.kind[unseen], signs.place[unseen], signs.places)
    assert learned(missed).stays["night"].longest_min == 240.0
    # Time out of contact teaches nothing.
    blind = (midnight(9) + 4 * 3600, midnight(9) + 5 * 3600)
    assert learned(missed, blind).stays["night"].longest_min == 10.0


def test_a_kettle_that_was_forgotten_teaches_nothing_once_people_said_so() -> None:
    began = np.sort([midnight(back) + 3600 * hour for back in range(1, 29) for hour in (7, 15)])
    lasted = np.full(len(began), 300.0)
    lasted[10] = 3 * 3600.0
    time = np.stack([began, began + lasted], axis=1).ravel()
    kettle = Power(7, "kitchen", time, np.tile([1100.0, 0.0], len(began)))
    alarm = (float(began[10]), float(began[10]) + 3 * 3600)
    runs = [
        learn(TrainingData(lived(*range(1, 29)), (kettle,), (), excluded, TODAY.timestamp() - 7200), ZONE)
        .appliances["7"]
        .runs
        for excluded in ((), (alarm,))
    ]
    assert [(one.count, one.longest_min) for one in runs if one] == [(56, 180.0), (55, 5.0)]


def test_rooms_that_were_left_cold_during_a_journey_are_not_usual() -> None:
    hours = np.array([midnight(back) + 3600 * hour for back in range(14, 0, -1) for hour in range(24)])
    journey = (midnight(9), midnight(1))
    is_away = (hours >= journey[0]) & (hours < journey[1])
    room = RoomSeries("living_room", hours, np.where(is_away, 8.0, 20.0), np.full(len(hours), 50.0))
    past = TrainingData(lived(*range(1, 29)), (), (room,), (journey,), TODAY.timestamp() - 7200)
    assert set(learn(past, ZONE).rooms_c["living_room"]) == {20.0}


def test_a_morning_is_late_only_after_all_known_ones_but_one() -> None:
    # Up at a quarter past four on most days, and at eight or nine on three of them.
    hours = dict.fromkeys(range(1, 29), 4.25) | {5: 8.0, 9: 8.5, 15: 9.0}
    rows = [
        (midnight(back) + 3600 * hour + wait, DeviceKind.MOTION, "kitchen")
        for back, hour in hours.items()
        for wait in (0, 20, 1800, 1820)
    ]
    up = learned(life_signs(rows)).up
    assert up is not None
    assert (up.at_min, up.spread_min, up.latest_min) == (255, 0, 510)
    assert up.late_min(60.0) == 510
    assert Rhythm.from_json(Rhythm(up=up).to_json()).up == up


def test_the_door_at_night_is_known_by_nights_and_how_long_nothing_was_seen() -> None:
    def out(back: int, hour: float, minutes: float) -> list[tuple[float, DeviceKind, str]]:
        at = midnight(back) + 3600 * hour
        return [(at, DeviceKind.DOOR, "front_door"), (at + 60 * minutes, DeviceKind.MOTION, "hall")]

    nights = [out(back, 1.0, 20.0 + back) for back in range(2, 8)]
    # Twice in one night; too short; by day; and one long way off, which is left out.
    others = [out(3, 2.0, 12.0), out(10, 1.0, 9.0), out(11, 14.0, 60.0), out(12, 23.5, 300.0)]
    rows = [one for some in (*nights, *others) for one in some]
    found = learned(life_signs(rows)).night_exits
    assert found is not None
    assert (found.count, found.longest_min) == (7, 27.0)
    assert learned(lived(*range(1, 29))).night_exits is None
