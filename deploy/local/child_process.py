"""Child processes that never outlive the program that started them."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.os_accounts import OsAccount


class Child:
    """One running program.

    The kernel sends it `death_signal` when the thread that started it ends, even by SIGKILL; so start children from the
    main thread. It has its own session, so that Ctrl-C at the terminal reaches only us and we stop things in order.

    Parameters
    ----------
    name : str
        For messages.
    command : sequence of str
        Program and arguments.
    log : Path
        Where its output goes; appended.
    environment : mapping, optional
        Its whole environment; ours by default.
    account : Account, optional
        Who it runs as.
    stop_signal : signal.Signals
        Asks it to stop cleanly.
    death_signal : signal.Signals, optional
        What it gets when we die; the stop signal by default.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        account: OsAccount | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        death_signal: signal.Signals | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._stop_signal = stop_signal
        guarded = ["setpriv", f"--pdeathsig={(death_signal or stop_signal).name}"]
        if account is not None:
            guarded += [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
        self.log_start = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*guarded, "--", *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._process.poll()

    @property
    def is_running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def output(self) -> str:
        """Return what it wrote since this start."""
        try:
            with self.log.open("rb") as lines:
                lines.seek(self.log_start)
                return lines.read().decode("utf-8", errors="replace")
        except OSError:
            return ""

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when it has ended."""
        self._process.send_signal(number)

    def wait(self, timeout_s: float) -> int | None:
        """Return the exit code, or None if it still runs after `timeout_s`."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def ask_to_stop(self) -> None:
        """Ask it to stop, without waiting."""
        self.send(self._stop_signal)

    def stop(self, *, timeout_s: float = 10.0) -> None:
        """Ask it to stop, and kill it when it does not within `timeout_s`."""
        if not self.is_running:
            return
        self.ask_to_stop()
        if self.wait(timeout_s) is None:
            self.send(signal.SIGKILL)
            self._process.wait()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.send(signal.SIGKILL)
        self._process.wait()
