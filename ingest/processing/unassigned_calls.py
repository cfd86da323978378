"""Unassigned calls: calls for help from senders of no resident; the staff are notified all the same."""

from core.domain.metrics import FALL, METRICS, SOS
from core.store.alerts.unassigned_calls import UnassignedCall
from ingest.codecs.result import Decoded, Measured
from ingest.mqtt.message import InboundMessage
from ingest.processing.values import stored_value

_CALLS = frozenset({FALL.name, SOS.name})


def note_call(calls: dict[str, UnassignedCall], message: InboundMessage, result: Decoded, why: str) -> None:
    """Add to the calls of a batch, by sender, the one that is in a message, if there is one."""
    if message.retained or not any(_is_call(one) for one in result.readings):
        return
    known = calls.get(result.sender)
    began_at = message.received_at if known is None else known.began_at
    presses = 1 if known is None else known.presses + 1
    calls[result.sender] = UnassignedCall(result.sender, why, began_at, message.received_at, presses)


def _is_call(measured: Measured) -> bool:
    name, _, _ = measured.metric.partition("#")
    return name in _CALLS and stored_value(METRICS[name], measured.value, exact_words=False) == 1.0
