"""Which zone the offsets of a file mean."""

from datetime import UTC, datetime, timedelta

import pytest

from simulator.replay.home_zone import zone_of_offsets
from simulator.replay.readings import ReadingsBuilder, ReadingSource, RecordedReadings


def readings(*rows: tuple[str, float]) -> RecordedReadings:
    """Return readings at moments in UTC, whose file's clock is so many hours ahead."""
    builder = ReadingsBuilder()
    number = builder.number_of(ReadingSource("a", "hall", "motion"))
    for text, hours in rows:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
        builder.add(
            (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1),
            round(4 * hours),
            number,
            1,
        )
    return builder.build()


@pytest.mark.parametrize(
    ("rows", "zone"),
    [
        ((("2026-01-01", 9), ("2026-07-01", 9)), "Asia/Tokyo"),
        ((("2026-01-01", 0), ("2026-07-01", 0)), "UTC"),
        ((), "UTC"),
        ((("2026-01-01", -3), ("2026-07-01", -3)), "Etc/GMT+3"),
        ((("2026-01-01", 5.5), ("2026-07-01", 5.5)), "Asia/Calcutta"),
    ],
)
def test_a_constant_offset_means_japan_or_a_fixed_zone(
    rows: tuple[tuple[str, float], ...], zone: str
) -> None:
    found = zone_of_offsets(readings(*rows))
    assert found is not None
    assert found.key == zone


def test_summer_time_is_found_by_when_the_clock_is_put_forward() -> None:
    found = zone_of_offsets(readings(("2026-01-01", 1), ("2026-03-29 00:59", 1), ("2026-03-29 01:01", 2)))
    assert found is not None
    assert [datetime(2026, month, 1, tzinfo=found).utcoffset() for month in (1, 7)] == [
        timedelta(hours=1),
        timedelta(hours=2),
    ]


def test_homes_in_several_zones_fit_none() -> None:
    assert zone_of_offsets(readings(("2026-01-01 06:00", 9), ("2026-01-01 06:01", 1))) is None
