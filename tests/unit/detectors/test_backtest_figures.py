"""What a backtest counts as found of what really happened."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.alert import Finding, Severity, Subject
from core.domain.backtest import Label
from core.domain.sensitivity import Sensitivity
from detectors.backtest.run import Backtest
from detectors.backtest.statistics import figures, lost

EVENING = datetime(2026, 6, 1, 21, tzinfo=UTC)
MORNING = EVENING + timedelta(hours=10)


def _raised(at: datetime) -> Finding:
    return Finding("inactivity", Subject.of_resident(1), Severity.CHECK_SOON, EVENING, at, None, {})


def test_a_night_s_real_alert_counts_for_its_episode_and_a_setting_that_loses_it_is_known_to() -> None:
    found = {
        Sensitivity.STANDARD: (_raised(MORNING),),
        Sensitivity.QUIET: (_raised(MORNING + timedelta(hours=3)),),
    }
    span = (EVENING - timedelta(days=3), EVENING + timedelta(days=3))
    tested = Backtest(1, ZoneInfo("Asia/Tokyo"), *span, ("inactivity",), found, ())
    # Somebody came at eight: the alert of seven was ten hours after the last movement.
    real = Label(EVENING, "inactivity", MORNING + timedelta(hours=1))
    by_setting = figures(tested, [real])
    assert {name: one.delays_h for name, one in by_setting.items()} == {
        Sensitivity.STANDARD: (10.0,),
        Sensitivity.QUIET: (None,),
    }
    assert [lost(by_setting, name) for name in found] == [0, 1]
    # Of what somebody typed in nobody knows how long it lasted.
    assert figures(tested, [Label(EVENING, "fell")])[Sensitivity.STANDARD].delays_h == (None,)
