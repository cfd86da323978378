"""When the monthly test of a channel is due: once in a month, on its day, while its contact is awake."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.delivery.monthly_test import PROVES_FOR, days_around, is_due, score
from core.domain.quiet_hours import QuietHours

TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(7))


@given(
    channel=st.integers(1, 10_000),
    zone=st.sampled_from([TOKYO, BERLIN, UTC]),
    begins=st.integers(0, 23),
    lasts=st.integers(1, 23),
    days=st.integers(0, 700),
)
def test_every_channel_is_tested_once_in_each_month_and_never_while_its_contact_sleeps(
    channel: int, zone: ZoneInfo, begins: int, lasts: int, days: int
) -> None:
    quiet = QuietHours(time(begins), time((begins + lasts) % 24))
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days)
    last_at = None
    tested: list[datetime] = []
    for _ in range(100 * 24):
        now += timedelta(hours=1)
        if is_due(channel, now, zone, last_at, quiet):
            assert quiet.end_after(now, zone) is None
            # The store looks for channels of these days only.
            assert channel % 28 + 1 in days_around(now)
            last_at = now
            tested.append(now.astimezone(zone))
    months = [(one.year, one.month) for one in tested]
    assert len(set(months)) == len(months)
    # Of a hundred days at least two months are whole.
    assert len(months) >= 2


@pytest.mark.parametrize(
    ("day", "hour", "is_tested"),
    [
        (4, 10, False),
        (5, 8, False),
        (5, 9, True),
        (5, 19, False),
        (6, 10, True),
        (7, 18, True),
        (8, 10, False),
    ],
)
def test_what_was_missed_is_made_up_for_on_two_days_and_then_waits_for_the_next_month(
    day: int, hour: int, is_tested: bool
) -> None:
    now = datetime(2026, 8, day, hour, tzinfo=TOKYO)
    assert is_due(4, now, TOKYO, None, NIGHT) is is_tested


def test_a_test_that_somebody_asked_for_counts_for_the_month() -> None:
    now = datetime(2026, 8, 5, 10, tzinfo=TOKYO)
    # The first of August in Tokyo is the last of July in UTC.
    assert not is_due(4, now, TOKYO, datetime(2026, 7, 31, 16, tzinfo=UTC), None)
    assert is_due(4, now, TOKYO, datetime(2026, 7, 31, 14, tzinfo=UTC), None)


def test_who_sleeps_all_day_is_tested_in_the_evening() -> None:
    by_day = QuietHours(time(8), time(20))
    assert not is_due(4, datetime(2026, 8, 5, 10, tzinfo=TOKYO), TOKYO, None, by_day)
    assert is_due(4, datetime(2026, 8, 5, 20, tzinfo=TOKYO), TOKYO, None, by_day)


def test_a_proof_counts_for_two_months() -> None:
    now = datetime(2026, 8, 5, 10, tzinfo=TOKYO)
    found = score([None, now - timedelta(days=1), now - PROVES_FOR], now)
    assert (found.proven, found.tested, found.is_full) == (1, 3, False)
