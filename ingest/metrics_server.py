"""What an operator's monitor sees of ingest: the figures of the active worker, and whether all is well."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.clock import Clock
from core.monitoring.tally import FigureValue
from ingest.monitoring.counters import Counters
from ingest.mqtt.connection import Receiver
from ingest.mqtt.message_queue import MessageQueue
from ingest.writer import Writer

# Ingest reports a few times a second; this far behind, new things are seen too late.
_LATE_S = 30.0


@dataclass(frozen=True)
class ActiveParts:
    """The parts of an active worker that the monitor reads."""

    message_queue: MessageQueue
    receiver: Receiver
    writer: Writer
    clock: Clock


class WorkerState:
    """Reads the figures of the worker at the moment they are asked for; a standby has none yet."""

    def __init__(self) -> None:
        self.parts: ActiveParts | None = None
        self.problem = "not started yet"

    def samples(self) -> Iterator[FigureValue]:
        """Give the present figures."""
        parts = self.parts
        yield FigureValue("ingest_active", parts is not None)
        if parts is not None:
            yield from _of_work(parts)
            yield from _of_senders(parts)
            yield from _of_counters(parts.writer.counters)

    def health(self) -> tuple[bool, dict[str, object]]:
        """Return whether all is well, and what is known. A standby is healthy: its work is to wait."""
        parts = self.parts
        if parts is None:
            if self.problem:
                return False, {"state": "waiting", "problem": self.problem}
            return True, {"state": "standby"}
        connected, blocked = parts.receiver.is_connected, parts.writer.is_blocked
        behind_s = (parts.clock.now() - parts.writer.watermark).total_seconds()
        is_late = behind_s > _LATE_S * max(1.0, parts.clock.factor) and parts.clock.factor > 0
        problems = (
            (bool(parts.writer.problem), parts.writer.problem),
            (not connected, "the broker cannot be reached"),
            (
                is_late,
                "what devices sent waits to be stored, or our own markers do not come back from the broker",
            ),
            (
                parts.writer.gateway_contacts.has_no_data,
                "no device is in contact: look at the gateways, the broker's accounts and the network",
            ),
        )
        body: dict[str, object] = {
            "state": "active",
            "problem": next((text for is_so, text in problems if is_so), ""),
            "behind_s": round(behind_s, 1),
            "broker_connected": connected,
            "store_blocked": blocked,
            "waiting_messages": len(parts.message_queue),
            "quarantine_dropped": parts.writer.counters.quarantine_dropped,
        }
        is_blind = not connected or blocked or is_late or parts.writer.gateway_contacts.has_no_data
        return not is_blind, body


def _of_work(parts: ActiveParts) -> Iterator[FigureValue]:
    yield FigureValue("ingest_broker_connected", parts.receiver.is_connected)
    if (ends := parts.receiver.certificate_ends_at) is not None:
        yield FigureValue("ingest_broker_certificate_expiry_timestamp_seconds", ends.timestamp())
    yield FigureValue("ingest_database_blocked", parts.writer.is_blocked)
    yield FigureValue("ingest_queue_messages", len(parts.message_queue))
    yield FigureValue("ingest_missing_devices", parts.writer.device_protocol.devices_with_gaps)
    yield FigureValue("ingest_watermark_timestamp_seconds", parts.writer.watermark.timestamp())


def _of_senders(parts: ActiveParts) -> Iterator[FigureValue]:
    contacts = parts.writer.gateway_contacts
    yield FigureValue("ingest_no_data", contacts.has_no_data)
    for gateway, moment in contacts.gateways.items():
        yield FigureValue("ingest_gateway_last_received_timestamp_seconds", moment.timestamp(), (gateway,))
    most: dict[str, int] = {}
    for loop in parts.writer.connection_loops.current(parts.clock.now()):
        # Names of senders may be those of people, so only the kind of sender stands here; the doctor names them.
        codec = loop.sender.partition(":")[0]
        most[codec] = max(most.get(codec, 0), loop.returns)
    for codec, returns in most.items():
        yield FigureValue("ingest_connection_loop_returns", returns, (codec,))


def _of_counters(counters: Counters) -> Iterator[FigureValue]:
    yield FigureValue("ingest_messages", counters.messages)
    yield FigureValue("ingest_readings", counters.readings)
    yield FigureValue("ingest_fixes", counters.fixes)
    yield FigureValue("ingest_quarantined", counters.quarantined)
    yield FigureValue("ingest_quarantine_dropped", counters.quarantine_dropped)
    yield FigureValue("ingest_unread_left_out", counters.unread_left_out)
    yield FigureValue("ingest_batches", counters.batches)
    # A copy: the writer adds while a monitor reads.
    for codec, count in counters.unread_fields.copy().items():
        yield FigureValue("ingest_unread_fields", count, (codec,))
    if counters.last_stored_at is not None:
        yield FigureValue("ingest_last_received_timestamp_seconds", counters.last_stored_at.timestamp())
