"""Opens the port at which a process says how it is, where its setting names one."""

from collections.abc import Callable, Iterable
from typing import Literal

from core.monitoring.tally import FigureValue
from core.settings import Settings

ProcessName = Literal["ingest", "detectors", "api", "sync", "mqtt_out"]


def serve_metrics(
    settings: Settings,
    process: ProcessName,
    samples: Callable[[], Iterable[FigureValue]],
    health: Callable[[], tuple[bool, dict[str, object]]],
) -> None:
    """Answer `/metrics` and `/healthz` until the process ends; without a port, which is the default, do nothing.

    Raises
    ------
    SettingsError
        The port is taken, or the address is not of this machine.
    """
    port: int = getattr(settings, f"{process}_metrics_port")
    if port:
        # Only now: to load the library takes longer than the rest of a start.
        from core.monitoring.server import Monitor

        Monitor(process, samples, health).serve(
            settings.metrics_host, port, f"MIMAMORI_{process.upper()}_METRICS_PORT"
        )
