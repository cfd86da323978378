"""Runs the simulator by itself: `python -m simulator --help`."""

import sys

from core.errors import MimamoriError
from simulator.command import app


def main() -> int:
    """Run the command line; a problem that a person can act on is one line, not a traceback."""
    try:
        app(prog_name="python -m simulator")
    except MimamoriError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
