"""Which homes count as homes of their neighbourhood: those in contact within a day, and all of an outage that lasts."""

from datetime import UTC, datetime, timedelta

from detectors.engine.areas import counts_since
from detectors.rules.area_silent import AreaOutage

NOW = datetime(2026, 8, 3, 18, 0, tzinfo=UTC)


def outage(hours_ago: float) -> AreaOutage:
    began_at = NOW - timedelta(hours=hours_ago)
    return AreaOutage("3丁目", began_at, began_at + timedelta(minutes=12), silent=3, homes=3)


def test_a_home_counts_for_a_day_after_its_last_contact() -> None:
    assert counts_since(NOW, []) == datetime(2026, 8, 2, 18, 0, tzinfo=UTC)


def test_the_homes_of_an_outage_count_as_long_as_it_lasts() -> None:
    # One that began within the day changes nothing.
    assert counts_since(NOW, [outage(23.5)]) == NOW - timedelta(hours=24)
    assert counts_since(NOW, [outage(3), outage(24.5)]) == NOW - timedelta(hours=24.5)
