"""One of our own processes under supervision: started, watched, and started again with growing pauses when it dies."""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from core.errors import MimamoriError
from deploy.local.child_process import Child

_POLL_S = 0.05
_READY_TIMEOUT_S = 60.0
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
# After this long without trouble the next pause is short again.
_HEALTHY_S = 60.0


class ServiceError(MimamoriError):
    """One of our processes did not start."""


@dataclass(frozen=True)
class ServicePlan:
    """What to run.

    Attributes
    ----------
    name : str
        For messages and the log file.
    arguments : tuple of str
        Module and its arguments, for `python -m`.
    environment : mapping
        Added to the environment that all services get.
    """

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


class Service:
    """A process of ours that should be running."""

    def __init__(self, plan: ServicePlan, logs: Path, environment: Mapping[str, str]) -> None:
        self.plan = plan
        self.log = logs / f"{plan.name}.log"
        self._environment = {**environment, **plan.environment}
        self._child: Child | None = None
        self._started = 0.0
        self._pause_s = _FIRST_PAUSE_S
        self._start_at: float | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._child.pid if self._child is not None and self._child.is_running else None

    def start(self) -> None:
        """Start it."""
        self._child = self._new_child()
        self._started = time.monotonic()
        self._start_at = None

    def wait_ready(self) -> None:
        """Wait for its log line with event `ready`.

        Raises
        ------
        ServiceError
            It ended before, or took too long.
        """
        deadline = time.monotonic() + _READY_TIMEOUT_S
        while self.event("ready") is None:
            if self._child is None or not self._child.is_running:
                raise ServiceError(
                    f"{self.plan.name} did not start: {self._last_words()}; its log is {self.log}"
                )
            if time.monotonic() > deadline:
                raise ServiceError(
                    f"{self.plan.name} was not ready after {_READY_TIMEOUT_S:.0f} s; its log is {self.log}"
                )
            time.sleep(_POLL_S)

    def run_to_end(self) -> None:
        """Start it and wait until it has done its work.

        Raises
        ------
        ServiceError
            It failed.
        """
        child = self._child = self._new_child()
        try:
            while (code := child.exit_code) is None:
                time.sleep(_POLL_S)
        finally:
            child.stop()
        if code != 0:
            raise ServiceError(f"{self.plan.name} failed: {self._last_words()}; its log is {self.log}")

    def event(self, name: str) -> dict[str, Any] | None:
        """Return the latest log line with this event since the start, or None."""
        output = self._child.output() if self._child is not None else ""
        events = [event for line in output.splitlines() if (event := _event(line)) is not None]
        return next((event for event in reversed(events) if event.get("event") == name), None)

    def look_after(self) -> str | None:
        """Start it again if it died and its pause is over; return what there is to say."""
        now = time.monotonic()
        if self._start_at is not None:
            if now < self._start_at:
                return None
            self.start()
            return "started again"
        if self._child is None or self._child.is_running:
            return None
        if now - self._started > _HEALTHY_S:
            self._pause_s = _FIRST_PAUSE_S
        pause, self._pause_s = self._pause_s, min(2 * self._pause_s, _LONGEST_PAUSE_S)
        self._start_at = now + pause
        return f"ended by itself ({_how(self._child.exit_code)}); starting it again in {pause:g} s"

    def ask_to_stop(self) -> None:
        """Ask it to stop, without waiting."""
        self._start_at = None
        if self._child is not None and self._child.is_running:
            self._child.ask_to_stop()

    def stop(self) -> None:
        """Stop it and wait until it has."""
        self._start_at = None
        if self._child is not None:
            self._child.stop()
            self._child = None

    def _new_child(self) -> Child:
        command = [sys.executable, "-m", *self.plan.arguments]
        return Child(
            self.plan.name,
            command,
            self.log,
            environment=self._environment,
            # Made to be killed at any moment; and one that hangs would not heed a gentler signal.
            death_signal=signal.SIGKILL,
        )

    def _last_words(self) -> str:
        lines = self._child.output().strip().splitlines() if self._child is not None else []
        last = lines[-1] if lines else "it said nothing"
        event = _event(last)
        return str(event.get("event")) if event is not None else last


def service_environment(settings: Path) -> dict[str, str]:
    """Return the environment of our processes: ours without settings, and the settings file in their place."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MIMAMORI_")}
    return inherited | {"MIMAMORI_SETTINGS": str(settings), "PYTHONUNBUFFERED": "1"}


def stop_all(services: Sequence[Service]) -> None:
    """Stop all at once, and wait for them."""
    for service in services:
        service.ask_to_stop()
    for service in services:
        service.stop()


def _event(line: str) -> dict[str, Any] | None:
    try:
        event: Any = json.loads(line)
    except ValueError:
        return None
    return cast(dict[str, Any], event) if isinstance(event, dict) else None


def _how(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
