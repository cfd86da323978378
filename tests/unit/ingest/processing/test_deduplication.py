"""What is taken for a repeat of a value whose time is ours."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.mqtt.message import InboundMessage
from ingest.processing.deduplication import Deduplication

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DEVICE = 7
KEY = (DEVICE, 1, 0)


def deduplication() -> Deduplication:
    return Deduplication(timedelta(seconds=5), NOW - timedelta(hours=3), {})


def message(*, repeated: bool = False) -> InboundMessage:
    return InboundMessage(
        "mimamori/v1/sos-1/readings", b"", retained=False, repeated=repeated, received_at=NOW
    )


def test_a_number_is_remembered_for_a_week() -> None:
    assert deduplication().duplicate_since(message(), DEVICE) == NOW - timedelta(days=7)


def test_a_call_for_help_with_the_number_of_an_earlier_one_is_a_call_of_its_own_after_ten_minutes() -> None:
    assert deduplication().duplicate_call_since(message(), DEVICE) == NOW - timedelta(minutes=10)


def test_a_call_that_the_broker_marks_as_a_repeat_is_looked_for_as_far_back_as_it_may_be_stored() -> None:
    assert deduplication().duplicate_call_since(message(repeated=True), DEVICE) == NOW - timedelta(hours=3)


def test_a_copy_that_the_broker_had_kept_does_not_hide_what_the_device_sends() -> None:
    seen = deduplication()
    since = NOW - timedelta(days=1)
    assert not seen.is_duplicate_in_batch(KEY, NOW, since, retained=True)
    assert not seen.is_duplicate_in_batch(KEY, NOW, since, retained=False)
    assert seen.is_duplicate_in_batch(KEY, NOW, since, retained=False)


def test_a_copy_of_what_came_or_of_another_copy_is_a_repeat() -> None:
    since = NOW - timedelta(days=1)
    for first in (True, False):
        seen = deduplication()
        assert not seen.is_duplicate_in_batch(KEY, NOW, since, retained=first)
        assert seen.is_duplicate_in_batch(KEY, NOW, since, retained=True)


def test_a_value_without_a_number_is_a_repeat_within_five_seconds_or_if_the_broker_says_so() -> None:
    assert deduplication().duplicate_since(message(), None) == NOW - timedelta(seconds=5)
    assert deduplication().duplicate_since(message(repeated=True), None) == NOW - timedelta(hours=3)


def test_a_device_that_lost_its_memory_repeats_no_number_from_before() -> None:
    began = NOW - timedelta(hours=1)
    counted_anew = Deduplication(timedelta(seconds=5), NOW, {DEVICE: began})
    assert counted_anew.duplicate_since(message(), DEVICE) == began
    # What comes in the moment of the loss is of the new count.
    at_once = Deduplication(timedelta(seconds=5), NOW, {DEVICE: NOW})
    assert at_once.duplicate_since(message(), DEVICE) == NOW
    # Another device's loss, one that lies further back than a week, and one that is still to come change nothing.
    assert counted_anew.duplicate_since(message(), DEVICE + 1) == NOW - timedelta(days=7)
    for other in (NOW - timedelta(days=8), NOW + timedelta(hours=1)):
        found = Deduplication(timedelta(seconds=5), NOW, {DEVICE: other})
        assert found.duplicate_since(message(), DEVICE) == NOW - timedelta(days=7)


@pytest.mark.parametrize("retained", [False, True])
def test_the_same_value_counts_as_a_repeat_from_the_window_on_and_not_before_it(*, retained: bool) -> None:
    for age, is_duplicate in ((timedelta(0), True), (timedelta(microseconds=1), False)):
        seen = deduplication()
        assert not seen.is_duplicate_in_batch(KEY, NOW - age, NOW, retained=retained)
        assert seen.is_duplicate_in_batch(KEY, NOW, NOW, retained=retained) is is_duplicate
