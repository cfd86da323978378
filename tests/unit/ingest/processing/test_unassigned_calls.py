"""What a message says of a call of nobody: that it is raised, that it is over, or nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from core.store.alerts.unassigned_calls import SaidCall
from ingest.codecs.result import Decoded, Measured
from ingest.mqtt.message import InboundMessage
from ingest.processing.unassigned_calls import note_calls

AT = datetime(2026, 8, 3, 9, tzinfo=UTC)


def say(calls: dict[tuple[str, str], SaidCall], *said: Measured) -> None:
    message = InboundMessage("zigbee2mqtt/x", b"{}", False, repeated=False, received_at=AT)
    note_calls(calls, message, Decoded("zigbee2mqtt:/x", "x", readings=said), "unknown_device")


@pytest.mark.parametrize("value", [0.5, 7, float("nan"), "perhaps"])
def test_a_value_that_is_neither_true_nor_false_ends_no_call(value: float | str) -> None:
    calls: dict[tuple[str, str], SaidCall] = {}
    say(calls, Measured("smoke", True))
    say(calls, Measured("smoke", value))
    assert [(one.presses, one.over_after) for one in calls.values()] == [(1, None)]
    say(calls, Measured("smoke", False))
    assert [one.over_after for one in calls.values()] == [AT]


def test_an_end_before_and_one_after_the_latest_call_of_a_batch_are_kept_apart() -> None:
    calls: dict[tuple[str, str], SaidCall] = {}
    for raised in (True, False, True, True, False):
        say(calls, Measured("smoke", raised))
    (call,) = calls.values()
    # Received together they have one time; what came before lies before.
    assert (call.presses, call.over_before, call.over_after) == (2, AT - timedelta(microseconds=1), AT)
