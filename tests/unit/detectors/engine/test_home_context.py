"""Who stands for a home, so that devices that are nobody's own are somebody's."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from detectors.engine.home_context import HomeContext

NOW = datetime(2026, 8, 1, tzinfo=UTC)


def context(*watched_from: timedelta) -> HomeContext:
    people = [
        SimpleNamespace(number=number, watched_from=NOW + one) for number, one in enumerate(watched_from, 1)
    ]
    record = SimpleNamespace(people=people, active=None)
    return HomeContext(cast("Any", None), cast("Any", SimpleNamespace(until=NOW)), cast("Any", record))


def test_a_press_of_a_shared_button_is_not_left_to_somebody_who_is_watched_from_next_week() -> None:
    found = context(timedelta(days=7), timedelta(days=-1))
    assert [one.number for one in found.watched] == [2]
    assert found.lead.number == 2


def test_whoever_stands_for_a_home_goes_on_when_another_is_watched_too() -> None:
    assert context(timedelta(days=-1), timedelta(days=-30)).lead.number == 2
    # Those whose watch began together stand in the order of their numbers.
    assert context(timedelta(days=-1), timedelta(days=-1)).lead.number == 1
