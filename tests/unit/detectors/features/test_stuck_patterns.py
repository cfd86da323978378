"""What sensors are checked for, as the registry of metrics says."""

from core.domain.metrics import METRICS, StuckCheck, checked_for
from detectors.features import stuck_patterns


def test_each_metric_that_can_stay_in_one_state_has_a_time_after_which_it_does() -> None:
    assert set(stuck_patterns.LASTS_S) == set(checked_for(StuckCheck.LASTING))


def test_all_that_is_checked_is_read() -> None:
    assert {one.name for one in METRICS.values() if one.stuck_check} <= set(stuck_patterns.METRICS)
    assert checked_for(StuckCheck.FROZEN) == ("temperature_c",)
