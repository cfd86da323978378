"""Releasing quarantined messages after a device was registered or a codec mended, without storing anything twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.store.alerts import unclear_calls
from core.store.alerts.unclear_calls import FieldKey, key_of
from core.store.database import Connection, Database
from core.store.telemetry import batches, quarantine, sequence_gaps
from core.store.telemetry.quarantine import Choice, Quarantined
from ingest.codecs import decode
from ingest.codecs.result import UNCLEAR_CALL, Decoded, Rejected
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from ingest.processing.unclear_calls import of_registered, unclear_fields, with_named_calls
from ingest.sequences.device_protocol import forget_numbers

_PAGE = 500
_ALL = Choice()


@dataclass(frozen=True)
class Released:
    """What a release did: messages stored now, and why others stay in quarantine (reason -> how many)."""

    stored: int
    kept: dict[str, int]


def release(
    database: Database,
    rules: Rules,
    now: datetime,
    choice: Choice = _ALL,
    on_progress: Callable[[int], None] | None = None,
) -> Released:
    """Take quarantined messages in again, as if they came now but at the time they were received.

    Parameters
    ----------
    database : Database
        Open.
    rules : Rules
        As the ingest worker has them.
    now : datetime
        When the release is recorded.
    choice : Choice
        Only these.
    on_progress : callable, optional
        Called with the number of messages tried so far.

    Notes
    -----
    A message goes through the same code and the same keys as one from the broker, so what is already stored stays once.
    Each page is one transaction: a release that is cut off leaves nothing half done, and can be started again.
    """
    devices = Devices(database)
    unclear = _UnclearFields(devices)
    stored = last = 0
    kept: Counter[str] = Counter()
    while True:
        with database.transaction() as connection:
            page = quarantine.waiting(connection, choice, after=last, limit=_PAGE)
            if not page:
                unclear.note_waiting(connection, now)
                unclear_calls.drop_understood(connection, unclear.fields - unclear.still, unclear.senders)
                return Released(stored, dict(kept))
            last = page[-1].number
            results = [(entry, decode(entry.topic, entry.payload)) for entry in page]
            devices.prepare((found.sender for _, found in results if isinstance(found, Decoded)), now)
            since, anew = now - timedelta(days=1), sequence_gaps.reset_times(connection)
            builder = BatchBuilder(rules, devices.find, devices.links, since, sequence_reset_at=anew)
            good: list[int] = []
            refused: list[tuple[int, str, str]] = []
            for entry, found in results:
                builder.add(_message(entry), found)
                unclear.note(entry, found, builder)
                if builder.batch.refused:
                    # It is in quarantine already, perhaps for another reason than before.
                    again = builder.batch.refused.pop()
                    refused.append((entry.number, again.reason, again.detail))
                else:
                    good.append(entry.number)
            devices.links = builder.finish(devices.links)
            # The call was raised when it came.
            builder.batch.unassigned_calls.clear()
            # What was refused and comes now does not show how far its device has come.
            forget_numbers(builder.batch)
            batches.store_batch(connection, builder.batch, now)
            quarantine.mark_released(connection, good, now)
            quarantine.keep_reasons(connection, refused)
        stored += len(good)
        kept.update(reason for _, reason, _ in refused)
        if on_progress is not None:
            on_progress(stored + kept.total())


class _UnclearFields:
    """What a release shows of fields that look like a call: which it tried, and which are not understood still."""

    def __init__(self, devices: Devices) -> None:
        self._devices = devices
        self._senders: set[str] = set()
        self.fields: set[FieldKey] = set()
        self.still: set[FieldKey] = set()

    @property
    def senders(self) -> set[str]:
        """The senders of whose unclear messages all are understood now."""
        return self._senders - {sender for sender, _ in self.still}

    def note(self, entry: Quarantined, found: Decoded | Rejected, builder: BatchBuilder) -> None:
        """Note what was tried of a message, and what of all messages of the page is not understood."""
        self.still.update(builder.batch.unclear_calls)
        if entry.retained or isinstance(found, Rejected):
            return
        sender = self._sender(found)
        self.fields |= unclear_fields(sender, self._problems(found))
        if entry.reason == UNCLEAR_CALL:
            # Perhaps by a profile of then, which is another now.
            self._senders.add(key_of(sender, "")[0])

    def note_waiting(self, connection: Connection, now: datetime) -> None:
        """Note what was not tried, since only some messages were chosen: of it nothing shows that it is understood."""
        last = 0
        while page := quarantine.waiting(connection, Choice(UNCLEAR_CALL), after=last, limit=_PAGE):
            last = page[-1].number
            results = [decode(entry.topic, entry.payload) for entry in page if not entry.retained]
            waiting = [found for found in results if isinstance(found, Decoded)]
            self._devices.prepare((found.sender for found in waiting), now)
            for found in waiting:
                sender = self._sender(found)
                self.still |= unclear_fields(sender, self._problems(found)) | {key_of(sender, "")}

    def _sender(self, found: Decoded) -> str:
        """Return how the device of a message is registered, or how it calls itself."""
        device = self._devices.find(found.sender)
        return found.sender if device is None else device.sender

    def _problems(self, found: Decoded) -> list[Rejected]:
        is_registered = self._devices.find(found.sender) is not None
        problems = of_registered(found.refused) if is_registered else list(found.refused)
        with_named_calls(found, problems)
        return problems


def _message(entry: Quarantined) -> InboundMessage:
    return InboundMessage(
        entry.topic, entry.payload, entry.retained, repeated=False, received_at=entry.received_at
    )
