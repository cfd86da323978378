"""Shows the steps of a start while they run, and how long each took."""

import time
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console


class Steps:
    """Prints one line per step."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()

    @property
    def total_s(self) -> float:
        """Seconds since the first step."""
        return time.monotonic() - self._began

    @contextmanager
    def step(self, what: str) -> Generator[None]:
        """Show `what` with a spinner while the block runs, then with the seconds it took."""
        began = time.monotonic()
        with self._console.status(what):
            yield
        self._console.print(f"[green]✓[/] {what} [dim]{time.monotonic() - began:.1f} s[/]")

    def note(self, what: str) -> None:
        """Show a line that belongs to the running step."""
        self._console.print(f"  [dim]{what}[/]")
