"""A quiet limit raises what somebody with a list of the signs and a clock on the wall would write down, minute by minute."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.agreed.quiet_limit import QuietLimit
from core.domain.device import DeviceKind
from core.domain.geofence import Hours, length_min
from detectors.features.window import Interval, Window, life_signs, no_track
from detectors.rules.quiet_too_long import QuietTooLong

ZONE = ZoneInfo("Europe/London")
DAYS = 3
# Days around the nights in which the clock is put back and forward.
BEGINS = (datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 3, 28, tzinfo=UTC))
clocks = st.integers(0, 47).map(lambda half: time(half // 2, 30 * (half % 2)))
minutes = st.integers(0, DAYS * 1440)


def _watched_by_hand(
    limit: QuietLimit, begin: datetime, signs: set[datetime], absence: tuple[datetime, datetime]
) -> list[datetime]:
    """Walk over the minutes with a counter of quiet ones, which the hours of each day begin anew."""
    found: list[datetime] = []
    for number in range(-1, DAYS + 1):
        day = begin.date() + timedelta(days=number)
        if day.weekday() not in limit.hours.days:
            continue
        next_day = day if limit.hours.end > limit.hours.start else day + timedelta(days=1)
        first = datetime.combine(day, limit.hours.start, ZONE).astimezone(UTC)
        last = datetime.combine(next_day, limit.hours.end.replace(fold=1), ZONE).astimezone(UTC)
        now = counted_from = max(first, begin)
        while now < min(last, begin + timedelta(days=DAYS)):
            now += timedelta(minutes=1)
            shortened = min(limit.quiet_min, (last - first) // timedelta(minutes=1))
            if absence[0] <= now < absence[1] or now in signs or now == absence[1]:
                counted_from = now
            elif now - counted_from == timedelta(minutes=shortened):
                found.append(now)
    return found


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_a_limit_raises_as_if_somebody_counted_the_quiet_minutes(data: st.DataObject) -> None:
    begin = data.draw(st.sampled_from(BEGINS))
    days = frozenset(data.draw(st.sets(st.integers(0, 6), min_size=1)))
    hours = Hours(days, data.draw(clocks), data.draw(clocks))
    quiet_min = data.draw(st.integers(30, length_min(hours)))
    limit = QuietLimit(1, 1, "kitchen", None, "", quiet_min, hours)
    signs = {begin + timedelta(minutes=one) for one in data.draw(st.sets(minutes, max_size=40))}
    away_from = begin + timedelta(minutes=data.draw(minutes))
    absence = (away_from, away_from + timedelta(minutes=data.draw(st.integers(1, 600))))
    elsewhere = {begin + timedelta(minutes=one) for one in data.draw(st.sets(minutes, max_size=10))}
    rows = [(one.timestamp(), DeviceKind.MOTION, "kitchen") for one in signs]
    rows += [(one.timestamp(), DeviceKind.MOTION, "hall") for one in elsewhere]
    window = Window(1, ZONE, begin, life_signs(rows), no_track(), (), (), [Interval(*absence)], ())
    until = begin + timedelta(days=DAYS)
    found = QuietTooLong((limit,)).evaluate(window, begin, until).findings
    assert [one.raised_at for one in found] == sorted(set(_watched_by_hand(limit, begin, signs, absence)))


def test_an_episode_of_one_limit_ends_alike_whenever_somebody_looks_while_another_goes_on() -> None:
    begin = datetime(2026, 10, 24, 3, tzinfo=UTC)
    night = QuietLimit(1, 1, "kitchen", None, "", 120, Hours(frozenset(range(7)), time(22), time(6)))
    always = QuietLimit(2, 1, "", None, "", 90, Hours(frozenset(range(7)), time(0), time(0)))
    window = Window(1, ZONE, begin, life_signs([]), no_track(), (), (), (), ())
    rule, until = QuietTooLong((night, always)), begin + timedelta(days=2)
    at_once = {one.began_at: one.cleared_at for one in rule.evaluate(window, begin, until).findings}
    for minute in range(30, 2880, 30):
        look = begin + timedelta(minutes=minute)
        live = {one.began_at: one.cleared_at for one in rule.evaluate(window, begin, look).findings}
        live |= {one.began_at: one.cleared_at for one in rule.evaluate(window, look, until).findings}
        assert live == at_once, look
