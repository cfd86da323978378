"""When the door at night is raised: at once where it is not usual, and only beyond what is usual where it is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.domain.device import DeviceKind
from core.domain.rhythm import Rhythm, Spans
from detectors.features.window import Window, life_signs, no_track
from detectors.rules.night_exit import NightExit

ZONE = ZoneInfo("Asia/Tokyo")
# 1:00 in the night at home.
DOOR_AT = datetime(2026, 7, 1, 16, tzinfo=UTC)


def raised_after_min(rhythm: Rhythm, *, quiet_min: float = 600) -> list[float]:
    """Return how long after the door it is raised; nothing is seen for so many minutes."""
    signs = life_signs(
        [
            ((DOOR_AT - timedelta(minutes=1)).timestamp(), DeviceKind.MOTION, "hall"),
            (DOOR_AT.timestamp(), DeviceKind.DOOR, "front_door"),
            ((DOOR_AT + timedelta(minutes=quiet_min)).timestamp(), DeviceKind.MOTION, "hall"),
        ]
    )
    window = Window(1, ZONE, DOOR_AT - timedelta(days=1), signs, no_track(), (), (), (), ())
    found = NightExit(lambda _: rhythm).evaluate(window, DOOR_AT, DOOR_AT + timedelta(hours=12))
    return [(one.raised_at - DOOR_AT).total_seconds() / 60 for one in found.findings]


def test_where_the_door_is_seldom_used_at_night_it_is_raised_after_ten_minutes() -> None:
    assert raised_after_min(Rhythm()) == [10]
    assert raised_after_min(Rhythm(night_exits=Spans(3, 40.0, 40.0))) == [10]


@pytest.mark.parametrize(("usual_min", "after_min"), [(0.5, 10.5), (25, 35), (109, 119), (300, 120)])
def test_who_goes_out_each_night_is_raised_ten_minutes_beyond_the_usual_and_after_two_hours_at_most(
    usual_min: float, after_min: float
) -> None:
    usual = Rhythm(night_exits=Spans(20, usual_min, usual_min))
    assert raised_after_min(usual) == [after_min]
    assert raised_after_min(usual, quiet_min=after_min - 0.1) == []
