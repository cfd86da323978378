"""Our own processes, started as an operator starts them: `python -m ingest` with settings in the environment."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from core.settings import NEVER
from deploy.local.child_process import Child
from deploy.local.mosquitto import ERASURE, INGEST, Broker
from tests.support.paths import REPOSITORY
from tests.support.wait import wait_until


def service_settings(
    database_url: str, broker: Broker, username: str = INGEST, **more: object
) -> dict[str, str]:
    """Return the environment variables of a process that uses this database and this broker.

    `more` adds settings by their field names: `api_port=0` becomes `MIMAMORI_API_PORT=0`.
    """
    values: dict[str, object] = {
        "environment": "test",
        "database_url": database_url,
        "broker_host": broker.host,
        "broker_port": broker.port,
        "broker_username": username,
        "broker_password": broker.password(username),
        "erasure_broker_username": ERASURE,
        "erasure_broker_password": broker.password(ERASURE),
        **more,
    }
    return {f"MIMAMORI_{name.upper()}": str(value) for name, value in values.items()}


class Process:
    """One process of ours that runs."""

    def __init__(self, name: str, child: Child) -> None:
        self.name = name
        self._child = child

    @property
    def is_running(self) -> bool:
        """Whether it still runs."""
        return self._child.is_running

    @property
    def pid(self) -> int:
        """Its number among the processes of this machine."""
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._child.exit_code

    @property
    def output(self) -> str:
        """Everything that it wrote."""
        return self._child.output()

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """Return its log lines, or those of one event."""
        found: list[dict[str, Any]] = []
        for line in self.output.splitlines():
            try:
                event: object = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and (name is None or event.get("event") == name):  # pyright: ignore[reportUnknownMemberType]
                found.append(event)  # pyright: ignore[reportUnknownArgumentType]
        return found

    def wait_for(self, event: str, timeout: float = 20.0) -> dict[str, Any]:
        """Return the first log line of `event`; fail with all it wrote when it ends before."""

        def seen() -> list[dict[str, Any]]:
            found = self.events(event)
            assert found or self.is_running, f"{self.name} ended with {self.exit_code}:\n{self.output}"
            return found

        try:
            return wait_until(seen, timeout, f"{event!r} in the log of {self.name}")[0]
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.output}" if self.is_running else str(error)) from None

    def stop(self) -> None:
        """Ask it to stop and wait for it."""
        self._child.stop()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._child.kill()

    def wait(self, timeout: float = 20.0) -> int:
        """Return its exit code, once it has ended by itself."""
        code = self._child.wait(timeout)
        assert code is not None, f"{self.name} still runs after {timeout:g} s:\n{self.output}"
        return code


class Processes:
    """Starts processes and stops them all in the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[Process] = []

    def start(
        self,
        module: str,
        settings: dict[str, str],
        *arguments: str,
        ready: str | None = "ready",
        code: Path | None = None,
    ) -> Process:
        """Start `python -m module` and wait for the log line with event `ready`; None waits for nothing.

        `code` is the folder of another release, which is run in place of this one, with no setting but those given.
        """
        own = {name: value for name, value in os.environ.items() if not name.startswith("MIMAMORI_")}
        child = Child(
            module,
            [sys.executable, "-m", module, *arguments],
            self._folder / f"{len(self._started)}-{module}.log",
            # By the machine's clock no test may get a mail more in the evening than in the morning.
            environment=own
            | {"PYTHONPATH": str(code or REPOSITORY), "PYTHONUNBUFFERED": "1"}
            # The folder that we stand in holds this release.
            | ({"PYTHONSAFEPATH": "1"} if code else {})
            | ({"MIMAMORI_EVENING_CHECK_AT": NEVER} if settings and code is None else {})
            | settings,
            death_signal=signal.SIGKILL,
        )
        process = Process(module, child)
        self._started.append(process)
        if ready is not None:
            process.wait_for(ready)
        return process

    def stop_all(self) -> None:
        """Stop what still runs."""
        for process in reversed(self._started):
            process.stop()
