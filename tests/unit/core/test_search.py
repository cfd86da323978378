"""How far from a last position to look."""

from datetime import timedelta

import pytest

from core.domain.search_area import search_area


@pytest.mark.parametrize(
    ("since_seen", "walked_m"),
    [
        (timedelta(minutes=11), 726.0),
        (timedelta(minutes=30), 1980.0),
        (timedelta(hours=3), 11_880.0),
        # Nobody walks for a day at a stretch.
        (timedelta(days=1), 11_880.0),
    ],
)
def test_the_circles_grow_with_the_time_since_the_last_position(
    since_seen: timedelta, walked_m: float
) -> None:
    area = search_area(since_seen)
    assert area is not None
    assert (area.half_m, area.most_m) == pytest.approx((1200 + walked_m, 5000 + walked_m))


# A position that a device dates ahead is one of now.
@pytest.mark.parametrize("minutes", [-2, 0, 10])
def test_while_a_position_says_where_somebody_is_there_is_no_circle_to_search(minutes: int) -> None:
    assert search_area(timedelta(minutes=minutes)) is None
