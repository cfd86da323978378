"""Brings the messages of a simulated ward into the database by the code of ingest, without a broker between.

What the broker and the pace of live asking do is left out: a message counts as received when it was sent, and a device that is found
to have lost some sends them a few seconds after the next one. Decoding, assembling, numbering, storing and quarantine are those of ingest.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from core.store.database import Database
from core.store.telemetry import batches
from core.store.telemetry.batches import Batch, SendingDevice
from core.store.telemetry.sequence_gaps import SequenceGap
from ingest.codecs import decode
from ingest.codecs.result import Decoded
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from ingest.sequences.gap_tracker import GapTracker
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.retransmit_buffer import RetransmitBuffer

WORKER = "verify"
_IN_A_BATCH = 400
# So soon the service notices what is missing and gets it.
_SENT_AGAIN_AFTER = timedelta(seconds=5)


class Feed:
    """Stores messages as the one worker of ingest would.

    Parameters
    ----------
    database : Database
        An open pool; the ward is registered in it.
    zone : ZoneInfo
        The ward's.
    """

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._rules = Rules(zone=zone)
        self._devices = Devices(database)
        self._gap_tracker = GapTracker()
        self._buffer = RetransmitBuffer()
        self._retained: dict[str, bytes] = {}
        with database.transaction() as connection:
            self._gap_tracker.load(connection)
        self._by_number: dict[int, SendingDevice] = {}

    def past(self, messages: Iterable[OutboundMessage], received_at: datetime) -> None:
        """Store what devices send at once of the time before their first contact."""
        waiting = iter(messages)
        while batch := list(islice(waiting, _IN_A_BATCH)):
            self._store([_delivery(message, received_at) for message in batch], received_at)

    def until(self, moment: datetime, messages: Sequence[OutboundMessage]) -> None:
        """Store what was sent before a moment, and record that everything up to it has come."""
        received: list[InboundMessage] = []
        for message in messages:
            if message.retain:
                self._retained[message.topic] = message.payload
            self._buffer.hold(message)
            if not message.is_lost:
                received.append(_delivery(message))
        missing = self._store(received, moment)
        again = sorted(self._sent_again(missing, moment), key=lambda one: one.received_at)
        if again:
            self._store(again, moment)
        with self._database.transaction() as connection:
            batches.report_progress(connection, WORKER, moment, len(received), moment)

    def reconnect(self, now: datetime) -> None:
        """Receive everything again that the broker keeps, as after the loss of a session."""
        self._store(
            [InboundMessage(topic, payload, True, False, now) for topic, payload in self._retained.items()],
            now,
        )

    def _store(self, deliveries: Sequence[InboundMessage], now: datetime) -> dict[int, list[SequenceGap]]:
        """Store messages in one transaction; return what is missing now of the devices for which that changed."""
        if not deliveries:
            return {}
        decoded = [(one, decode(one.topic, one.payload)) for one in deliveries]
        self._devices.prepare((one.sender for _, one in decoded if isinstance(one, Decoded)), now)
        builder = BatchBuilder(
            self._rules,
            self._devices.find,
            self._devices.links,
            now,
            self._gap_tracker,
            self._gap_tracker.sequence_reset_at,
        )
        for delivery, result in decoded:
            builder.add(delivery, result)
        batch: Batch = builder.batch
        self._gap_tracker.add_to(batch)
        self._devices.links = builder.finish(self._devices.links)
        with self._database.transaction() as connection:
            batches.store_batch(connection, batch, now)
        return batch.missing

    def _sent_again(
        self, missing: dict[int, list[SequenceGap]], moment: datetime
    ) -> Iterator[InboundMessage]:
        if not missing:
            return
        known = {device.number: device for device in self._devices.all()}
        for number, spans in missing.items():
            device = known[number]
            prefix = f"gw/{device.gateway_id}/" if device.gateway_id else ""
            topic = f"{prefix}mimamori/v1/{device.device_id}/command"
            for span in spans:
                asked = json.dumps({"resend": [[span.first_seq, span.last_seq]]}).encode()
                due = min(moment, (span.ended_at or moment) + _SENT_AGAIN_AFTER)
                for message in self._buffer.answer(topic, asked):
                    yield _delivery(message, due)


def _delivery(message: OutboundMessage, received_at: datetime | None = None) -> InboundMessage:
    at = received_at or datetime.fromtimestamp(message.time_ms / 1000, UTC)
    return InboundMessage(message.topic, message.payload, False, False, at)
