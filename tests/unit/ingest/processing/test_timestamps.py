"""A device's time is believed within reason."""

from datetime import UTC, datetime, timedelta

import pytest

from core.domain.reading import ReadingFlag
from ingest.processing.timestamps import placed

_NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)


def test_a_time_within_reason_is_kept() -> None:
    for claimed in (_NOW, _NOW - timedelta(days=399), _NOW + timedelta(minutes=9)):
        found = placed(claimed, _NOW, None)
        assert (found.time, found.flags, found.is_ours) == (claimed, ReadingFlag(0), False)


def test_without_a_time_the_time_of_receipt_counts() -> None:
    found = placed(None, _NOW, None)
    assert (found.time, found.flags, found.is_ours) == (_NOW, ReadingFlag.RECEIVE_TIME, True)


def test_a_wild_time_is_stored_when_it_was_received_and_marked() -> None:
    for claimed in (
        _NOW - timedelta(days=401),
        _NOW + timedelta(minutes=11),
        datetime(1970, 1, 1, tzinfo=UTC),
    ):
        found = placed(claimed, _NOW, None)
        assert (found.time, found.flags) == (_NOW, ReadingFlag.CLOCK_SUSPECT)


@pytest.mark.parametrize(
    ("behind", "age", "is_moved"),
    [
        (timedelta(weeks=1024), timedelta(hours=3), True),
        (timedelta(weeks=2048), timedelta(0), True),
        (timedelta(weeks=1024), timedelta(days=40), True),
        # Older than a tracker keeps, ahead of us after all, and any other number of weeks.
        (timedelta(weeks=1024), timedelta(days=40, seconds=1), False),
        (timedelta(weeks=1024), timedelta(minutes=-11), False),
        (timedelta(weeks=1000), timedelta(0), False),
        (timedelta(weeks=3072), timedelta(0), False),
    ],
)
def test_a_count_of_weeks_that_began_anew_is_put_right(
    behind: timedelta, age: timedelta, is_moved: bool
) -> None:
    found = placed(_NOW - age - behind, _NOW, None)
    moved = (_NOW - age, ReadingFlag.CLOCK_CORRECTED, False)
    assert (found.time, found.flags, found.is_ours) == (
        moved if is_moved else (_NOW, ReadingFlag.CLOCK_SUSPECT, True)
    )


def test_a_device_that_says_when_it_sent_is_placed_by_the_distance() -> None:
    wild = datetime(1970, 1, 1, tzinfo=UTC)
    found = placed(wild, _NOW, wild + timedelta(minutes=7))
    assert (found.time, found.flags) == (_NOW - timedelta(minutes=7), ReadingFlag.CLOCK_CORRECTED)


def test_a_distance_that_cannot_be_is_not_used() -> None:
    wild = datetime(1970, 1, 1, tzinfo=UTC)
    for sent_at in (wild - timedelta(minutes=1), wild + timedelta(days=500)):
        assert placed(wild, _NOW, sent_at).flags == ReadingFlag.CLOCK_SUSPECT


def test_a_replay_may_be_ahead_of_its_clock() -> None:
    ahead = _NOW + timedelta(hours=1)
    assert placed(ahead, _NOW, None, newest=timedelta(days=1)).time == ahead
