"""Unclear calls: fields that look like a call for help or a hazard and are not understood; the staff are notified once for each device."""

from collections.abc import Iterable

from core.store.alerts.unclear_calls import FieldKey, UnclearCall, key_of
from ingest.codecs.result import UNCLEAR_CALL, Rejected
from ingest.mqtt.message import InboundMessage


def unclear_fields(sender: str, problems: Iterable[Rejected]) -> set[FieldKey]:
    """Return the fields that look like a call and are not understood, among what is wrong with a message."""
    return {key_of(sender, one.field) for one in problems if one.reason == UNCLEAR_CALL}


def note_unclear(
    calls: dict[FieldKey, UnclearCall], message: InboundMessage, sender: str, problems: Iterable[Rejected]
) -> None:
    """Add to the fields of a batch those of a message; what the broker had kept is no call of now."""
    if message.retained:
        return
    for key in unclear_fields(sender, problems):
        known = calls.get(key)
        first_at = message.received_at if known is None else known.first_at
        calls[key] = UnclearCall(*key, first_at, message.received_at)
