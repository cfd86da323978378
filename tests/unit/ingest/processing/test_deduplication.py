"""What is taken for a repeat of a value whose time is ours."""

from datetime import UTC, datetime, timedelta

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
