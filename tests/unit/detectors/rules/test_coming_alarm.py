"""What the inactivity rule says of an alarm before it is raised, and of a resident who answered."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.device import DeviceKind
from detectors.features.silence_profile import ThresholdCurve
from detectors.features.silence_threshold import SilenceBaseline
from detectors.features.window import SaidSafe, Window, life_signs, moment, no_track
from detectors.rules.base import Evaluation
from detectors.rules.inactivity import Inactivity

ZONE = ZoneInfo("UTC")
DAY = datetime(2026, 7, 1, tzinfo=UTC)
FLAT = SilenceBaseline(40, ThresholdCurve(np.full(288, 60.0), np.full(288, 60.0)))


def evaluated(minutes: list[float], until_min: float, *said: SaidSafe) -> Evaluation:
    """Return what the rule says of motions so many minutes after nine."""
    nine = DAY + timedelta(hours=9)
    rows = [
        ((nine + timedelta(minutes=one)).timestamp(), DeviceKind.MOTION, ("kitchen", "hall")[n % 2])
        for n, one in enumerate(minutes)
    ]
    window = Window(1, ZONE, DAY, life_signs(rows), no_track(), (), (), (), (), said_safe=said)
    return Inactivity(lambda _day: FLAT).evaluate(window, DAY, nine + timedelta(minutes=until_min))


def test_what_is_raised_next_is_said_before_and_raised_at_that_moment_if_nothing_moves() -> None:
    # Sure signs, then some with an uncertain one that puts the alarm off.
    for minutes in ([0.0, 1.0], [0.0, 1.0, 70.0]):
        said = [evaluated(minutes, minutes[-1] + wait).coming for wait in (2, 20, 60, 140)]
        (coming,) = {one for one in said if one is not None}
        after = (coming.alarm_at - DAY - timedelta(hours=9)) / timedelta(minutes=1)
        (found,) = evaluated(minutes, after).findings
        assert (found.began_at, found.raised_at) == (coming.began_at, coming.alarm_at)
        assert evaluated(minutes, after - 0.1).findings == ()


def test_nothing_is_coming_once_it_is_raised() -> None:
    assert evaluated([0.0, 1.0], 200).coming is None


def test_an_answer_of_the_resident_begins_the_count_anew_and_stands_in_the_reason() -> None:
    began, answered = moment((DAY + timedelta(hours=9, minutes=1)).timestamp()), DAY + timedelta(hours=11)
    (before,) = evaluated([0.0, 1.0], 300).findings
    coming = evaluated([0.0, 1.0], 200, SaidSafe(began, answered, by_resident=True)).coming
    assert coming is not None
    (after,) = evaluated([0.0, 1.0], 300, SaidSafe(began, answered, by_resident=True)).findings
    assert (
        (after.began_at, after.raised_at) == (coming.began_at, coming.alarm_at) == (answered, coming.alarm_at)
    )
    assert after.raised_at - answered == before.raised_at - before.began_at
    assert (after.reason["answered_at"], after.reason["said_safe_at"]) == (answered.isoformat(), None)
    (closed,) = evaluated([0.0, 1.0], 300, SaidSafe(began, answered)).findings
    assert (closed.reason["said_safe_at"], closed.reason["answered_at"]) == (answered.isoformat(), None)
