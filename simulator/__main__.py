"""Runs the simulator by itself: `python -m simulator --help`."""

import sys

from core.process import exit_code_of
from simulator.cli.main import app


def main() -> int:
    """Run the command line; return the exit code."""
    return exit_code_of(lambda: app(prog_name="python -m simulator"))


if __name__ == "__main__":
    sys.exit(main())
