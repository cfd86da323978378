"""The `mimamori` command line."""

import os
import sys
import tempfile
import traceback
from pathlib import Path

from core.errors import MimamoriError

# Where `mimamori demo` leaves its settings, so that other commands in the same folder speak to the demo.
_DEMO_SETTINGS = Path("var/settings.toml")


def main() -> None:
    """Run the command line; errors are shown without a traceback, and the exit code says what kind they are."""
    from deploy.cli.application import app

    _use_demo_settings()
    try:
        app()
    except MimamoriError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the last fence: a person must not be met by a traceback
        print(
            f"Something went wrong that should not have ({type(error).__name__}). The details are in"
            f" {_keep_details()}; please send them with what you did to those who look after this program.",
            file=sys.stderr,
        )
        sys.exit(70)  # EX_SOFTWARE


def _use_demo_settings() -> None:
    if {"MIMAMORI_SETTINGS", "MIMAMORI_DATABASE_URL"} & os.environ.keys():
        return
    if _DEMO_SETTINGS.is_file() and os.access(_DEMO_SETTINGS, os.R_OK):
        os.environ["MIMAMORI_SETTINGS"] = str(_DEMO_SETTINGS.absolute())


def _keep_details() -> Path:
    # Made readable for this user only; it may name files or people.
    handle, name = tempfile.mkstemp(prefix="mimamori-error-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(traceback.format_exc())
    return Path(name)
