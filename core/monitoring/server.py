"""Answers `/metrics`, in Prometheus's format, and `/healthz`, on a port of its own beside whatever the process does."""

import json
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.errors import SettingsError
from core.monitoring.figures import FIGURES, Figure, FigureKind
from core.monitoring.tally import FigureValue

Health = tuple[bool, dict[str, object]]
"""Whether all is well, and what is known."""


class Monitor(Collector):
    """Serves what a process says of itself.

    Parameters
    ----------
    process : str
        Which of ours it is.
    samples : callable
        Gives the present figures, whenever somebody asks.
    health : callable
        Gives the answer of `/healthz`.
    """

    def __init__(
        self, process: str, samples: Callable[[], Iterable[FigureValue]], health: Callable[[], Health]
    ) -> None:
        self._process = process
        self._samples = samples
        self._health = health
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def collect(self) -> Iterator[Metric]:
        """Give the present figures as the library wants them; one without a row in the registry is a mistake of ours."""
        found: dict[str, list[FigureValue]] = {}
        for sample in (*self._of_process(), *self._samples()):
            found.setdefault(sample.name, []).append(sample)
        for name, samples in found.items():
            family = _family(FIGURES[name])
            for sample in samples:
                family.add_metric(sample.labels, sample.value)
            yield family

    def text(self) -> bytes:
        """Return the figures in Prometheus's format."""
        return generate_latest(self._registry)

    def serve(self, host: str, port: int, setting: str) -> int:
        """Answer until the process ends; return the port.

        Raises
        ------
        SettingsError
            The port of `setting` is taken, or the address is not of this machine.
        """
        monitor = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/metrics":
                    self._answer(200, "text/plain; version=0.0.4; charset=utf-8", monitor.text())
                elif self.path == "/healthz":
                    well, body = monitor._health()
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
            server = ThreadingHTTPServer((host, port), Answers)
        except OSError as error:
            raise SettingsError(
                f"{setting}: {host} port {port} cannot be used ({error.strerror}); choose another"
            ) from error
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        return int(server.server_address[1])

    def _of_process(self) -> Iterator[FigureValue]:
        yield FigureValue("process_info", 1, (self._process, version("mimamori")))
        disk = shutil.disk_usage(Path.cwd())
        yield FigureValue("machine_disk_free_bytes", disk.free)
        yield FigureValue("machine_disk_bytes", disk.total)


def _family(figure: Figure) -> CounterMetricFamily | GaugeMetricFamily:
    kind = CounterMetricFamily if figure.kind is FigureKind.COUNTER else GaugeMetricFamily
    return kind(figure.name, figure.text, labels=figure.labels)
