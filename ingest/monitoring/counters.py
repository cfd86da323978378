"""What a worker has done since the process began, for its metrics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.logs import get_logger
from core.store.telemetry.batches import Batch, Stored
from ingest.processing.unread_fields import Unread, UnreadKey

_log = get_logger(__name__)


@dataclass(slots=True)
class Counters:
    """What the writer has done since the process began."""

    messages: int = 0
    readings: int = 0
    fixes: int = 0
    quarantined: int = 0
    quarantine_dropped: int = 0
    unread_left_out: int = 0
    batches: int = 0
    last_stored_at: datetime | None = None
    unread_fields: dict[str, int] = field(default_factory=dict[str, int])

    def count_unread(self, unread: Mapping[UnreadKey, Unread]) -> None:
        """Count fields of registered devices that were not read, by codec: names of senders may be those of people."""
        for (sender, _), one in unread.items():
            if one.is_registered:
                codec = sender.partition(":")[0]
                self.unread_fields[codec] = self.unread_fields.get(codec, 0) + one.messages

    def count(self, messages: int, batch: Batch, stored: Stored, first_at: datetime | None) -> None:
        """Count a batch that was stored; its first message came at `first_at`."""
        self.messages += messages
        self.readings += stored.readings
        self.fixes += stored.fixes
        self.quarantined += len(batch.refused)
        self.batches += 1
        if first_at is not None:
            self.last_stored_at = first_at
            _log.debug(
                "batch_stored",
                messages=messages,
                readings=stored.readings,
                fixes=stored.fixes,
                quarantined=len(batch.refused),
            )
        if batch.refused:
            _log.warning(
                "messages_quarantined",
                count=len(batch.refused),
                reasons=sorted({refused.reason for refused in batch.refused}),
            )
