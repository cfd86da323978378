"""What is counted of each local day."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.device import DeviceKind
from detectors.features.activity_counts import count_days
from detectors.features.window import life_signs

UTC = ZoneInfo("UTC")


def test_a_day_counts_quarters_uses_of_the_door_and_quarters_at_night() -> None:
    day = 86_400.0
    rows = [
        (9 * 3600.0, DeviceKind.MOTION, "hall"),
        (9 * 3600.0 + 890, DeviceKind.MOTION, "hall"),
        (9 * 3600.0 + 910, DeviceKind.DOOR, "front-door"),
        (9 * 3600.0 + 950, DeviceKind.DOOR, "front-door"),
        (23 * 3600.0 + 10, DeviceKind.MOTION, "bedroom"),
        (2 * day + 4.9 * 3600, DeviceKind.MOTION, "bathroom"),
        (2 * day + 5 * 3600.0, DeviceKind.MOTION, "bathroom"),
    ]
    found = count_days(life_signs(rows), UTC)
    assert found.day.tolist() == [719_163, 719_165]
    assert {name: count.tolist() for name, count in found.counts.items()} == {
        "active_quarters": [3.0, 2.0],
        "door_uses": [1.0, 0.0],
        "night_quarters": [1.0, 1.0],
    }
    # A day with more than six hours out of contact is not compared.
    blind = count_days(life_signs(rows), UTC, [(10 * 3600.0, 17 * 3600.0)])
    assert np.isnan(blind.counts["door_uses"]).tolist() == [True, False]
    # So is one of which a sensor reported more than was so, be it a moment.
    unsure = count_days(life_signs(rows), UTC, unsure=[(2 * day + 60, 2 * day + 61)])
    assert np.isnan(unsure.counts["active_quarters"]).tolist() == [False, True]


def test_days_are_those_of_the_wall_also_when_the_clock_is_changed() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    # 3 o'clock comes twice on the last Sunday of October; half past eleven at night is still the same day.
    clocks = [datetime(2026, 10, 25, 0, 20, tzinfo=berlin), datetime(2026, 10, 25, 23, 30, tzinfo=berlin)]
    found = count_days(life_signs([(one.timestamp(), DeviceKind.MOTION, "hall") for one in clocks]), berlin)
    assert found.day.tolist() == [date(2026, 10, 25).toordinal()]
    assert found.counts["night_quarters"].tolist() == [2.0]


def test_nothing_received_is_no_day() -> None:
    found = count_days(life_signs([]), UTC, [(0.0, 1e6)])
    assert (len(found.day), found.counts["door_uses"].tolist()) == (0, [])
