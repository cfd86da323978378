"""When geofences hold."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.domain.geofence import ALWAYS, Hours, holding_times

TOKYO, LONDON = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/London")
EVERY_DAY = frozenset(range(7))


def shown(hours: Hours, zone: ZoneInfo, since: datetime, days: float) -> list[str]:
    spans = holding_times(hours, zone, since, since + timedelta(days=days))
    return [" - ".join(f"{one.astimezone(zone):%a %H:%M}" for one in span) for span in spans]


def test_a_night_belongs_to_the_day_on_which_it_begins():
    friday_nights = Hours(frozenset({4}), time(22), time(6))
    monday = datetime(2026, 6, 29, tzinfo=TOKYO)
    assert shown(friday_nights, TOKYO, monday, 7) == ["Fri 22:00 - Sat 06:00"]
    # Asked in the middle of it, it is found too.
    assert shown(friday_nights, TOKYO, datetime(2026, 7, 4, 1, tzinfo=TOKYO), 0.1) == [
        "Fri 22:00 - Sat 06:00"
    ]


def test_always_is_one_span():
    (span,) = holding_times(
        ALWAYS, TOKYO, datetime(2026, 6, 29, tzinfo=UTC), datetime(2026, 7, 29, tzinfo=UTC)
    )
    assert span[1] - span[0] >= timedelta(days=30)


def test_nights_in_which_the_clock_is_changed_are_an_hour_longer_or_shorter():
    nights = Hours(EVERY_DAY, time(22), time(6))
    lengths = [
        (span[1] - span[0]).total_seconds() / 3600
        for day in (datetime(2026, 3, 28, 12, tzinfo=LONDON), datetime(2026, 10, 24, 12, tzinfo=LONDON))
        for span in holding_times(nights, LONDON, day, day + timedelta(hours=20))
    ]
    assert lengths == [7, 9]


def test_a_window_that_begins_at_a_time_that_does_not_exist_or_exists_twice():
    early = Hours(EVERY_DAY, time(1, 30), time(3))
    spring = datetime(2026, 3, 29, tzinfo=LONDON)
    autumn = datetime(2026, 10, 25, tzinfo=LONDON)
    (in_spring,) = holding_times(early, LONDON, spring, spring + timedelta(hours=6))
    (in_autumn,) = holding_times(early, LONDON, autumn, autumn + timedelta(hours=6))
    assert in_spring[1] - in_spring[0] <= timedelta(minutes=60)
    assert in_autumn[1] - in_autumn[0] == timedelta(hours=2, minutes=30)


def test_hours_without_days_never_hold():
    assert (
        holding_times(
            Hours(frozenset(), time(0), time(0)),
            TOKYO,
            datetime(2026, 6, 29, tzinfo=UTC),
            datetime(2026, 7, 29, tzinfo=UTC),
        )
        == []
    )
