"""The `mimamori` command line, run here: a process of its own for each call would take most of a test's time."""

import io
import os
import sys
from dataclasses import dataclass

import pytest

from deploy import cli as command


@dataclass(frozen=True)
class CommandResult:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


class CommandLine:
    """Runs commands with given settings and none of those that happen to be set here."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, output: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._output = output
        self.settings: dict[str, str] = {}

    def __call__(self, *arguments: str, stdin: str = "") -> CommandResult:
        """Run one command to its end."""
        with self._monkeypatch.context() as here:
            for name in [name for name in os.environ if name.startswith("MIMAMORI_")]:
                here.delenv(name)
            # The command itself sets it beside a demo; set and removed here, it is gone again afterwards.
            here.setenv("MIMAMORI_SETTINGS", "")
            here.delenv("MIMAMORI_SETTINGS")
            # Wide enough that no line of a table is broken, where a test asks for no other width.
            here.setenv("COLUMNS", "250")
            for name, value in self.settings.items():
                here.setenv(name, value)
            here.setattr(sys, "argv", ["mimamori", *arguments])
            here.setattr(sys, "stdin", io.StringIO(stdin))
            self._output.readouterr()
            code = 0
            try:
                command.main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            result = self._output.readouterr()
        return CommandResult(code, result.out, result.err)
