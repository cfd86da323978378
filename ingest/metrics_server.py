"""What an operator's monitor sees: numbers for Prometheus and a health answer, on a loopback port."""

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.clock import Clock
from core.errors import SettingsError
from core.store.operation.connection_loops import ConnectionLoop
from ingest.monitoring.counters import Counters
from ingest.monitoring.gateway_contacts import GatewayContacts
from ingest.mqtt.connection import Receiver
from ingest.mqtt.message_queue import MessageQueue
from ingest.writer import Writer

_ADDRESS = "127.0.0.1"
# Ingest reports a few times a second; this far behind, new things are seen too late.
_LATE_S = 30.0


@dataclass(frozen=True)
class ActiveParts:
    """The parts of an active worker that the monitor reads."""

    message_queue: MessageQueue
    receiver: Receiver
    writer: Writer
    clock: Clock


class Monitor(Collector):
    """Reads the numbers of the worker at the moment they are asked for; a standby has none yet."""

    def __init__(self) -> None:
        self.parts: ActiveParts | None = None
        self.problem = "not started yet"
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._server: ThreadingHTTPServer | None = None

    def collect(self) -> Iterator[Metric]:
        """Give the present numbers."""
        parts = self.parts
        yield GaugeMetricFamily(
            "ingest_active", "1 while this process is the one active worker", value=parts is not None
        )
        if parts is not None:
            yield from _of_work(parts)
            yield from _of_gateways(parts.writer.gateway_contacts)
            yield _of_loops(parts.writer.connection_loops.current(parts.clock.now()))
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

    def text(self) -> bytes:
        """Return the numbers in Prometheus's format."""
        return generate_latest(self._registry)

    def serve(self, port: int) -> int:
        """Answer `/metrics` and `/healthz` on a loopback port until the process ends; return the port.

        Raises
        ------
        SettingsError
            The port is taken.
        """
        monitor = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/metrics":
                    self._answer(200, "text/plain; version=0.0.4; charset=utf-8", monitor.text())
                elif self.path == "/healthz":
                    well, body = monitor.health()
                    self._answer(200 if well else 503, "application/json", json.dumps(body).encode())
                else:
                    self._answer(404, "text/plain", b"there is /metrics and /healthz\n")

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
                """Write no line for each look of a monitor."""

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        try:
            self._server = ThreadingHTTPServer((_ADDRESS, port), Answers)
        except OSError as error:
            raise SettingsError(
                f"MIMAMORI_INGEST_METRICS_PORT: port {port} cannot be used ({error.strerror}); choose another"
            ) from error
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()
        return int(self._server.server_address[1])


def _of_work(parts: ActiveParts) -> Iterator[Metric]:
    yield GaugeMetricFamily("ingest_broker_connected", "1 while connected", value=parts.receiver.is_connected)
    yield GaugeMetricFamily(
        "ingest_database_blocked", "1 while the database refuses work", value=parts.writer.is_blocked
    )
    yield GaugeMetricFamily(
        "ingest_queue_messages",
        "Messages in the queue, not yet taken into a batch",
        value=len(parts.message_queue),
    )
    yield GaugeMetricFamily(
        "ingest_missing_devices",
        "Devices with a gap in their sequence numbers",
        value=parts.writer.device_protocol.devices_with_gaps,
    )
    yield GaugeMetricFamily(
        "ingest_watermark_timestamp_seconds",
        "The watermark: everything that the broker had before this time is stored, by the service's clock",
        value=parts.writer.watermark.timestamp(),
    )


def _of_gateways(contacts: GatewayContacts) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "ingest_no_data",
        "1 while there is no data from any device that should send regularly",
        value=contacts.has_no_data,
    )
    received_at = GaugeMetricFamily(
        "ingest_gateway_last_received_timestamp_seconds",
        "When something last came through a gateway, by the service's clock; read once a minute",
        labels=["gateway"],
    )
    for gateway, moment in contacts.gateways.items():
        received_at.add_metric([gateway], moment.timestamp())
    yield received_at


def _of_loops(loops: Iterable[ConnectionLoop]) -> Metric:
    returns = GaugeMetricFamily(
        "ingest_connection_loop_returns",
        "How often a sender that is cut off again and again came back within half an hour",
        labels=["sender"],
    )
    for loop in loops:
        returns.add_metric([loop.sender], loop.returns)
    return returns


def _of_counters(counters: Counters) -> Iterator[Metric]:
    for name, text, value in (
        ("ingest_messages", "Messages stored or quarantined", counters.messages),
        ("ingest_readings", "New readings stored", counters.readings),
        ("ingest_fixes", "New fixes stored", counters.fixes),
        ("ingest_quarantined", "Messages quarantined, whole or in part", counters.quarantined),
        (
            "ingest_quarantine_dropped",
            "Messages that quarantine had to give up unreleased",
            counters.quarantine_dropped,
        ),
        (
            "ingest_unread_left_out",
            "Messages with fields that were not read which are counted for no device, since too many senders are unknown",
            counters.unread_left_out,
        ),
        ("ingest_batches", "Transactions committed", counters.batches),
    ):
        yield CounterMetricFamily(name, text, value=value)
    unread = CounterMetricFamily(
        "ingest_unread_fields", "Fields of messages that no value was read from", labels=["sender"]
    )
    # A copy: the writer adds senders while a monitor reads.
    for sender, count in counters.unread_fields.copy().items():
        unread.add_metric([sender], count)
    yield unread
    if counters.last_stored_at is not None:
        yield GaugeMetricFamily(
            "ingest_last_received_timestamp_seconds",
            "When the newest stored message was received, by the service's clock",
            value=counters.last_stored_at.timestamp(),
        )
