"""The logs of all processes in one view, each line with the process it is from."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

_COLOURS = ("cyan", "magenta", "green", "blue", "yellow", "bright_cyan", "bright_magenta")
_LEVEL_STYLE = {"warning": "yellow", "error": "bold red", "critical": "bold red"}
_COMMON = {"event", "level", "at", "process", "logger"}
_WIDTH = 10


class LogView:
    """Prints what is new in several log files."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._read: dict[str, tuple[Path, int]] = {}

    def follow(self, name: str, path: Path) -> None:
        """Show lines of `path` from its present end on; nothing changes if it is followed already."""
        if name not in self._read:
            self._read[name] = (path, path.stat().st_size if path.exists() else 0)

    def say(self, name: str, message: str, style: str = "") -> None:
        """Show a line of our own."""
        self._console.print(Text.assemble(self._prefix(name), (message, style)))

    def show_added(self) -> None:
        """Print the lines that came since the last call; a line that is not complete waits for its end."""
        for name, (path, start) in self._read.items():
            try:
                with path.open("rb") as file:
                    file.seek(start)
                    added = file.read()
            except OSError:
                continue
            end = added.rfind(b"\n") + 1
            self._read[name] = (path, start + end)
            for line in added[:end].decode("utf-8", errors="replace").splitlines():
                if line.strip():
                    self._console.print(Text.assemble(self._prefix(name), readable(line)), soft_wrap=True)

    def _prefix(self, name: str) -> tuple[str, str]:
        names = list(self._read)
        colour = _COLOURS[names.index(name) % len(_COLOURS)] if name in names else "bold"
        return f"{name:<{_WIDTH}} | ", colour


def readable(line: str) -> Text:
    """Return a structured log line as a person likes to read it; any other line as it is."""
    try:
        values: Any = json.loads(line)
        event = str(values.pop("event"))
    except (ValueError, AttributeError, KeyError, TypeError):
        return Text(line)
    style = _LEVEL_STYLE.get(str(values.get("level")), "")
    clock = str(values.get("at", ""))[11:19]
    if "exception" in values:
        # The whole of it stays in the file; here it would push everything else off the screen.
        values["exception"] = str(values["exception"]).strip().rsplit("\n", 1)[-1]
    rest = " ".join(f"{name}={value}" for name, value in values.items() if name not in _COMMON)
    return Text.assemble(
        (f"{clock} " if clock else "", "dim"), (event, style), (f" {rest}" if rest else "", "dim")
    )
